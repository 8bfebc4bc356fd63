"""Colours on a terminal, and nothing of them anywhere else.

Source: https://no-color.org and the habit of FORCE_COLOR: each counts when it is not empty.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TextIO, TypeAlias


class Role(StrEnum):
    """What a piece of text is; the value is its colour (SGR parameters of ECMA-48)."""

    ERROR = "1;31"
    WARNING = "33"
    GOOD = "32"
    NAME = "1"
    QUIET = "2"
    WAITING = "36"


Paint: TypeAlias = Callable[[str, Role], str]


def painter(stream: TextIO, environment: Mapping[str, str]) -> Paint:
    """Return how text for a stream is coloured."""
    return _coloured if is_colourful(stream, environment) else plain


def plain(text: str, role: Role) -> str:
    """Return a text as it is."""
    return text


def is_colourful(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a stream shows colours."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def _coloured(text: str, role: Role) -> str:
    return f"\x1b[{role.value}m{text}\x1b[0m" if text else text
