"""An acceptor says yes to nothing that jsonschema refuses."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from treadle.plan.acceptance import acceptor
from treadle.plan.expression import Json

ACCEPTED: tuple[tuple[Any, Json], ...] = (
    (True, {"a": 1}),
    ({}, None),
    ({"type": "string", "minLength": 1, "maxLength": 1}, "a"),
    ({"type": ["string", "null"]}, None),
    ({"enum": ["1.0", 1.0]}, 1.0),
    ({"const": True}, True),
    ({"type": "number", "minimum": 1, "exclusiveMaximum": 2}, 1),
    ({"pattern": "^a"}, "ab"),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 1, "contains": {"const": 2}}, [2]),
    ({"required": ["a"], "properties": {"a": {"type": "null"}}}, {"a": None}),
    (
        {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False},
        {},
    ),
    ({"patternProperties": {"^x-": {}}, "additionalProperties": False}, {"x-a": 1}),
    ({"propertyNames": {"pattern": "^a"}}, {"ab": 1}),
    ({"properties": {"b": {"not": {}}}}, {"a": 1}),
    ({"if": {"const": 1}, "then": {"minimum": 0}, "else": {"type": "string"}}, 1),
    ({"x-mine": [1], "title": "T", "default": 1, "$id": "urn:a"}, 2),
)
# What fits, and gets no yes all the same.
UNDECIDED: tuple[tuple[Any, Json], ...] = (
    ({"not": {"const": 1}}, 2),
    ({"oneOf": [{}]}, 2),
    ({"$ref": "#/$defs/a", "$defs": {"a": {}}}, 2),
    ({"format": "date"}, 2),
    ({"type": "integer"}, 2.0),
    ({"enum": [[1]]}, [1]),
    ({"enum": [1]}, 1.0),
    ({"properties": {"b": {"not": {"const": 1}}}}, {"b": 2}),
    ({"patternProperties": {"^x-": {"type": "null"}}}, {}),
    ({"contains": {}, "minContains": 0}, []),
)


def is_found(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def says_yes(schema: Any, value: Json) -> bool:
    fits = acceptor(schema, search=is_found)
    return fits is not None and fits(value)


@pytest.mark.parametrize(("schema", "value"), ACCEPTED)
def test_what_fits_gets_a_yes(schema: Any, value: Json) -> None:
    assert says_yes(schema, value)
    assert Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(("schema", "value"), UNDECIDED)
def test_what_would_need_a_whole_validator_gets_none(schema: Any, value: Json) -> None:
    assert not says_yes(schema, value)
    assert Draft202012Validator(schema).is_valid(value)


SCALARS = st.none() | st.booleans() | st.sampled_from((0, 1, 1.0, 2, 2.5, "", "a", "ab", "x-a"))
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("a", "b", "x-a")), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = st.sampled_from(("null", "boolean", "integer", "number", "string", "array", "object"))


def schemas_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(("a", "b"))
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minLength": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "minimum": st.sampled_from((0, 1.5)),
            "exclusiveMaximum": st.sampled_from((2, 2.5)),
            "pattern": st.sampled_from(("^a", "b$")),
            "required": st.lists(names, max_size=2, unique=True),
            "properties": st.dictionaries(names, inner, max_size=2),
            "patternProperties": st.dictionaries(st.just("^x-"), inner, max_size=1),
            "additionalProperties": inner,
            "propertyNames": inner,
            "items": inner,
            "contains": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "not": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
        },
    )


SCHEMAS = st.recursive(st.booleans() | schemas_of(st.just(True)), schemas_of, max_leaves=4)


@given(SCHEMAS, VALUES)
def test_what_gets_a_yes_is_valid(schema: Any, value: Json) -> None:
    assert not says_yes(schema, value) or Draft202012Validator(schema).is_valid(value)
