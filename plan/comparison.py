"""Equality, order and membership of JSON values, as workflows have always had them.

Nothing here fails: a comparison that makes no sense is false.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from treadle.plan.expression import Json


def compare(sign: str, left: Json, right: Json) -> bool:
    """Return whether `left sign right` holds.

    Shapes: `sign` is one of ``== != > >= < <= in`` and ``not in``.
    """
    return _SIGNS[sign](left, right)


def is_member(value: Json, container: Json) -> bool:
    """Return whether a list holds a value, a text a text, or an object a key.

    >>> is_member("ell", "hello"), is_member(1, "101"), is_member(1, None)
    (True, False, False)
    """
    if isinstance(container, list):
        return value in container
    if isinstance(container, str):
        return isinstance(value, str) and value in container
    return isinstance(container, Mapping) and isinstance(value, str) and value in container


def _ordered(order: Callable[[float | str, float | str], bool]) -> Callable[[Json, Json], bool]:
    """Return the comparison that `order` makes of two numbers, texts or lists, else false."""

    def holds(left: Json, right: Json) -> bool:
        first, second = _number_of(left), _number_of(right)
        if first is not None and second is not None:
            return order(first, second)
        if isinstance(left, str) and isinstance(right, str):
            return order(left, right)
        if isinstance(left, list) and isinstance(right, list):
            return _lists_ordered(order, left, right)
        return False

    return holds


def _lists_ordered(order: Callable[[Any, Any], bool], left: Json, right: Json) -> bool:
    """Compare two lists member by member; members that have no order make it false."""
    try:
        return order(left, right)
    except (TypeError, RecursionError):
        return False


def _number_of(value: Json) -> int | float | None:
    """Return the number that a value is or that a text spells."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value) if "." in value else int(value)
        except ValueError:
            return None
    return None


_SIGNS: Mapping[str, Callable[[Json, Json], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    "in": is_member,
    "not in": lambda value, container: not is_member(value, container),
}
