"""Schemas that authors write for what steps and workflows give."""

import pytest

from treadle.compiler import compile_text

HEAD = 'schema_version: "1.0"\nworkflow: {id: a, name: a, version: "1.0.0"}\n'
STEP = (
    HEAD + "steps:\n  - {id: s, type: shell, run: x, output_format: json, output_schema: SCHEMA}\n"
)
OUTPUT = (
    HEAD
    + "steps:\n  - {id: s, type: shell, run: x, output_format: json}\n"
    + 'outputs:\n  o: {value: "{{ steps.s.output.data }}", schema: SCHEMA}\n'
)


@pytest.mark.parametrize("text", [STEP, OUTPUT], ids=["step", "output"])
@pytest.mark.parametrize(
    ("schema", "wrong", "code"),
    [
        ("{type: strng}", "strng", "TR411"),
        ('{minimum: "x"}', '"x"', "TR411"),
        ("{tpye: string}", "tpye", "TR202"),
        ("{properties: {a: {formatt: x}}}", "formatt", "TR202"),
        ('{$ref: "#/$defs/b"}', '"#/$defs/b"', "TR411"),
        ('{$ref: "https://example.org/a"}', '"https://example.org/a"', "TR413"),
        ('{pattern: "(a+)+"}', '"(a+)+"', "TR412"),
        ("{enum: []}", "[]", "TR411"),
        ("{type: string, enum: [1, true]}", "[1, true]", "TR411"),
        ("{minimum: 5, maximum: 1}", "5", "TR411"),
        ("{exclusiveMinimum: 5, maximum: 5}", "5", "TR411"),
        ("{items: {minLength: 2, maxLength: 1}}", "2", "TR411"),
        ("{required: [a, b], properties: {a: {}}, additionalProperties: false}", "[a, b]", "TR411"),
    ],
)
def test_a_schema_that_no_validator_takes_is_told_where_it_is_wrong(
    text: str, schema: str, wrong: str, code: str
) -> None:
    source = text.replace("SCHEMA", schema)
    (found,) = compile_text(source).errors
    line = source.splitlines()[found.span.line - 1]
    assert (found.code, line[found.span.column - 1 : found.span.end_column - 1]) == (code, wrong)


@pytest.mark.parametrize("text", [STEP, OUTPUT], ids=["step", "output"])
@pytest.mark.parametrize(
    "schema",
    [
        "{type: object, properties: {a: {type: [string, 'null']}}, x-note: mine}",
        '{$schema: "https://json-schema.org/draft/2020-12/schema", $id: a, type: integer}',
        '{$ref: "#/$defs/b", $defs: {b: {type: integer}}}',
        "{type: integer, enum: [1.0, x], minimum: 1, maximum: 1}",
        "{type: [string, 'null'], enum: [a, null]}",
        "{not: {enum: []}, required: [a], properties: {b: {}}}",
    ],
)
def test_a_sound_schema_is_nothing_to_talk_about(text: str, schema: str) -> None:
    assert compile_text(text.replace("SCHEMA", schema)).diagnostics == ()
