"""Reads what a step printed as data and holds it against the step's schema.

Data is JSON as the standard has it: no NaN, no cut text, nothing that a journal could not hold.
"""

from collections.abc import Mapping

from treadle.executor.actions.process import Captured
from treadle.plan.catalogue import error_text
from treadle.plan.expression import Json
from treadle.plan.json_text import parse_json
from treadle.plan.output_check import misfit
from treadle.plan.steps import NO_CAPTURE_LIMIT, ProcessStep

DATA_LIMIT = 16 * 1024 * 1024


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
    check_data(value, schema)
    return value


def check_data(value: Json, schema: Mapping[str, Json] | None) -> None:
    """Hold a value against the schema that a step has for its data. Errors: BadData with TR806."""
    fault = misfit(value, schema) if schema is not None else None
    if fault is not None:
        place, clause = fault
        raise BadData(error_text("TR806", reason=f"data{place} {clause}"))


def _parsed(stdout: Captured) -> Json:
    if stdout.is_cut(DATA_LIMIT):
        raise _not_json(f"it has {stdout.size} bytes, more than {DATA_LIMIT}")
    try:
        return parse_json(stdout.head.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _not_json(f"byte {error.start} is not UTF-8") from None
    except ValueError as error:
        raise _not_json(str(error)) from None


def _not_json(reason: str) -> BadData:
    return BadData(error_text("TR805", reason=reason))
