"""Canonical JSON, digests, and the strict reading of JSON text.

One value has one canonical form: keys sorted by UTF-16 code units, UTF-8, no blanks, integers in
full, floats in their shortest form with a point or an exponent.

Source: RFC 8785, but for numbers, which keep the difference between 1 and 1.0.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import NoReturn

from treadle.plan.expression import Json

MAX_DIGITS = 1000
MAX_DEPTH = 200

_LAST_OF_THE_BASIC_PLANE = "\uffff"

_BRACKETS_AND_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]')


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


def parse_json(text: str) -> Json:
    """Read one JSON value; NaN, infinities, huge integers and deep nesting are refused.

    Errors: ValueError with one clause that says what is wrong and where.
    """
    if _depth(text) > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    try:
        value: Json = json.loads(text, parse_constant=_refuse_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        clause = error.msg[:1].lower() + error.msg[1:]
        raise ValueError(f"{clause} at line {error.lineno}, column {error.colno}") from None
    return value


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


def _depth(text: str) -> int:
    """Return the nesting of JSON text; brackets inside strings do not count."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for token in _BRACKETS_AND_STRINGS.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in ("]", "}"):
            depth -= 1
    return deepest


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS + 1:
        raise ValueError(f"an integer of more than {MAX_DIGITS} digits")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
