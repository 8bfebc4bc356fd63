"""Declarations of inputs, from YAML to the one schema."""

from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import nodes
from treadle.compiler.reading.document import load
from treadle.compiler.shapes.patterns import is_slow, unusable
from treadle.compiler.steps.inputs import read_inputs
from treadle.plan.assignments import as_given
from treadle.plan.canonical import canonical
from treadle.plan.expression import Json
from treadle.plan.inputs import InputSet


def read(text: str, *, lenient: bool = False) -> tuple[dict[str, Json], list[str]]:
    """Read declarations; findings as ``line:column CODE severity message``."""
    report = Report(lenient=lenient)
    document = load(dedent(text).encode("utf-8"), path="flow.yml", report=report)
    assert document is not None, report.diagnostics
    assert isinstance(document.root, nodes.Mapping)
    schema = read_inputs(document.root, report=report)
    found = [
        f"{d.span.line}:{d.span.column} {d.code} {d.severity.value} {d.message}"
        for d in report.diagnostics
    ]
    return dict(schema), found


def declaration(text: str, *, lenient: bool = False) -> Json:
    schema, _ = read(f"x: {text}", lenient=lenient)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    return properties["x"]


def complaints(text: str, *, lenient: bool = False) -> list[str]:
    return read(f"x: {text}", lenient=lenient)[1]


def test_declarations_become_one_object_schema_in_order() -> None:
    schema, found = read("""\
        where: {default: dev, enum: [dev, prod], prompt: 'Where to?', required: true}
        count: {type: number, default: "1e3", required: true}
        again: {type: boolean, required: true, description: Once more}
        token: {type: string, secret: true, required: false}
        """)
    assert [] == found
    assert {
        "type": "object",
        "properties": {
            "where": {
                "type": "string",
                "default": "dev",
                "enum": ["dev", "prod"],
                "x-prompt": "Where to?",
            },
            "count": {"type": "number", "default": 1000},
            "again": {"type": "boolean", "description": "Once more"},
            "token": {"type": "string", "x-secret": True},
        },
        "required": ["again"],
        "additionalProperties": False,
        "x-order": ["where", "count", "again", "token"],
    } == schema
    assert ("where", "count", "again", "token") == InputSet(schema).names


def test_a_workflow_without_inputs_takes_none() -> None:
    schema = read_inputs(None, report=Report())
    resolved = InputSet(schema).resolve(as_given({"a": "1"}), lenient=False, integration=None)
    assert ["this workflow has no inputs"] == [found.hint for found in resolved.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", {"type": "string"}),
        ("{enum: null, prompt: null, description: 5}", {"type": "string"}),
        ("{enum: [1, 2]}", {"type": "string", "enum": [1, 2]}),
        ("{anyOf: [{type: integer}]}", {"anyOf": [{"type": "integer"}]}),
        ("{const: 5}", {"const": 5}),
        ("{minLength: 2}", {"type": "string", "minLength": 2}),
        ("{type: object, required: [a]}", {"type": "object", "required": ["a"]}),
    ],
)
def test_a_type_left_out_means_text_unless_the_declaration_says_more(
    text: str, expected: Json
) -> None:
    assert expected == declaration(text)


def test_an_empty_type_means_text_and_a_warning_tells_the_difference() -> None:
    assert {"type": "string"} == declaration("{type: null}")
    assert [
        "1:11 TR407 warning an empty type means text here; "
        "it switches off all checks of the value under Spec Kit"
    ] == complaints("{type: null}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{default: 5}", "1:14 TR410 error the default of 'x' must be text, not 5"),
        ("{default: null}", "1:14 TR410 error the default of 'x' must be text, not null"),
        (
            "{enum: [a], default: b}",
            "1:25 TR410 error the default of 'x' must be one of 'a', not 'b'",
        ),
        (
            "{type: array, items: {type: integer}, default: [1, b]}",
            "1:51 TR410 error the default of 'x' does not fit: "
            "'x[1]' must be a whole number, not 'b'",
        ),
        (
            "{secret: true, default: b}",
            "1:19 TR410 error the default of 'x' would be no secret: leave it out",
        ),
        (
            "{minLength: two}",
            "1:16 TR411 error 'x' is not a valid declaration: "
            "'minLength' must be a whole number, not 'two'",
        ),
        (
            "{type: array, items: {type: text}}",
            "1:32 TR411 error 'x' is not a valid declaration: "
            "'type' must be one of the types of JSON Schema",
        ),
        (
            "{format: emial}",
            "1:13 TR411 error 'x' is not a valid declaration: no format is called 'emial'",
        ),
        (
            "{enum: [1, 2], required: true}",
            "1:11 TR411 error 'x' is not a valid declaration: "
            "no value of 'enum' is of the type 'string'",
        ),
        (
            "{type: integer, minimum: 5, maximum: 1}",
            "1:29 TR411 error 'x' is not a valid declaration: "
            "nothing lies between 'minimum' 5 and 'maximum' 1",
        ),
        (
            "{required: [a]}",
            "1:15 TR411 error 'x' is not a valid declaration: "
            "'required' is true or false here; a list is for the keys of a mapping",
        ),
        (
            "{$ref: '#/$defs/b', $defs: {a: {}}}",
            "1:11 TR411 error 'x' is not a valid declaration: '#/$defs/b' leads nowhere",
        ),
        (
            "{$ref: '#'}",
            "1:11 TR411 error 'x' is not a valid declaration: '$ref' leads back to itself",
        ),
        (
            "{pattern: '(a+)+'}",
            "1:14 TR412 error this pattern repeats a repetition and can take for ever",
        ),
        (
            "{$ref: 'https://example.com/a'}",
            "1:11 TR413 error '$ref' must point into this declaration ('#/…')",
        ),
        (
            "{type: object, patternProperties: {'[a': {}}}",
            "1:39 TR416 error this pattern cannot be used: '[' is never closed",
        ),
        (
            "{type: array, items: {minLenght: 2}}",
            "1:26 TR202 error unknown key 'minLenght' in a JSON Schema",
        ),
    ],
)
def test_a_mistake_is_reported_where_it_stands(text: str, expected: str) -> None:
    assert [expected] == complaints(text)


