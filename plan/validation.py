"""Validation against a JSON Schema (2020-12) with our formats and patterns.

A schema that the compiler accepted never makes a validator raise, whatever the value.
Imported only where something is validated: jsonschema is slow to import.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from treadle.plan import formats
from treadle.plan.expression import Json
from treadle.plan.patterns import compiled, translated
from treadle.plan.problems import UNCHECKABLE, Violation
from treadle.plan.subschemas import rewrite


class Validator:
    """Checks values against one schema, which is prepared once."""

    def __init__(self, schema: Mapping[str, Json]) -> None:
        self._validator: Draft202012Validator = _CLASS(
            rewrite(schema, _with_python_patterns), format_checker=_format_checker()
        )

    def violations(self, value: Json) -> tuple[Violation, ...]:
        """Return all that is wrong with a value."""
        try:
            return tuple(_violation(error) for error in self._validator.iter_errors(value))
        except (RecursionError, ArithmeticError):
            # A recursive schema on deep data, or a fraction of a number beyond all floats.
            return (Violation(path=(), keyword=UNCHECKABLE, limit=None, found=value, schema={}),)


def _violation(error: ValidationError) -> Violation:
    # A schema that is false leaves jsonschema's own mark for "not set" in all of these.
    is_false = error.schema is False
    return Violation(
        path=tuple(error.absolute_path),
        keyword=None if is_false else str(error.validator),
        limit=None if is_false else cast(Json, error.validator_value),
        found=cast(Json, error.instance),
        schema=error.schema if isinstance(error.schema, Mapping) else {},
    )


def _pattern(
    validator: Any,  # typed so by jsonschema
    pattern: str,
    instance: Json,
    schema: Mapping[str, Json],
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not compiled(pattern).search(instance):
        yield ValidationError("does not match")


_CLASS: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]  # theirs has none
    Draft202012Validator, {"pattern": _pattern}
)


def _with_python_patterns(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    members = schema.get("patternProperties")
    if not isinstance(members, Mapping):
        return schema
    return {**schema, "patternProperties": {translated(key): members[key] for key in members}}


def _format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name in formats.CHECKS:
        checker.checks(name)(lambda value, name=name: formats.fits(name, value))
    return checker
