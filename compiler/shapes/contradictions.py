"""Keywords of a JSON Schema that leave no value: each is in form, and together nothing fits.

Under `not` and `if` that may be meant; anywhere else nobody could mean it.
"""

from collections.abc import Iterator, Mapping

from treadle.compiler.typed import types
from treadle.plan.expression import Json
from treadle.plan.subschemas import Path, walk

_TURNED = frozenset(("if", "not"))
# The least that is allowed, and which keywords name the most.
_LEAST = {"minimum": ("maximum", "exclusiveMaximum"), "minLength": ("maxLength",)}
_LEAST |= {"minItems": ("maxItems",), "minProperties": ("maxProperties",)}
_LEAST |= {"exclusiveMinimum": ("maximum", "exclusiveMaximum")}


def contradictions(schema: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """Yield the places of keywords that leave no value, each with the reason.

    >>> [reason for _, reason in contradictions({"type": "string", "enum": [1, 2]})]
    ["no value of 'enum' is of the type 'string'"]
    """
    for path, found in walk(schema):
        if not _TURNED.intersection(path):
            for key, reason in (*_values(found), *_bounds(found), *_names(found)):
                yield (*path, key), reason


def _values(schema: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    listed, declared = schema.get("enum"), schema.get("type")
    if listed == []:
        yield "enum", "'enum' lists no value"
    elif isinstance(listed, list) and isinstance(declared, str):
        if not types.from_schema({"type": declared, "enum": listed}).kinds:
            yield "enum", f"no value of 'enum' is of the type '{declared}'"


def _bounds(schema: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for low, highs in _LEAST.items():
        least = schema.get(low)
        for high in highs:
            most = schema.get(high)
            if not isinstance(least, int | float) or not isinstance(most, int | float):
                continue
            if least > most or (least == most and "exclusive" in low + high):
                yield low, f"nothing lies between '{low}' {least} and '{high}' {most}"


def _names(schema: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    required, known = schema.get("required"), schema.get("properties", {})
    is_open = schema.get("additionalProperties") is not False or "patternProperties" in schema
    if is_open or not isinstance(required, list) or not isinstance(known, Mapping):
        return
    for name in required:
        if name not in known:
            yield "required", f"'{name}' is required, and no property has that name"
            return
