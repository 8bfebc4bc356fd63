"""Types: what they hold, from schemas and literals, and how they are put together."""

import pytest

from treadle.compiler.typed import types
from treadle.compiler.typed.types import fits, from_schema, literal, union
from treadle.plan.expression import Json

CLOSED: Json = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "inside", "outside"),
    [
        ({}, [None, 1, "a", [], {}], []),
        (False, [], [None, 1, "a", [], {}]),
        ({"type": "string"}, ["", "a"], [None, 1, True, []]),
        ({"type": "integer"}, [1, 2.0], [1.5, True, "1", None]),
        ({"type": "number"}, [1, 1.5], [False, "1"]),
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"enum": ["a", 1, None]}, ["a", 1, None], ["b", 2, True]),
        ({"type": "integer", "enum": [1, "2"]}, [1], ["2", 2]),
        ({"const": True}, [True], [1, False]),
        ({"type": "string", "pattern": "^[a-z]+$"}, ["abc"], ["A", ""]),
        ({"type": "integer", "minimum": 1, "exclusiveMaximum": 3}, [1, 2], [0, 3]),
        ({"type": "array", "items": {"type": "string"}}, [[], ["a"]], [[1], "a"]),
        (CLOSED, [{"a": "x"}, {"a": "x", "b": 1}], [{"a": 1}, {"b": 1}, {"a": "x", "c": 1}]),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ["a", 1], [True, []]),
        ({"$ref": "#/$defs/x"}, [None, 1], []),
    ],
)
def test_the_type_of_a_schema_holds_what_fits_the_schema(
    schema: Json, inside: list[Json], outside: list[Json]
) -> None:
    found = from_schema(schema)
    assert ([True] * len(inside), [False] * len(outside)) == (
        [fits(found, value) for value in inside],
        [fits(found, value) for value in outside],
    )


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "a", [1, "b", []], {"a": {"b": None}}])
def test_the_type_of_a_literal_holds_it(value: Json) -> None:
    assert fits(literal(value), value)


def test_a_union_holds_what_either_side_holds() -> None:
    both = union(literal({"a": 1}), literal({"b": "x"}), literal("text"))
    inside: list[Json] = [{"a": 1}, {"b": "x"}, "text", {}]
    assert [True] * 4 == [fits(both, value) for value in inside]
    assert not fits(both, {"c": 1})
    assert not fits(both, "other")


def test_a_union_of_many_values_forgets_them() -> None:
    many = union(*(literal(str(number)) for number in range(types.MAX_VALUES + 1)))
    assert (types.TEXT.kinds, None) == (many.kinds, many.values)


def test_a_list_that_is_written_out_keeps_its_places() -> None:
    found = literal(["a", 1])
    assert found.places is not None
    assert [types.TEXT.kinds, types.INTEGER.kinds] == [place.kinds for place in found.places]


def test_a_type_without_null_has_no_gap() -> None:
    missing = types.optional(types.TEXT, "nobody gave it")
    assert ("nobody gave it", None) == (missing.gap, types.present(missing).gap)


def test_a_deep_schema_is_open_below_the_limit() -> None:
    schema: Json = {"type": "string"}
    for _ in range(types.MAX_DEPTH + 5):
        schema = {"type": "array", "items": schema}
    value: Json = 1
    for _ in range(types.MAX_DEPTH + 5):
        value = [value]
    assert fits(from_schema(schema), value)
