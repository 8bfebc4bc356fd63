"""The rules of workflow.schema.json, applied to one object of a workflow at a time.

The schema is the only place that states a rule. A nested object that has a definition of its
own (a step, an input, …) is never looked into here: the stage applies that definition to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias, cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

from treadle import schemas
from treadle.plan.expression import Json

Path: TypeAlias = tuple[str | int, ...]

_REFERENCE = "#/$defs/"
_SEPARATE = frozenset({"header", "requires", "input", "output", "step"})
_FREE_KEY = "^x-"
# Keywords about the keys of an object, which say nothing against the object as a value.
_OF_OBJECTS = frozenset({"required", "additionalProperties"})


class Stance(StrEnum):
    """What Spec Kit does with a key whose value it does not check itself."""

    IGNORES = "ignores"  # known to treadle only
    REFUSES = "refuses"  # known to treadle only, and an error under Spec Kit
    OVERLOOKS = "overlooks"  # a wrong value has no effect
    KEEPS = "keeps"  # a wrong value reaches the run


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One rule that a value breaks.

    Shapes: `path` leads from the checked object to the value; `keyword` is the word of JSON
    Schema that was broken and `rule` the schema that it stands in. With `is_name` the breach is
    about the name `value` of a key of the object at `path`. `stance` is that of the key at the
    beginning of `path`, None for rules that Spec Kit has as well.
    """

    path: Path
    keyword: str
    rule: Mapping[str, Json]
    value: Json
    is_name: bool
    stance: Stance | None


def breaches(definition: str, value: Json) -> Iterator[Breach]:
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


@cache
def kinds() -> tuple[str, ...]:
    """Return the step kinds that `type` can name."""
    names: tuple[str, ...] = tuple(_definition("step")["properties"]["type"]["enum"])
    return names


@cache
def known_keys(definition: str) -> tuple[str, ...]:
    """Return the keys of a definition, in the order of the schema."""
    return tuple(_definition(definition)["properties"])


@cache
def needed_keys(definition: str) -> tuple[str, ...]:
    """Return the keys that an object of a definition must have."""
    return tuple(_definition(definition).get("required", ()))


@cache
def stance(definition: str, key: str) -> Stance | None:
    """Return what Spec Kit does with `key` without looking at its value, None if it looks."""
    schema = _definition(definition)
    free = schema.get("patternProperties", {}).get(_FREE_KEY, {}) if is_free(key) else {}
    word = schema["properties"].get(key, free).get("x-spec-kit")
    return Stance(word) if word is not None else None


def is_free(key: str) -> bool:
    """Whether a key is the author's own, which treadle never looks at."""
    return re.search(_FREE_KEY, key) is not None


def _breach(definition: str, error: ValidationError) -> Breach:
    path: Path = tuple(error.absolute_path)
    # Conditional rules are Spec Kit's own, also about a key that it overlooks otherwise.
    is_conditional = error.absolute_schema_path[0] in ("then", "else")
    first = path[0] if path and not is_conditional else None
    return Breach(
        path=path,
        keyword=str(error.validator),
        rule=error.schema if isinstance(error.schema, Mapping) else {},
        value=cast(Json, error.instance),
        is_name="propertyNames" in error.absolute_schema_path,
        stance=stance(definition, first) if isinstance(first, str) else None,
    )


@cache
def _validator(definition: str) -> Validator:
    schema = _definition(definition)
    # Entering a schema is what costs time: `type` was looked at already, to find the definition.
    properties = schema["properties"].items()
    checked = {key: rule if _says_more(rule) else True for key, rule in properties}
    return _checker()({**schema, "properties": checked})


def _says_more(rule: Mapping[str, Json]) -> bool:
    """Whether a rule has a keyword to check other than the name of the kind itself."""
    return any(key in Draft202012Validator.VALIDATORS and key != "const" for key in rule)


@cache
def _definition(name: str) -> dict[str, Any]:
    """Return a definition without references: a separate object's place accepts anything."""
    whole = schemas.load("workflow")
    schema = whole["$defs"][name] if name else {k: v for k, v in whole.items() if k != "$defs"}
    # Without its dispatch on `type`, the definition of a step is what all kinds share.
    shared = {k: v for k, v in schema.items() if k != "allOf"}
    resolved: dict[str, Any] = _resolved(shared, whole["$defs"])
    return resolved


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_resolved(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {key: _resolved(value, definitions) for key, value in schema.items() if key != "$ref"}
    reference = schema.get("$ref")
    if isinstance(reference, dict):  # among the keys of an input, `$ref` is one more name
        return {**rest, "$ref": reference}
    if reference is None:
        return rest
    name = reference.removeprefix(_REFERENCE)
    return {} if name in _SEPARATE else {**_resolved(definitions[name], definitions), **rest}


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
    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError("pattern")


def _check_enum(
    _: Validator, allowed: list[Json], value: object, __: Mapping[str, Json]
) -> Iterator[ValidationError]:
    """Compare with types, so that the version 1.0 is not the number 1."""
    if not any(type(value) is type(each) and value == each for each in allowed):
        yield ValidationError("enum")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Python's `$` also matches before a line break at the end; a schema's does not.
    return re.compile(pattern.replace("$", r"\Z"))
