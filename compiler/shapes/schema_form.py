"""A quick yes to JSON Schemas (2020-12) whose keywords hold what the meta-schema asks for.

A yes is certain; a no says nothing but that the meta-schema has to be asked, which takes a
validator that is slow to import. Most schemas are made of the few keywords that stand here.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from treadle.plan.expression import Json

_Form: TypeAlias = Callable[[Json, int], bool]

# Deeper ones may be too deep for the validator as well.
MAX_DEPTH = 8
_TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))


def is_in_form(schema: Json, depth: int = 0) -> bool:
    """Say whether the meta-schema certainly accepts a schema.

    >>> is_in_form({"type": "integer", "minimum": 1}), is_in_form({"minimum": "1"})
    (True, False)
    """
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return False
    for keyword, value in schema.items():
        form = _FORMS.get(keyword)
        if form is None or not form(value, depth):
            return False
    return True


def _is_type(value: Json, _: int) -> bool:
    names = value if isinstance(value, list) else [value]
    texts = frozenset(name for name in names if isinstance(name, str))
    return 0 < len(names) == len(texts) and texts <= _TYPES


def _is_anything(_: Json, __: int) -> bool:
    return True


def _is_text(value: Json, _: int) -> bool:
    return isinstance(value, str)


def _is_list(value: Json, _: int) -> bool:
    return isinstance(value, list)


def _is_truth(value: Json, _: int) -> bool:
    return isinstance(value, bool)


def _is_number(value: Json, _: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Json, _: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_names(value: Json, _: int) -> bool:
    if not isinstance(value, list):
        return False
    texts = frozenset(name for name in value if isinstance(name, str))
    return len(texts) == len(value)


def _is_schema(value: Json, depth: int) -> bool:
    return is_in_form(value, depth + 1)


def _are_schemas(value: Json, depth: int) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(is_in_form(each, depth + 1) for each in value)


def _are_members(value: Json, depth: int) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(is_in_form(each, depth + 1) for each in value.values())


_FORMS: Mapping[str, _Form] = {
    "type": _is_type,
    **dict.fromkeys(("const", "default"), _is_anything),
    **dict.fromkeys(("enum", "examples"), _is_list),
    **dict.fromkeys(("$comment", "description", "format", "pattern", "title"), _is_text),
    **dict.fromkeys(("deprecated", "readOnly", "uniqueItems", "writeOnly"), _is_truth),
    **dict.fromkeys(("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"), _is_number),
    **dict.fromkeys(("maxItems", "maxLength", "maxProperties"), _is_count),
    **dict.fromkeys(("minItems", "minLength", "minProperties"), _is_count),
    "required": _are_names,
    **dict.fromkeys(("additionalProperties", "contains", "items", "propertyNames"), _is_schema),
    **dict.fromkeys(("else", "if", "not", "then"), _is_schema),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _are_schemas),
    **dict.fromkeys(("$defs", "properties"), _are_members),
}
