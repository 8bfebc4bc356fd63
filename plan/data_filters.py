"""The filters that read and write data: JSON, YAML, numbers and defaults.

What they read is JSON in the strict sense: no NaN, no infinities, no endless integers.
"""

import json
import math
from collections.abc import Mapping

from treadle.plan.expression import Json
from treadle.plan.json_text import MAX_DIGITS, parse_json
from treadle.plan.limits import Refusal, check_number, check_text_size, check_weight
from treadle.plan.yaml_text import to_yaml as yaml_text

_MAX_PLACES = 1_000


def default(value: Json, default: Json = "") -> Json:
    """Return the value, or `default` when it is null, missing or empty text."""
    return default if value is None or value == "" else value


def length(value: list[Json] | str) -> Json:
    """Return the number of items or characters."""
    return len(value)


def from_json(value: str) -> Json:
    """Return the data that a JSON text holds."""
    try:
        return parse_json(value)
    except ValueError as error:
        raise Refusal(f"not JSON: {error}") from None


def to_json(value: Json) -> Json:
    """Return the value as JSON with sorted keys."""
    check_weight(value)
    try:
        text = json.dumps(
            value, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_members
        )
    except ValueError:
        raise Refusal("NaN and infinity have no place in JSON") from None
    check_text_size(len(text))
    return text


def to_yaml(value: Json) -> Json:
    """Return the value as YAML with sorted keys."""
    check_weight(value)
    try:
        text = yaml_text(value)
    except ValueError:
        raise Refusal("NaN and infinity have no place in data") from None
    check_text_size(len(text))
    return text


def absolute(value: int | float) -> Json:
    """Return the number without its sign."""
    return abs(value)


def to_integer(value: Json, default: Json = 0, base: int = 10) -> Json:
    """Return the value as a whole number, or `default` when it is none."""
    if isinstance(value, str) and len(value) > 4 * MAX_DIGITS:
        raise Refusal(f"a number has at most {MAX_DIGITS} digits")
    try:
        if isinstance(value, str):
            return check_number(int(value, base))
        if isinstance(value, int | float):
            return int(value)
    except (ValueError, OverflowError):
        pass
    fraction = to_float(value, None)
    return default if fraction is None else int(fraction)  # type: ignore[arg-type] # a float


def to_float(value: Json, default: Json = 0.0) -> Json:
    """Return the value as a number with a fraction, or `default` when it is none."""
    if not isinstance(value, str | int | float):
        return default
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return default
    return number if math.isfinite(number) else default


def round_number(value: int | float, precision: int = 0, method: str = "common") -> Json:
    """Return the number rounded to so many places."""
    if method not in ("common", "ceil", "floor"):
        raise Refusal("'method' of 'round' must be 'common', 'ceil' or 'floor'")
    if abs(precision) > _MAX_PLACES:
        raise Refusal(f"'precision' of 'round' is at most {_MAX_PLACES}")
    try:
        if method == "common":
            return check_number(round(value, precision))
        scale = 10**precision
        turn = math.ceil if method == "ceil" else math.floor
        return check_number(turn(value * scale) / scale)
    except (OverflowError, ZeroDivisionError):
        raise Refusal("the result is too large for a number") from None


def _members(value: object) -> dict[str, Json]:
    """Return a view of an object as the dictionary that json can write."""
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError
