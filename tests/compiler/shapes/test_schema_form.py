"""Tests of the quick yes to JSON Schemas: it is only said to what the meta-schema accepts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from treadle.compiler.shapes.schema_form import MAX_DEPTH, is_in_form


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"type": "integer", "minimum": 1, "maximum": 2.5},
        {"type": ["string", "null"], "enum": ["a", None], "default": []},
        {"type": "array", "items": {"type": "string", "pattern": "^a"}, "minItems": 1},
        {"properties": {"a": False}, "required": ["a"], "additionalProperties": False},
        {"anyOf": [{"const": 1}, {"not": {"type": "number"}}]},
    ],
)
def test_what_most_schemas_are_made_of_is_in_form(schema: Any) -> None:
    assert is_in_form(schema)


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "text"},
        {"type": []},
        {"type": ["string", "string"]},
        {"minimum": "1"},
        {"minimum": True},
        {"minLength": -1},
        {"minLength": 2.0},
        {"required": ["a", "a"]},
        {"required": [1]},
        {"anyOf": []},
        {"properties": {"a": 1}},
        {"$ref": "#/$defs/a"},
        {"colour": "red"},
    ],
)
def test_the_meta_schema_is_asked_about_anything_else(schema: Any) -> None:
    assert not is_in_form(schema)


def test_a_schema_of_many_levels_is_left_to_the_validator() -> None:
    schema: Any = True
    for _ in range(MAX_DEPTH + 2):
        schema = {"items": schema}
    assert not is_in_form(schema)


_KEYWORDS = ("type", "enum", "minimum", "minItems", "required", "items", "allOf", "properties")
_VALUES = st.recursive(
    st.sampled_from((None, True, -1, 0, 2, 1.5, "a", "string", "null")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from((*_KEYWORDS, "uniqueItems", "not")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_the_meta_schema_accepts_what_is_in_form(schema: Any) -> None:
    if is_in_form(schema):
        assert (
            list(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)) == []
        )
