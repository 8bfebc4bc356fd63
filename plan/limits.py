"""The bounds of what an expression may make, and the refusal of what goes beyond them.

Sizes are checked before anything is made, so that no expression can exhaust memory or time.
"""

from collections.abc import Mapping

from treadle.plan.expression import Json
from treadle.plan.json_text import MAX_DIGITS

MAX_TEXT = 16 * 1024 * 1024
MAX_ITEMS = 1_000_000

_FIRST_TOO_LONG = 10**MAX_DIGITS


class Refusal(Exception):
    """An operation that cannot be done with these values; its text is one lower-case clause."""


def check_text_size(size: int) -> None:
    """Refuse a text of more than `MAX_TEXT` characters. Errors: Refusal."""
    if size > MAX_TEXT:
        raise Refusal(f"the result would be longer than {MAX_TEXT} characters")


def check_item_count(count: int) -> None:
    """Refuse a list of more than `MAX_ITEMS` items. Errors: Refusal."""
    if count > MAX_ITEMS:
        raise Refusal(f"the result would have more than {MAX_ITEMS} items")


def check_number(number: int | float) -> int | float:
    """Return `number`, refusing infinities and integers that are too long. Errors: Refusal."""
    if isinstance(number, int):
        if not -_FIRST_TOO_LONG < number < _FIRST_TOO_LONG:
            raise Refusal(f"the result would have more than {MAX_DIGITS} digits")
    elif number - number != 0.0:
        raise Refusal("the result is too large for a number")
    return number


def weigh(value: Json) -> int:
    """Return about how many characters `value` has when it is written out.

    It stops counting soon after `MAX_TEXT`: a value can hold one long text many times over.
    """
    weight = 0
    pending: list[Json] = [value]
    while pending and weight <= MAX_TEXT:
        one = pending.pop()
        if isinstance(one, str):
            weight += len(one) + 1
        elif isinstance(one, list):
            weight += 1 + len(one)
            pending.extend(one)
        elif isinstance(one, Mapping):
            weight += 1
            for key, member in one.items():
                weight += len(key) + 1
                pending.append(member)
        else:
            weight += 1
    return weight


def check_weight(value: Json, *, times: int = 1) -> None:
    """Refuse what would be too large when `value` stood in it `times` over. Errors: Refusal."""
    check_text_size(weigh(value) * times)
