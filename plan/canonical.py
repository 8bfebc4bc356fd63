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
    text = _SORTING.encode(value)
    if not text.isascii() and max(text) > _LAST_OF_THE_BASIC_PLANE:
        # Code points and UTF-16 code units sort differently beyond the basic plane.
        text = _KEEPING.encode(_sorted(value))
    return text.encode("utf-8")


def digest(value: Json) -> str:
    """Return the SHA-256 of a value's canonical JSON, as ``sha256:`` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def _encoder(*, sort_keys: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        sort_keys=sort_keys,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        default=dict,
    )


# A plan of many steps has as many digests: an encoder for each would take longer than its work.
_SORTING = _encoder(sort_keys=True)
_KEEPING = _encoder(sort_keys=False)


def _sorted(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=_code_units)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def _code_units(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")
