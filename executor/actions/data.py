"""Reads what a step printed as data and holds it against the step's schema.

Data is JSON as the standard has it: no NaN, no cut text, nothing that a journal could not hold.
"""

import json
import re
from collections.abc import Mapping

from treadle.executor.actions.process import Captured
from treadle.plan.catalogue import error_text
from treadle.plan.expression import Json
from treadle.plan.steps import NO_CAPTURE_LIMIT, ProcessStep

DATA_LIMIT = 16 * 1024 * 1024
DIGIT_LIMIT = 1000
DEPTH_LIMIT = 200
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class BadData(Exception):
    """Output that is not the promised data, with the error for people."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def promises_data(step: ProcessStep) -> bool:
    """Tell whether what the step prints is read as data; a schema alone says so as well."""
    return step.output_format is not None or step.output_schema is not None


def keep_stdout(step: ProcessStep) -> int:
    """Return how many bytes of stdout have to be kept, as text and for its data."""
    limit = step.capture_max_bytes
    if limit == NO_CAPTURE_LIMIT or not promises_data(step):
        return limit
    return max(limit, DATA_LIMIT)


def data(stdout: Captured, schema: Mapping[str, Json] | None) -> Json:
    """Return the value that a stream holds.

    Errors: BadData with TR805 or TR806.
    """
    value = _parsed(stdout)
    if schema is not None:
        _check(value, schema)
    return value


def _parsed(stdout: Captured) -> Json:
    if stdout.is_cut(DATA_LIMIT):
        raise _not_json(f"it has {stdout.size} bytes, more than {DATA_LIMIT}")
    try:
        text = stdout.head.decode("utf-8")
        value: Json = json.loads(
            text, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except UnicodeDecodeError as error:
        raise _not_json(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _not_json(str(error)) from None
    if text.count("[") + text.count("{") > DEPTH_LIMIT:
        _check_depth(value)
    if _SURROGATE.search(text):
        _check_surrogates(value)
    return value


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > DIGIT_LIMIT:
        raise ValueError(f"an integer has more than {DIGIT_LIMIT} digits")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:40]} is too large a number")
    return number


def _check_depth(value: Json) -> None:
    level: list[Json] = [value]
    for _ in range(DEPTH_LIMIT):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise _too_deep()


def _children(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [child for child in value.values() if isinstance(child, dict | list)]
    if isinstance(value, list):
        return [child for child in value if isinstance(child, dict | list)]
    return []


def _check_surrogates(value: Json) -> None:
    """Refuse half a surrogate pair, which is no character and has no UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _not_json("a text holds half a surrogate pair") from None


def _too_deep() -> BadData:
    return _not_json(f"it is nested deeper than {DEPTH_LIMIT} levels")


def _not_json(reason: str) -> BadData:
    return BadData(error_text("TR805", reason=reason))


def _check(value: Json, schema: Mapping[str, Json]) -> None:
    # Imported here: only steps with a schema pay for loading the validator.
    from treadle.plan.problems import shown
    from treadle.plan.validation import Validator

    violations = Validator(schema).violations(value)
    if violations:
        first = violations[0]
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first.path)
        broken = "what may stand here" if first.keyword is None else f"'{first.keyword}'"
        reason = f"data{place} does not fit {broken}, it is {shown(first.found)}"
        raise BadData(error_text("TR806", reason=reason))
