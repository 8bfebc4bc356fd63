"""The rules of workflow.schema.json, applied to one object of a workflow at a time.

The schema is the only place that states a rule. A nested object that has a definition of its
own (a step, an input, …) is never looked into here: the stage applies that definition to it.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias

from msgspec import Struct

from treadle import schemas
from treadle.plan.acceptance import Acceptor, acceptor
from treadle.plan.expression import Json

Path: TypeAlias = tuple[str | int, ...]

_REFERENCE = "#/$defs/"
_SEPARATE = frozenset(
    {"header", "requires", "input", "output", "step", "step-type", "retry", "concurrency", "edit"}
)
# Definitions of overlay.schema.json, the file itself being one of them.
_OF_OVERLAYS = {"overlay": "", "edit": "edit"}
_FREE_KEY = "^x-"


class Stance(StrEnum):
    """What Spec Kit does with a key whose value it does not check itself."""

    IGNORES = "ignores"  # known to treadle only
    REFUSES = "refuses"  # known to treadle only, and an error under Spec Kit
    OVERLOOKS = "overlooks"  # a wrong value has no effect
    KEEPS = "keeps"  # a wrong value reaches the run


class Breach(Struct, frozen=True, kw_only=True):
    """One rule that a value breaks.

    Shapes: `path` leads from the checked object to the value; `keyword` is the word of JSON
    Schema that was broken and `rule` the schema that it stands in. With `is_name` the breach is
    about the name `value` of a key of the object at `path`. `stance` is that of the key at the
    beginning of `path`, None for rules that Spec Kit has as well. `condition` are the keys that
    decide whether the rule holds at all.
    """

    path: Path
    keyword: str
    rule: Mapping[str, Json]
    value: Json
    is_name: bool
    stance: Stance | None
    condition: frozenset[str] = frozenset()


def breaches(definition: str, value: Json) -> Iterator[Breach]:
    """Yield the rules of `definition` that `value` breaks, at most one about each value.

    Shapes: `definition` is a name under ``$defs``, or "" for the whole file; "overlay" is the
    whole file of an overlay, "edit" one of its edits.
    """
    fits = _acceptor(definition)
    if fits is None or not fits(value):
        # Files without mistakes of shape do not wait for jsonschema, which is slow to import.
        from treadle.compiler.shapes.shape_breaches import told

        yield from told(definition, value)


@cache
def kinds() -> tuple[str, ...]:
    """Return the step kinds that `type` can name."""
    names: tuple[str, ...] = tuple(definition_schema("step")["properties"]["type"]["enum"])
    return names


@cache
def known_keys(definition: str) -> tuple[str, ...]:
    """Return the keys of a definition, in the order of the schema."""
    return tuple(definition_schema(definition)["properties"])


@cache
def needed_keys(definition: str) -> tuple[str, ...]:
    """Return the keys that an object of a definition must have."""
    return tuple(definition_schema(definition).get("required", ()))


@cache
def stance(definition: str, key: str) -> Stance | None:
    """Return what Spec Kit does with `key` without looking at its value, None if it looks."""
    schema = definition_schema(definition)
    free = schema.get("patternProperties", {}).get(_FREE_KEY, {}) if is_free(key) else {}
    word = schema["properties"].get(key, free).get("x-spec-kit")
    return Stance(word) if word is not None else None


def is_free(key: str) -> bool:
    """Whether a key is the author's own, which treadle never looks at."""
    return re.search(_FREE_KEY, key) is not None


def is_found(pattern: str, text: str) -> bool:
    """Whether a pattern of the schema is found in a text."""
    return _compiled(pattern).search(text) is not None


@cache
def definition_schema(name: str) -> dict[str, Any]:
    """Return a definition without references: a separate object's place accepts anything."""
    whole = schemas.load("overlay" if name in _OF_OVERLAYS else "workflow")
    name = _OF_OVERLAYS.get(name, name)
    schema = whole["$defs"][name] if name else {k: v for k, v in whole.items() if k != "$defs"}
    # Without its dispatch on `type`, the definition of a step is what all kinds share.
    shared = {k: v for k, v in schema.items() if k != "allOf"}
    if name == "step":
        shared = _with_known_kinds(shared)
    resolved: dict[str, Any] = _resolved(shared, whole["$defs"])
    return resolved


def _with_known_kinds(step: dict[str, Any]) -> dict[str, Any]:
    """Return the definition of a step with the kinds that there always are, and no others.

    To an editor any name can be a type; here those are told apart before.
    """
    kind = step["properties"]["type"]
    closed = {**{k: v for k, v in kind.items() if k != "anyOf"}, **kind["anyOf"][0]}
    return {**step, "properties": {**step["properties"], "type": closed}}


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
    if name == reference:  # of another file
        return rest
    return rest if name in _SEPARATE else {**_resolved(definitions[name], definitions), **rest}


@cache
def _acceptor(definition: str) -> Acceptor | None:
    return acceptor(definition_schema(definition), search=is_found)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Python's `$` also matches before a line break at the end; a schema's does not.
    return re.compile(pattern.replace("$", r"\Z"))
