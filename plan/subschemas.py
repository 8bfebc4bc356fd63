"""The places inside a JSON Schema where another schema stands.

Only these places are schemas: a `default`, `enum` or `const` that looks like one is data.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from treadle.plan.expression import Json

Path: TypeAlias = tuple[str | int, ...]

_ONE = frozenset(
    (
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    )
)
_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_MAPS = frozenset(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"))

# The keywords whose schemas apply to the value itself, not to a part of it.
IN_PLACE = frozenset(
    ("allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"),
)


def children(schema: Mapping[str, Json]) -> Iterator[tuple[Path, Json]]:
    """Yield the schemas directly inside a schema, each with its path from there."""
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield (keyword,), value
        elif keyword in _LISTS and isinstance(value, list):
            for index, item in enumerate(value):
                yield (keyword, index), item
        elif keyword in _MAPS and isinstance(value, Mapping):
            for name, item in value.items():
                yield (keyword, name), item


def walk(schema: Json) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """Yield a schema and all schemas inside it, outer ones first; true and false are left out."""
    pending: list[tuple[Path, Json]] = [((), schema)]
    while pending:
        path, found = pending.pop()
        if isinstance(found, Mapping):
            yield path, found
            pending.extend((path + step, child) for step, child in children(found))


def rewrite(
    schema: Mapping[str, Json], change: Callable[[Mapping[str, Json]], Mapping[str, Json]]
) -> Mapping[str, Json]:
    """Return a schema with `change` applied to it and to every schema inside it, inner first.

    >>> rewrite({"items": {"title": "T"}}, lambda s: {k: s[k] for k in s if k != "title"})
    {'items': {}}
    """

    def inside(value: Json) -> Json:
        return rewrite(value, change) if isinstance(value, Mapping) else value

    inner: dict[str, Json] = {}
    for keyword, value in schema.items():
        if keyword in _ONE:
            inner[keyword] = inside(value)
        elif keyword in _LISTS and isinstance(value, list):
            inner[keyword] = [inside(item) for item in value]
        elif keyword in _MAPS and isinstance(value, Mapping):
            inner[keyword] = {name: inside(item) for name, item in value.items()}
        else:
            inner[keyword] = value
    return change(inner)
