"""From text, or from plain data, to a value of a declared type.

Nothing here raises for a value that does not fit: it comes back as `Unfit`. What is accepted
is JSON with finite numbers of at most `MAX_DIGITS` digits, at most `DEPTH_LIMIT` levels deep.
"""

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from msgspec import Struct

from treadle.plan.canonical import canonical
from treadle.plan.expression import Json
from treadle.plan.json_text import MAX_DIGITS, parse_distinct_json
from treadle.plan.lazy_pattern import lazy_pattern

DEPTH_LIMIT = 100

# Errors: ValueError (and nothing else) for text that cannot be read.
TextParser: TypeAlias = Callable[[str], Json]

EXPECTED = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}

_INTEGER = lazy_pattern(r"[+-]?[0-9]+")
_NUMBER = lazy_pattern(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_LOWEST_LONG = 10**MAX_DIGITS
_SURROGATE = lazy_pattern("[\ud800-\udfff]")


class Unfit(Struct, frozen=True):
    """A value that does not fit its type, with what would: ``a number``."""

    expected: str


# A value, or why there is none.
Coerced: TypeAlias = "Json | Unfit"


def from_text(text: str, type_word: str | None, parse_yaml: TextParser | None) -> Coerced:
    """Return the value that `text` means for a type; None as type is for `readings`.

    Shapes: `type_word` is a type of JSON Schema.
    """
    match type_word:
        case "number" | "integer":
            return _whole(_number(text), type_word)
        case "boolean":
            return _WORDS.get(text.lower(), Unfit(EXPECTED["boolean"]))
        case "null":
            return None if text == "null" else Unfit(EXPECTED["null"])
        case "array" | "object":
            return _container(text, type_word, parse_yaml)
        case _:
            return text


def from_data(value: Json, type_word: str | None) -> Coerced:
    """Return the value that data of a file means for a type: numbers and booleans may be text."""
    match type_word:
        case "number" | "integer" | "boolean" if isinstance(value, str):
            return from_text(value, type_word, None)
        case "number" | "integer":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return _whole(value if is_number else Unfit(EXPECTED["number"]), type_word)
        case _:
            return value


def readings(text: str) -> tuple[Json, ...]:
    """Return what a text may mean where the type is open, the narrowest meaning first.

    >>> readings("5")
    (5, '5')
    >>> readings("1")
    (1, True, '1')
    """
    found: list[Json] = [None] if text == "null" else []
    number = _whole(_number(text), "number")
    is_word = text.lower() in _WORDS
    if is_word and isinstance(number, Unfit):
        found.append(_WORDS[text.lower()])
    if not isinstance(number, Unfit):
        found.append(number)
    if is_word and not isinstance(number, Unfit):
        found.append(_WORDS[text.lower()])
    if text[:1] in ("[", "{", '"'):
        try:
            found.append(parse_distinct_json(text))
        except ValueError:
            pass
    return (*found, text)


def flaw(value: Json) -> str | None:
    """Return why a value cannot be stored as JSON, None when it can."""
    pending: list[tuple[Json, int]] = [(value, 1)]
    while pending:
        found, depth = pending.pop()
        if depth > DEPTH_LIMIT:
            return f"is nested deeper than {DEPTH_LIMIT} levels"
        reason = _scalar_flaw(found)
        if reason is not None:
            return reason
        if isinstance(found, list):
            pending.extend((item, depth + 1) for item in found)
        elif isinstance(found, Mapping):
            for key, member in found.items():
                if not isinstance(key, str):
                    return "holds a key that is not text"
                pending += ((key, depth), (member, depth + 1))
    return None


def is_same(left: Json, right: Json) -> bool:
    """Tell whether two values are the same JSON: 1, 1.0 and true are three values."""
    return canonical(left) == canonical(right)


def _scalar_flaw(value: Json) -> str | None:
    match value:
        case None | bool() | list() | Mapping():
            return None
        case int():
            is_long = not -_LOWEST_LONG < value < _LOWEST_LONG
            return f"has more than {MAX_DIGITS} digits" if is_long else None
        case float():
            return None if math.isfinite(value) else "is not a finite number"
        case str():
            return "holds bytes that are not UTF-8" if _SURROGATE.search(value) else None
        case _:
            return "is not JSON"


def _number(text: str) -> int | float | Unfit:
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped):
        is_long = len(stripped.lstrip("+-")) > MAX_DIGITS
        return Unfit(f"a number of at most {MAX_DIGITS} digits") if is_long else int(stripped)
    return float(stripped) if _NUMBER.fullmatch(stripped) else Unfit(EXPECTED["number"])


def _whole(value: Coerced, type_word: str) -> Coerced:
    """Make a float without fraction an integer; refuse what the type does not hold."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return Unfit("a finite number")
        if value.is_integer():
            return int(value)
    if type_word == "integer" and not isinstance(value, int):
        return Unfit(EXPECTED["integer"])
    return value


def _container(text: str, type_word: str, parse_yaml: TextParser | None) -> Coerced:
    try:
        value = parse_distinct_json(text)
    except ValueError:
        if parse_yaml is None:
            return Unfit(f"{EXPECTED[type_word]} as JSON")
        try:
            value = parse_yaml(text)
        except ValueError:
            return Unfit(f"{EXPECTED[type_word]} as JSON or YAML")
    wanted = list if type_word == "array" else Mapping
    return value if isinstance(value, wanted) else Unfit(EXPECTED[type_word])
