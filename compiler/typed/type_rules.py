"""The keywords of a schema that bound texts and numbers, and whether a value keeps to them.

A rule that cannot be judged lets every value pass.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from treadle.plan.expression import Json
from treadle.plan.patterns import compiled

Scalar: TypeAlias = bool | int | float | str
Rules: TypeAlias = tuple[tuple[str, int | float | str], ...]

_TEXT_RULES = ("minLength", "maxLength", "pattern")
_NUMBER_RULES = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def rules_of(schema: Mapping[str, Json]) -> Rules:
    """Return the bounds that a schema sets.

    >>> rules_of({"type": "integer", "minimum": 1, "description": "how often"})
    (('minimum', 1),)
    """
    found: list[tuple[str, int | float | str]] = []
    for keyword in (*_TEXT_RULES, *_NUMBER_RULES):
        limit = schema.get(keyword)
        is_text = keyword == "pattern"
        if isinstance(limit, str if is_text else int | float) and not isinstance(limit, bool):
            found.append((keyword, limit))
    return tuple(found)


def admits(rules: Rules, value: Scalar) -> bool:
    """Return whether a value keeps to bounds; those of another kind do not concern it."""
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        return all(_admits_text(keyword, limit, value) for keyword, limit in rules)
    return all(_admits_number(keyword, limit, value) for keyword, limit in rules)


def bounds(rules: Rules) -> tuple[int | float | None, int | float | None]:
    """Return the least and the greatest number that bounds allow, None for no such bound."""
    least: int | float | None = None
    most: int | float | None = None
    for keyword, limit in rules:
        if isinstance(limit, str):
            continue
        if keyword in ("minimum", "exclusiveMinimum"):
            least = limit if least is None else max(least, limit)
        elif keyword in ("maximum", "exclusiveMaximum"):
            most = limit if most is None else min(most, limit)
    return least, most


def _admits_text(keyword: str, limit: int | float | str, value: str) -> bool:
    if isinstance(limit, str):
        try:
            return compiled(limit).search(value) is not None
        except re.error:
            return True
    if keyword == "minLength":
        return len(value) >= limit
    return keyword != "maxLength" or len(value) <= limit


def _admits_number(keyword: str, limit: int | float | str, value: int | float) -> bool:
    if isinstance(limit, str):
        return True
    match keyword:
        case "minimum":
            return value >= limit
        case "maximum":
            return value <= limit
        case "exclusiveMinimum":
            return value > limit
        case "exclusiveMaximum":
            return value < limit
    return True
