"""What jsonschema says about an object that breaks a rule of workflow.schema.json.

Imported only for such an object. The dialect is YAML's: 2.0 is no integer, and the version 1.0
is not the number 1.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from treadle.compiler.shapes.shape_rules import Breach, Path, definition_schema, is_found, stance
from treadle.plan.expression import Json

# Keywords about the keys of an object, which say nothing against the object as a value.
_OF_OBJECTS = frozenset({"required", "additionalProperties"})


def told(definition: str, value: Json) -> Iterator[Breach]:
    """Yield the rules of `definition` that `value` breaks, at most one about each value.

    Shapes: `definition` is a name under ``$defs``, or "" for the whole file.
    """
    seen: set[tuple[Path, str]] = set()
    for error in _validator(definition).iter_errors(value):
        breach = _breach(definition, error)
        about = breach.keyword if breach.keyword in _OF_OBJECTS else ""
        name = str(breach.value) if breach.is_name else about
        if (breach.path, name) not in seen:
            seen.add((breach.path, name))
            yield breach


def _breach(definition: str, error: ValidationError) -> Breach:
    path: Path = tuple(error.absolute_path)
    # Conditional rules are Spec Kit's own, also about a key that it overlooks otherwise.
    is_conditional = error.absolute_schema_path[0] in ("then", "else")
    first = path[0] if path and not is_conditional else None
    decides = definition_schema(definition)["if"]["properties"] if is_conditional else ()
    return Breach(
        path=path,
        keyword=str(error.validator),
        rule=error.schema if isinstance(error.schema, Mapping) else {},
        value=cast(Json, error.instance),
        is_name="propertyNames" in error.absolute_schema_path,
        stance=stance(definition, first) if isinstance(first, str) else None,
        condition=frozenset(decides),
    )


@cache
def _validator(definition: str) -> Validator:
    schema = definition_schema(definition)
    # Entering a schema is what costs time: `type` was looked at already, to find the definition.
    properties = schema["properties"].items()
    checked = {key: rule if _says_more(rule) else True for key, rule in properties}
    return _checker()({**schema, "properties": checked})


def _says_more(rule: Mapping[str, Json]) -> bool:
    """Whether a rule has a keyword to check other than the name of the kind itself."""
    return any(key in Draft202012Validator.VALIDATORS and key != "const" for key in rule)


@cache
def _checker() -> type[Validator]:
    """Return the draft's validator with YAML's types and with `$` as the end of the text."""
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    checker: type[Validator] = validators.extend(  # type: ignore[no-untyped-call]  # bare in the stubs
        Draft202012Validator,
        validators={"pattern": _check_pattern, "enum": _check_enum},
        type_checker=types,
    )
    return checker


def _is_integer(_: object, value: object) -> bool:
    """Whether a value is an integer in YAML: 2.0 is not one, as in Spec Kit."""
    return isinstance(value, int) and not isinstance(value, bool)


def _check_pattern(
    _: Validator, pattern: str, value: object, __: Mapping[str, Json]
) -> Iterator[ValidationError]:
    if isinstance(value, str) and not is_found(pattern, value):
        yield ValidationError("pattern")


def _check_enum(
    _: Validator, allowed: list[Json], value: object, __: Mapping[str, Json]
) -> Iterator[ValidationError]:
    """Compare with types, so that the version 1.0 is not the number 1."""
    if not any(type(value) is type(each) and value == each for each in allowed):
        yield ValidationError("enum")
