"""Calculating with JSON values: numbers, and joining and repeating of text and lists.

A result is refused before it is made when it would be too large.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from treadle.plan.expression import Json, Op
from treadle.plan.json_text import MAX_DIGITS
from treadle.plan.limits import (
    Refusal,
    check_item_count,
    check_number,
    check_text_size,
    weigh,
)
from treadle.plan.text import kind_of

_Number: TypeAlias = int | float
_MAX_BITS = MAX_DIGITS * 4


def calculate(operation: Op, left: Json, right: Json) -> Json:
    """Return the result of an operation with two operands.

    Errors: Refusal for operands of the wrong kinds, division by zero and results out of bounds.
    """
    verb, with_numbers, with_others = _RULES[operation]
    try:
        if isinstance(left, int | float) and isinstance(right, int | float):
            return check_number(with_numbers(left, right))
        result = with_others(left, right) if with_others is not None else None
    except ZeroDivisionError:
        raise Refusal("division by zero") from None
    except OverflowError:
        raise Refusal("the result is too large for a number") from None
    if result is None:
        raise Refusal(f"cannot {verb} {kind_of(left)} and {kind_of(right)}")
    return result


def negate(value: Json) -> Json:
    """Return the number with its sign turned. Errors: Refusal for what is not a number."""
    return -_number(value)


def plus(value: Json) -> Json:
    """Return the number as it is. Errors: Refusal for what is not a number."""
    return +_number(value)


def _number(value: Json) -> _Number:
    if isinstance(value, int | float):
        return value
    raise Refusal(f"a sign needs a number, not {kind_of(value)}")


def _join(left: Json, right: Json) -> Json:
    """Return two texts or two lists one after the other, None for anything else."""
    if isinstance(left, str) and isinstance(right, str):
        check_text_size(len(left) + len(right))
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        check_item_count(len(left) + len(right))
        return left + right
    return None


def _repeat(left: Json, right: Json) -> Json:
    """Return a text or a list several times over, None for anything else."""
    if isinstance(left, int):
        left, right = right, left
    if not isinstance(right, int):
        return None
    times = max(right, 0)
    if isinstance(left, str):
        check_text_size(len(left) * times)
        return left * times
    if isinstance(left, list):
        check_item_count(len(left) * times)
        check_text_size(weigh(left) * times)
        return left * times
    return None


def _power(left: _Number, right: _Number) -> _Number:
    """Return a power; its length is judged before it is calculated."""
    if isinstance(left, int) and isinstance(right, int) and abs(left) > 1:
        if right * abs(left).bit_length() > _MAX_BITS:
            raise Refusal(f"the result would have more than {MAX_DIGITS} digits")
    result = left**right
    if isinstance(result, complex):
        raise Refusal("a negative number has no such power")
    return check_number(result)


_RULES: Mapping[
    Op,
    tuple[
        str,
        Callable[[_Number, _Number], _Number],
        Callable[[Json, Json], Json] | None,
    ],
] = {
    Op.ADD: ("add", lambda left, right: left + right, _join),
    Op.SUBTRACT: ("subtract", lambda left, right: left - right, None),
    Op.MULTIPLY: ("multiply", lambda left, right: left * right, _repeat),
    Op.DIVIDE: ("divide", lambda left, right: left / right, None),
    Op.FLOOR_DIVIDE: ("divide", lambda left, right: left // right, None),
    Op.REMAINDER: ("take the remainder of", lambda left, right: left % right, None),
    Op.POWER: ("raise to a power", _power, None),
}
