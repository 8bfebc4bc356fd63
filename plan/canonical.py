"""Canonical JSON and digests.

One value has one canonical form: keys sorted by UTF-16 code units, UTF-8, no blanks, integers in
full, floats in their shortest form with a point or an exponent.

Source: RFC 8785, but for numbers, which keep the difference between 1 and 1.0.
"""

import hashlib
import json
from collections.abc import Mapping

from treadle.plan.expression import Json

_LAST_OF_THE_BASIC_PLANE = "\uffff"


def canonical(value: Json) -> bytes:
    """Return the canonical JSON of a value.

    Errors: ValueError for a float that is not finite or text that is not Unicode.
    """
    text = _dumps(value, sort_keys=True)
    if text and max(text) > _LAST_OF_THE_BASIC_PLANE:
        # Code points and UTF-16 code units sort differently beyond the basic plane.
        text = _dumps(_sorted(value), sort_keys=False)
    return text.encode("utf-8")


def digest(value: Json) -> str:
    """Return the SHA-256 of a value's canonical JSON, as ``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def _dumps(value: Json, *, sort_keys: bool) -> str:
    return json.dumps(
        value,
        sort_keys=sort_keys,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        default=dict,
    )


def _sorted(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=_code_units)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def _code_units(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")
