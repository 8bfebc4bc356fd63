"""The values of YAML scalars: the core schema of YAML 1.2, and where YAML 1.1 reads otherwise.

A value that leaves this module is one that canonical JSON can hold: integers have at most
`MAX_DIGITS` digits and floats are finite.
"""

import math
from typing import TypeAlias

from msgspec import Struct

from treadle.plan.lazy_pattern import lazy_pattern

MAX_DIGITS = 1000
KNOWN_TAGS = frozenset(("!!str", "!!null", "!!bool", "!!int", "!!float", "!!map", "!!seq"))

_STANDARD_TAG = "tag:yaml.org,2002:"
_TOO_BIG = 10**MAX_DIGITS
# Keeps sexagesimal numbers within a float; nobody writes a longer one by a slip of the pen.
_LONGEST_COMPARED = 300
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FLOAT_WORDS = {
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NUMBER_STARTS = frozenset("-+.0123456789")
# With these begins every plain scalar that is not text to one of the two versions of YAML.
_VALUE_STARTS = _NUMBER_STARTS | frozenset("~nNtTfFyYoO=<")
_INTEGER = lazy_pattern(r"[-+]?[0-9]+")
_OCTAL = lazy_pattern(r"0o[0-7]+")
_HEXADECIMAL = lazy_pattern(r"0x[0-9a-fA-F]+")
_FLOAT = lazy_pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")

# What PyYAML's safe loader takes for a value of another type than text.
_OLD_WORDS: dict[str, bool] = {
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), False),
}
_OLD_INTEGER = lazy_pattern(
    r"(?P<sign>[-+]?)(?:0b(?P<binary>[01_]+)|0x(?P<hexadecimal>[0-9a-fA-F_]+)|0(?P<octal>[0-7_]+)"
    r"|(?P<sexagesimal>[1-9][0-9_]*(?::[0-5]?[0-9])+)|(?P<decimal>0|[1-9][0-9_]*))"
)
_OLD_RADIX = {"binary": 2, "octal": 8, "decimal": 10, "hexadecimal": 16}
_OLD_FLOAT = lazy_pattern(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
)
_OLD_SEXAGESIMAL_FLOAT = lazy_pattern(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*")
_OLD_DATE = lazy_pattern(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?"
)

Value: TypeAlias = None | bool | int | float | str


class Refused(Struct, frozen=True, kw_only=True):
    """A scalar without a value: the diagnostic that says so, and what was found if not its text."""

    code: str
    found: str = ""


class Difference(Struct, frozen=True, kw_only=True):
    """How treadle and Spec Kit read the same plain scalar.

    Shapes: `here` and `there` are noun phrases; `instead` is a spelling of the number or truth
    value that both read alike, None when there is none.
    """

    here: str
    there: str
    instead: str | None


def plain_value(text: str) -> Value | Refused:
    """Return what a plain scalar means by the core schema.

    >>> plain_value("0x1F"), plain_value("yes"), plain_value("1e3")
    (31, 'yes', 1000.0)

    Errors: TR111 for too many digits, TR115 for infinity and not-a-number.
    Source: YAML 1.2.2, section 10.3.2; a fraction may also end with its point.
    """
    if text[:1] in _NUMBER_STARTS:
        return _number(text)
    return _WORDS.get(text, text)


def tagged_value(text: str, tag: str) -> Value | Refused:
    """Return what a scalar with an explicit tag means; the style of the scalar plays no role.

    Shapes: `tag` is resolved, such as "tag:yaml.org,2002:int".
    Errors: TR113 for a tag that is not of the core schema, TR119 for a text that does not fit.
    """
    shown = short_tag(tag)
    match shown:
        case "!!str":
            return text
        case "!!null" | "!!bool" | "!!int" | "!!float":
            value = plain_value(text)
        case "!!map" | "!!seq":
            return Refused(code="TR119", found="text")
        case _:
            return Refused(code="TR113")
    match shown, value:
        case _, Refused():
            return value
        case ("!!null", None) | ("!!bool", bool()) | ("!!float", float()):
            return value
        case "!!int", int() if not isinstance(value, bool):
            return value
        case "!!float", int() if not isinstance(value, bool):
            return _finite(str(value))
    return Refused(code="TR119", found=f"'{text}'")


def short_tag(tag: str) -> str:
    """Return a tag as authors write it: ``!!int`` for ``tag:yaml.org,2002:int``."""
    return f"!!{tag[len(_STANDARD_TAG) :]}" if tag.startswith(_STANDARD_TAG) else tag


def kind_of(value: Value) -> str:
    """Return what a scalar's value is, as a noun phrase for messages."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
    return "text"


def difference(text: str, value: Value) -> Difference | None:
    """Return how Spec Kit reads a plain scalar otherwise than `value`, None when it does not.

    >>> difference("010", 10).there
    'the number 8'

    Source: the implicit resolvers of PyYAML's safe loader (YAML 1.1).
    """
    if text[:1] not in _VALUE_STARTS:
        return None
    if text[0] in _NUMBER_STARTS:
        return _number_difference(text, value)
    if text in _OLD_WORDS:
        word = "true" if _OLD_WORDS[text] else "false"
        return Difference(here="text", there=word, instead=word)
    if text in ("=", "<<"):
        return Difference(here="text", there="a sign that it cannot load", instead=None)
    return None


def _number(text: str) -> Value | Refused:
    if _INTEGER.fullmatch(text):
        digits = text.lstrip("-+").lstrip("0") or "0"
        if len(digits) > MAX_DIGITS:
            return Refused(code="TR111")
        return -int(digits) if text.startswith("-") else int(digits)
    if _HEXADECIMAL.fullmatch(text) or _OCTAL.fullmatch(text):
        whole = int(text[2:], 16 if text[1] == "x" else 8)
        return whole if whole < _TOO_BIG else Refused(code="TR111")
    if text in _FLOAT_WORDS:
        return Refused(code="TR115")
    return _finite(text) if _FLOAT.fullmatch(text) else text


def _finite(text: str) -> Value | Refused:
    value = float(text)
    return value if math.isfinite(value) else Refused(code="TR115")


def _number_difference(text: str, value: Value) -> Difference | None:
    if _OLD_DATE.fullmatch(text):
        there = "a date" if len(text) == len("2026-01-31") else "a date with a time"
        return Difference(here="text", there=there, instead=None)
    old = _old_number(text) if len(text) <= _LONGEST_COMPARED else None
    if old is None and isinstance(value, int | float) and len(text) <= _LONGEST_COMPARED:
        return Difference(here=f"the number {value}", there="text", instead=_spelled(value))
    if old is None or (old == value and type(old) is type(value)):
        return None
    here = "text" if isinstance(value, str) else f"the number {value}"
    return Difference(here=here, there=f"the number {_spelled(old)}", instead=_spelled(old))


def _old_number(text: str) -> int | float | None:
    """Return the number that YAML 1.1 reads, None for text; underscores separate digits."""
    digits = text.replace("_", "")
    if _OLD_SEXAGESIMAL_FLOAT.fullmatch(text):
        whole, _, fraction = digits.partition(".")
        seconds = _sexagesimal(whole.lstrip("-+")) + float(f"0.{fraction or 0}")
        return -seconds if text.startswith("-") else seconds
    if _OLD_FLOAT.fullmatch(text):
        return float(digits)
    found = _OLD_INTEGER.fullmatch(text)
    if found is None:
        return None
    sign = -1 if found["sign"] == "-" else 1
    if found["sexagesimal"]:
        return sign * _sexagesimal(found["sexagesimal"].replace("_", ""))
    form = next(name for name in _OLD_RADIX if found[name] is not None)
    return sign * int(found[form].replace("_", "") or "0", _OLD_RADIX[form])


def _sexagesimal(text: str) -> int:
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


def _spelled(value: int | float) -> str:
    """Return a number in a form that both versions of YAML read: an exponent needs a point."""
    text = str(value)
    return text if "." in text else text.replace("e", ".0e")