def test_a_name_that_no_expression_reads_is_odd() -> None:
    assert ["1:1 TR415 error 'release notes' is not a portable input name"] == read(
        "release notes: {}"
    )[1]


def test_lenient_leaves_out_what_spec_kit_would_not_look_at() -> None:
    text = "{type: string, minLength: two, pattern: '(a+)+', required: [a], format: emial}"
    assert {"type": "string"} == declaration(text, lenient=True)
    assert ["TR411 warning", "TR412 warning", "TR411 warning", "TR411 warning"] == [
        " ".join(found.split()[1:3]) for found in complaints(text, lenient=True)
    ]
    assert ["x"] == read(f"x: {text}", lenient=True)[0]["required"]


def test_the_type_of_integration_auto_is_checked_and_its_enum_is_not() -> None:
    assert [] == read("integration: {default: auto, enum: [claude]}")[1]
    assert ["1:38 TR410 error the default of 'integration' must be a number, not 'auto'"] == read(
        "integration: {type: number, default: auto}"
    )[1]


def test_references_stay_inside_their_own_declaration() -> None:
    schema, found = read("""\
        port: {$ref: '#/$defs/item', $defs: {item: {type: integer}}}
        name: {$ref: '#/$defs/item', $defs: {item: {type: string, maxLength: 2}}}
        tree: {type: object, properties: {kids: {type: array, items: {$ref: '#'}}}}
        """)
    assert [] == found
    texts = {"port": "80", "name": "abc", "tree": '{"kids": [{"kids": [5]}]}'}
    resolved = InputSet(schema).resolve(as_given(texts), lenient=False, integration=None)
    assert [
        "input 'name' must have at most 2 characters, not 3",
        "input 'tree.kids[0].kids[0]' must be a mapping, not 5",
    ] == [found.message for found in resolved.problems]
    assert 80 == resolved.values["port"]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+",
        r"(.*)*",
        r"(?:(?:a+))+",
        r"^(\w+\s?)+$",
        r"((a+)?)*",
        r"(a|a)*",
        r"(\w|\d)+",
        r"(a|aa)+",
        r"(a?){30}a{30}",
        r"((a{1,9}){1,9}){1,9}",
    ],
)
def test_a_repetition_without_borders_is_slow(pattern: str) -> None:
    assert (None, True) == (unusable(pattern), is_slow(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z0-9]+(-[a-z0-9]+)*$",
        r"^([a-z]+-)*[a-z]+$",
        r"(\d{1,3}\.){3}\d{1,3}",
        r"^v?\d+(\.\d+)*$",
        r"\d{1,3}(,\d{3})*",
        r"(.|\n)*",
        r"(\w|-)*",
        r"[(a+)+]",
        r"[[\]&&~|]+",
        r"\(a+\)+",
        r"(a+){2}",
        r"(a*)?",
    ],
)
def test_a_repetition_with_borders_is_not_slow(pattern: str) -> None:
    assert (None, False) == (unusable(pattern), is_slow(pattern))


@pytest.mark.parametrize("pattern", ["(?i)a", r"\p{L}", "[", "a++", "(?>a)", "[]a]", "[!--]", "(a"])
def test_what_the_two_dialects_read_differently_is_not_usable(pattern: str) -> None:
    assert unusable(pattern) is not None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab01()[]{}|*+?\\^$.-,:=!<>Pnwd", max_size=14))
def test_no_pattern_makes_the_check_raise(pattern: str) -> None:
    if unusable(pattern) is None:
        schema: dict[str, Json] = {"properties": {"x": {"type": "string", "pattern": pattern}}}
        assert is_slow(pattern) in (True, False)
        resolved = InputSet(schema).resolve(as_given({"x": "ab"}), lenient=False, integration=None)
        assert len(resolved.problems) < 2


KEYWORDS = st.sampled_from(
    "type default enum required secret prompt description pattern minLength items properties "
    "anyOf $ref $defs $id format const not additionalProperties patternProperties x-a".split()
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["string", "object", "#", "#/$defs/a", "date", "(a+)+", "[", "auto", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYWORDS | st.just("a"), inner),
    max_leaves=8,
)
TYPES: st.SearchStrategy[Json] = st.sampled_from(["string", "number", "array", "object", None])
WELL_SHAPED = st.builds(
    lambda rest, word, members: {**rest, "type": word, "enum": members},
    st.dictionaries(KEYWORDS, VALUES, max_size=5),
    TYPES,
    st.none() | st.lists(VALUES, max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(WELL_SHAPED, st.text(max_size=5))
def test_no_declaration_makes_reading_or_validating_raise(
    declared: dict[str, Json], text: str
) -> None:
    source = canonical({"x": declared}).decode("utf-8")
    report = Report()
    document = load(source.encode("utf-8"), path="flow.yml", report=report)
    assert document is not None and isinstance(document.root, nodes.Mapping)
    inputs = InputSet(read_inputs(document.root, report=report))
    resolved = inputs.resolve(as_given({"x": text}), lenient=False, integration=None)
    assert all(found.field.startswith("x") for found in resolved.problems)
