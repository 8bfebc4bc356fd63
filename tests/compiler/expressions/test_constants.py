"""Which conditions come out the same in every run."""

import pytest

from treadle.compiler import compile_text
from treadle.compiler.expressions.constants import (
    STAND_INS,
    constant_text,
    constant_truth,
    is_spelt_out,
)
from treadle.plan.expression import Json, Literal, Value
from treadle.plan.functions import ANY, FILTERS, TESTS
from treadle.plan.steps import IfStep

HEAD = "workflow: {id: probe, name: Probe}\ninputs: {x: {type: boolean, default: true}}\n"
STEPS = 'steps: [{id: pick, type: if, condition: "{{ %s }}", then: []}]'


def condition(expression: str) -> Value:
    plan = compile_text(HEAD + STEPS % expression).plan
    assert plan is not None
    (step,) = plan.steps
    assert isinstance(step, IfStep)
    return step.test


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true", True),
        ("1 > 2", False),
        ("'inputs.x'", True),
        ("'false'", False),
        ("not 'false'", False),
        ("inputs.x", None),
        ("inputs.x and false", False),
        ("false and inputs.x", False),
        ("inputs.x and true", None),
        ("inputs.x or 'a'", True),
        ("not (inputs.x or true)", False),
        ("inputs.x == true", None),
    ],
)
def test_the_constant_part_of_a_condition_may_decide_it(
    expression: str, expected: bool | None
) -> None:
    assert expected is constant_truth(condition(expression))


def test_a_literal_is_its_own_truth() -> None:
    assert (True, False) == (constant_truth(Literal(True)), constant_truth(Literal("")))
    assert constant_truth(None) is None


def test_only_a_plain_boolean_is_spelt_out() -> None:
    written = ("true", "false", "1", "'true'", "inputs.x", "true and true")
    assert [True, True, False, False, False, False] == [
        is_spelt_out(condition(expression)) for expression in written
    ]


@pytest.mark.parametrize(
    ("value", "expected"), [(None, ""), (" a ", "a"), (True, "True"), (3, "3"), ([1], None)]
)
def test_a_constant_switch_has_the_text_of_its_value(value: Json, expected: str | None) -> None:
    assert expected == constant_text(Literal(value))


def test_a_switch_on_an_expression_is_constant_when_it_reads_nothing() -> None:
    texts = [constant_text(condition(each)) for each in ("'a' ~ 'b '", "inputs.x", "none")]
    assert ["ab", None, ""] == texts


def test_there_is_a_stand_in_for_each_kind_that_a_function_takes() -> None:
    taken = {kind for table in (FILTERS, TESTS) for row in table.values() for kind in row.accepts}
    assert taken - {*ANY} <= STAND_INS.keys()
