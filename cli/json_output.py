"""JSON on stdout: one object with two spaces of indentation, or one a line, and nothing else."""

import json
import sys
from collections.abc import Mapping

from treadle.plan.expression import Json


def print_json(data: Json) -> None:
    """Print one JSON value; what stdout's encoding lacks is escaped as JSON escapes it.

    Errors: ValueError for a float that is not finite, which no state of ours holds.
    """
    _print(data, indent=2)


def print_json_line(data: Json) -> None:
    """Print one JSON value in one line, otherwise as `print_json` does."""
    _print(data, indent=None)


def _print(data: Json, *, indent: int | None) -> None:
    text = _dumped(data, indent=indent, is_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = _dumped(data, indent=indent, is_ascii=True)
    sys.stdout.write(text + "\n")


def _dumped(data: Json, *, indent: int | None, is_ascii: bool) -> str:
    return json.dumps(data, indent=indent, ensure_ascii=is_ascii, allow_nan=False, default=_plain)


def _plain(value: Mapping[str, Json]) -> dict[str, Json]:
    return dict(value)
