"""JSON on stdout: one object with two spaces of indentation, and nothing else."""

import json
import sys
from collections.abc import Mapping

from treadle.plan.expression import Json


def print_json(data: Json) -> None:
    """Print one JSON value; what stdout's encoding lacks is escaped as JSON escapes it.

    Errors: ValueError for a float that is not finite, which no state of ours holds.
    """
    text = _dumped(data, is_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = _dumped(data, is_ascii=True)
    sys.stdout.write(text + "\n")


def _dumped(data: Json, *, is_ascii: bool) -> str:
    return json.dumps(data, indent=2, ensure_ascii=is_ascii, allow_nan=False, default=_plain)


def _plain(value: Mapping[str, Json]) -> dict[str, Json]:
    return dict(value)
