"""The marks that stand before steps, and words for them where a stream cannot show the marks."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import TextIO

from treadle.cli.text.paint import Role


class Mark(StrEnum):
    """How it stands with a step or a run."""

    DONE = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    PAUSED = "paused"
    RUNNING = "running"
    PENDING = "pending"
    INSIDE = "inside"


_SIGNS: Mapping[Mark, tuple[str, str]] = {
    Mark.DONE: ("✓", "+"),
    Mark.FAILED: ("✗", "x"),
    Mark.SKIPPED: ("○", "-"),
    Mark.PAUSED: ("●", "?"),
    Mark.RUNNING: ("▸", ">"),
    Mark.PENDING: ("·", "."),
    Mark.INSIDE: ("→", ">"),
}
ROLES: Mapping[Mark, Role] = {
    Mark.DONE: Role.GOOD,
    Mark.FAILED: Role.ERROR,
    Mark.SKIPPED: Role.QUIET,
    Mark.PAUSED: Role.WAITING,
    Mark.RUNNING: Role.NAME,
    Mark.PENDING: Role.QUIET,
    Mark.INSIDE: Role.QUIET,
}


def sign(mark: Mark, stream: TextIO) -> str:
    """Return the sign of a mark in one column."""
    return _SIGNS[mark][0 if is_unicode(stream) else 1]


def is_unicode(stream: TextIO) -> bool:
    """Whether a stream can show signs beyond ASCII."""
    return _is_of_unicode(stream.encoding)


@cache
def _is_of_unicode(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").startswith("utf")
