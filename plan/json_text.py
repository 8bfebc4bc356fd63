"""The strict reading of JSON text: the one way by which JSON from outside becomes data.

Refused are NaN and infinities, numbers that are too large for a float, integers of more than
1,000 digits, nesting deeper than 200 levels and halves of surrogate pairs.

Source: RFC 8259.
"""

import json
import math
from collections.abc import Callable
from itertools import accumulate
from typing import NoReturn

from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern

MAX_DIGITS = 1000
MAX_DEPTH = 200

_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ALL_BUT_QUOTES_AND_BRACKETS = bytes(set(range(256)) - set(b'"[]{}'))
_SURROGATE = lazy_pattern(r"\\u[dD][89a-fA-F]")


def parse_json(text: str) -> Json:
    """Return the value that a JSON text holds.

    Errors: ValueError with one clause that says what is wrong and, for syntax, where.
    """
    return _parsed(text, None)


def parse_distinct_json(text: str) -> Json:
    """As `parse_json`, and refuse a key that is given twice: its first value would be lost."""
    return _parsed(text, distinct)


def distinct(members: list[tuple[str, Json]]) -> dict[str, Json]:
    """Return the members of an object. Errors: ValueError for a key that is given twice."""
    found = dict(members)
    if len(found) < len(members):
        seen = set[str]()
        for name, _ in members:
            if name in seen:
                raise ValueError(f"key '{name[:60]}' is given twice")
            seen.add(name)
    return found


def _parsed(text: str, make_object: Callable[[list[tuple[str, Json]]], Json] | None) -> Json:
    if _depth(text) > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    try:
        value: Json = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_fraction,
            object_pairs_hook=make_object,
        )
    except json.JSONDecodeError as error:
        clause = error.msg[:1].lower() + error.msg[1:]
        raise ValueError(f"{clause} at line {error.lineno}, column {error.colno}") from None
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("it holds half a surrogate pair, which is no character") from None
    return value


def _depth(text: str) -> int:
    """Return the nesting of JSON text; brackets inside strings do not count."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    # A text of megabytes is looked at as a whole: a loop over its tokens takes ten times as long.
    unescaped = text.replace("\\\\", "").replace('\\"', "").encode("utf-8", "surrogatepass")
    quoted = unescaped.translate(None, _ALL_BUT_QUOTES_AND_BRACKETS)
    brackets = b"".join(quoted.split(b'"')[::2])
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"an integer has more than {MAX_DIGITS} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:40]} is too large a number")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
