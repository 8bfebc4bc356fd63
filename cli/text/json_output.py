"""JSON on stdout: one object with two spaces of indentation, or one a line, and nothing else."""

import json
import sys
from collections.abc import Mapping

import msgspec

from treadle.plan.expression import Json


def print_json(data: Json) -> None:
    """Print one JSON value; what stdout's encoding lacks is escaped as JSON escapes it.

    Errors: ValueError for a float that is not finite, which no state of ours holds.
    """
    # The encoder of the standard library takes ten times as long when it indents itself.
    text = _encodable(data)
    try:
        text = msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:
        # A path or an argument that is no text holds halves of characters, which it refuses.
        text = json.dumps(data, indent=2, allow_nan=False, default=_plain)
    sys.stdout.write(text + "\n")


def print_json_line(data: Json) -> None:
    """Print one JSON value in one line, otherwise as `print_json` does."""
    sys.stdout.write(_encodable(data) + "\n")


def _encodable(data: Json) -> str:
    text = _dumped(data, is_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return _dumped(data, is_ascii=True)
    return text


def _dumped(data: Json, *, is_ascii: bool) -> str:
    return json.dumps(data, ensure_ascii=is_ascii, allow_nan=False, default=_plain)


def _plain(value: Mapping[str, Json]) -> dict[str, Json]:
    return dict(value)
