import pytest

from treadle.plan.expression import Json
from treadle.plan.step_types import StepSignature, name_fault, schema_fault

OBJECT: dict[str, Json] = {"type": "object"}


def signature(**changes: object) -> StepSignature:
    given = {"name": "notify", "input_schema": OBJECT, "output_schema": OBJECT, **changes}
    return StepSignature(**given)  # type: ignore[arg-type]  # fields of a signature


def test_two_signatures_with_the_same_schemas_have_the_same_digest() -> None:
    others = signature(name="tell", description="Tells.", package="treadle-tell")
    assert signature().digest == others.digest


def test_the_order_of_keys_is_no_part_of_the_digest() -> None:
    one: dict[str, Json] = {"type": "object", "required": ["to"]}
    other: dict[str, Json] = {"required": ["to"], "type": "object"}
    assert signature(input_schema=one).digest == signature(input_schema=other).digest


def test_what_is_taken_and_what_is_given_are_told_apart() -> None:
    more: dict[str, Json] = {"type": "object", "required": ["to"]}
    assert signature(input_schema=more).digest != signature(output_schema=more).digest


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("notify", None),
        ("a", None),
        ("send-2-all", None),
        ("shell", "treadle has a step type of that name"),
        ("custom", "treadle has a step type of that name"),
        ("string", "it is a type of values"),
        ("Notify", "lower-case letters, digits and inner hyphens only"),
        ("../notify", "lower-case letters, digits and inner hyphens only"),
        ("notify\n", "lower-case letters, digits and inner hyphens only"),
        ("", "lower-case letters, digits and inner hyphens only"),
        ("a" * 101, "it has more than 100 characters"),
        (None, "it is not text"),
    ],
)
def test_a_name_could_be_that_of_a_file_and_is_none_of_ours(name: object, fault: str) -> None:
    assert fault == name_fault(name)


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        (OBJECT, None),
        ({"type": "object", "properties": {"to": {"$ref": "#/$defs/to"}}}, None),
        ([], "it is no mapping"),
        ({}, "its 'type' must be 'object'"),
        (
            {"type": "object", "properties": {"to": {"$ref": "http://example.com/s.json"}}},
            "'http://example.com/s.json' leads out of the schema",
        ),
        (
            {"type": "object", "properties": {"to": {"type": "text"}}},
            "'text' is not valid under any of the given schemas (at 'properties/to/type')",
        ),
    ],
)
def test_a_schema_of_a_step_type_is_one_of_objects_that_needs_nothing_else(
    schema: object, fault: str | None
) -> None:
    assert fault == schema_fault(schema)
