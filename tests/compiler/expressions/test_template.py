"""Scalars as values: where blocks begin and end, and what is reported about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler.diagnostics import START, Report, Span
from treadle.compiler.expressions.template import Declared, Template, read_template
from treadle.compiler.reading.nodes import Scalar
from treadle.plan.evaluate import render
from treadle.plan.expression import Json, Literal, Single, Text

DECLARED = Declared(
    steps=frozenset({"scan"}), inputs=frozenset({"a", "b", "on"}), booleans=frozenset({"on"})
)
NAMES: dict[str, Json] = {"inputs": {"a": 1, "b": "x", "on": True}, "steps": {}}


def read(
    value: str | int, *, lenient: bool = False, is_condition: bool = False
) -> tuple[Template, list[tuple[str, str]]]:
    """Return the template with the code and the marked text of each finding."""
    report = Report(lenient=lenient)
    text = str(value)
    template = read_template(
        Scalar(value, START, "", 0, len(text)),
        declared=DECLARED,
        locate=lambda start, end: Span(1, start, 1, end),
        report=report,
        is_condition=is_condition,
    )
    found = [(d.code, text[d.span.column : d.span.end_column]) for d in report.diagnostics]
    return template, found


@pytest.mark.parametrize("value", ["plain", 7, "{% if x %}", "${#array[@]}", "{# no #}", "{a} }}"])
def test_what_has_no_block_stays_as_it_is(value: str | int) -> None:
    assert (Template(value=Literal(value)), []) == read(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ inputs.a }}", 1),
        ("  {{ inputs.a }}\n", 1),
        ("{{ inputs.a }} {{ inputs.b }}", "1 x"),
        ("{{ inputs.a }}{{ inputs.a }}", "11"),
        ("{{ inputs.b | contains('}}') }}", False),
        ("{{ }}", ""),
        (" {{ }} ", "  "),
        ("a{{ }}b", "ab"),
        ("{{ '{{' }} x", "{{ x"),
        ("on {{ inputs.on }}, off {{ inputs.off }}.", "on True, off ."),
        ("{{ inputs.a }} and {{ inputs.b", "1 and {{ inputs.b"),
        (r"{{ 'it\'s }}' }}", "it's }}"),
    ],
)
def test_blocks_end_outside_quotes_and_lone_ones_keep_their_type(text: str, expected: Json) -> None:
    assert expected == render(read(text)[0].value, NAMES)


def test_a_template_keeps_its_blocks_with_their_offsets() -> None:
    template, _ = read("x {{ inputs.a }} {{steps.scan.output.stdout == inputs.a}}")
    assert isinstance(template.value, Text)
    assert [(4, " inputs.a "), (19, "steps.scan.output.stdout == inputs.a")] == [
        (block.offset, block.expression.text) for block in template.blocks
    ]
    assert (("steps", "scan", "output", "stdout"), ("inputs", "a")) == (
        template.blocks[1].expression.reads
    )


def test_a_path_ends_where_an_index_follows() -> None:
    template, _ = read("{{ steps['scan'].output.tags[inputs.a].id }}")
    assert isinstance(template.value, Single)
    assert (("steps", "scan", "output", "tags"), ("inputs", "a")) == (
        template.value.expression.reads
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("left {{ inputs.a alone", [("TR402", "{{")]),
        ("{{ inputs.a | default('oops }}", [("TR401", "'")]),
        ("{{ [1 2] }}", [("TR401", "2")]),
        ("{{ {'a': {'b': 1}} }}", [("TR401", "}}")]),
        ("{{ inputs.b | uper }}", [("TR306", "uper")]),
        ("{{ inputs.a is od }}", [("TR318", "od")]),
        ("{{ inputs.b | select('od') }}", [("TR318", "'od'")]),
        ("{{ inputs.b | upper(1) }}", [("TR408", "upper")]),
        ("{{ inputs.b | default('x', true) }}", [("TR408", "default")]),
        ("{{ inputs.b | join }}", [("TR405", "join")]),
        ("{{ [1] | join }}", [("TR405", "join")]),
        ("{{ inputs.b.upper() }}", [("TR406", "(")]),
        ("{{ 'x' | contains(1) }}", [("TR414", "contains")]),
        ("{{ '[' | from_json }}", [("TR414", "from_json")]),
        ("{{ inputs.a | trim }} {{ x |", [("TR402", "{{")]),
    ],
)
def test_a_mistake_is_reported_at_its_place(text: str, expected: list[tuple[str, str]]) -> None:
    assert expected == read(text)[1]


def test_a_text_with_a_mistake_stays_literal() -> None:
    assert (
        Template(value=Literal("{{ inputs.a }} {{ [1 2] }}"))
        == (read("{{ inputs.a }} {{ [1 2] }}")[0])
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ inputs.a or inputs.b }}", ["inputs"]),
        ("{{ inputs.on and inputs.a == 1 }}", []),
        ("{{ inputs.a | default(0) > 5 }}", ["default"]),
        ("{{ (inputs.a | default(0)) > 5 }}", []),
        ("{{ not inputs.b | contains('z') }}", ["contains"]),
        ("{{ 1e3 }}", ["1e3"]),
        ("{{ 1.0e3 }}", []),
        ("{{ inputs.a + 1 + 2 }}", ["+"]),
        ("{{ 'v' ~ inputs.a }}", ["'v'"]),
        ("{{ 1 if inputs.a else 2 }}", ["1"]),
        ("{{ 1 < inputs.a < 3 }}", ["1"]),
        ("{{ inputs.b[0] }}", []),
        ("{{ inputs.b[-1] }}", []),
        ("{{ inputs.b[0][1] }}", ["["]),
        ("{{ inputs.b[1:] }}", ["["]),
        ("{{ steps['scan'].output }}", ["scan"]),
        ("{{ inputs.b.0 }}", []),
        ("{{ inputs.b.0[1] }}", []),
        ("{{ (inputs.b).0 }} {{ (inputs.b).x }} {{ (inputs.b)[0] }}", ["0", "x", "["]),
        (r"{{ 'a\tb' }}", [r"'a\tb'"]),
        ("{{ 'a' 'b' }}", ["'b'"]),
        ("{{ inputs.b | upper() }}", [")"]),
        ("{{ {'a': 1} }}", ["{"]),
        ("{{ not(inputs.on) }}", ["not"]),
        ("{{ not inputs.on and not\n(inputs.on) }}", []),
        ("{{ inputs.on and(inputs.on) }}", ["and"]),
        ("{{ (inputs.on)or inputs.on }}", ["or"]),
        ("{{ inputs.b in['x'] and 'x'not in inputs.b }}", ["in", "not"]),
        ("{{ inputs.b not in('x') }}", ["in"]),
        ("{{ [not inputs.on,inputs.b   not  in 'x'] }}", []),
        ("{{ inputs.a == inputs.and and inputs.b is not none }}", []),
        ("{{ inputs.b[ 0 ] }}", ["["]),
        ("{{ inputs.b[+1] }}", ["["]),
        ("{{ inputs.b[1_0] }}", ["["]),
        ("{{ inputs.b [0] }}", ["["]),
        ("{{ inputs .b }} {{ inputs. b }}", [".", "."]),
        ("{{ - 1 }}", ["-"]),
        ("{{ inputs.a == --1 }}", ["-"]),
        ("{{ [-1, +2, -.5, 007, 1_0] }}", []),
        ("{{ inputs.a in [0x10, 0b1] }}", ["0x10", "0b1"]),
        ("{{ inputs.b | default ('x') }}", ["("]),
        ("{{ inputs.b | default('x',) }}", [")"]),
        ("{{ inputs.b |default( 'x' ) }}", []),
        ("{{ inputs.b }}}", ["}"]),
        (" {{ inputs.b }}} \n", ["}"]),
        ("{{ inputs.b }}}}", []),
        ("{{ inputs.b }} {{ inputs.b }}}", []),
    ],
)
def test_another_result_than_under_spec_kit_is_told(text: str, expected: list[str]) -> None:
    assert [("TR407", marked) for marked in expected] == read(text)[1]


def test_in_a_condition_the_deciding_operand_makes_no_difference() -> None:
    assert [] == read("{{ inputs.a or inputs.b and not inputs.on }}", is_condition=True)[1]


def test_in_lenient_mode_what_is_no_expression_is_what_spec_kit_makes_of_it() -> None:
    template, found = read("{{ inputs.b !== 'y' }}, {{ inputs.a == }}", lenient=True)
    assert "True, False" == render(template.value, NAMES)
    assert [("TR401", "="), ("TR401", "}}")] == found
    assert (("inputs", "b"),) == template.blocks[0].expression.reads


def test_functions_of_treadle_are_told_in_lenient_mode_only() -> None:
    text = "{{ inputs.a is odd }} {{ inputs.b | trim }}"
    assert [] == read(text)[1]
    assert [("TR217", "odd"), ("TR217", "trim")] == read(text, lenient=True)[1]


@given(
    st.text(st.sampled_from("{}'\"ab.|= \n\\")),
    st.booleans(),
)
def test_any_text_is_read_and_every_span_lies_within_it(text: str, lenient: bool) -> None:
    template, _ = read(text, lenient=lenient)
    assert all(text[block.offset :].startswith(block.expression.text) for block in template.blocks)
