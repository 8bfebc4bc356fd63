"""Why a value of the plan can never fit a schema: a written one as it is, another by its type."""

from collections.abc import Mapping

from treadle.compiler.typed import types
from treadle.compiler.typed.typed_sites import describe
from treadle.compiler.typed.types import Type
from treadle.plan import output_check
from treadle.plan.expression import Json, Literal, Value


def misfit(value: Value, found: Type, schema: Json) -> str | None:
    """Return why a value is refused whenever it comes, None when it may fit.

    Shapes: `found` is the type of the value where it stands.
    """
    if isinstance(value, Literal):
        if not isinstance(schema, Mapping):
            return "must not be given" if schema is False else None
        fault = output_check.misfit(value.value, schema)
        return fault[1] if fault is not None else None
    wanted = types.from_schema(schema)
    if not wanted.kinds or not found.kinds - {"null"}:
        return None
    if _widened(found.kinds) & _widened(wanted.kinds):
        return None
    return f"must be {describe(wanted)}, not {describe(found)}"


def _widened(kinds: frozenset[str]) -> frozenset[str]:
    """Return kinds with those that a value may be as well: an integer is a number."""
    return kinds | types.NUMBERS if kinds & types.NUMBERS else kinds
