"""The inputs of a call: by the declarations of the workflow that is called, secrets by name."""

from collections.abc import Mapping
from typing import Any

import pytest

from treadle.compiler import compile_text
from treadle.plan.binding import bind, input_read
from treadle.plan.expression import Json, Value
from treadle.plan.output_check import output_fault
from treadle.plan.plan import Plan
from treadle.plan.steps import ShellStep

TEXT = """
workflow: {id: probe, name: Probe}
inputs:
  word: {type: string, required: true}
  count: {type: integer, default: 2}
  key: {type: string, secret: true, required: true}
  integration: {type: string, default: auto}
outputs:
  size: {value: 1, schema: {type: integer, maximum: 9}}
  list: {value: [], schema: {type: array, items: {type: string}}}
  any: {value: x}
steps: [{id: a, type: shell, run: "%s"}]
"""


def plan_of(run: str = "ls") -> Plan:
    plan = compile_text(TEXT % run).plan
    assert plan is not None
    return plan


def bound(provided: Mapping[str, Json], **more: Any) -> Any:
    return bind(plan_of().inputs, provided, **{"secrets": {"key": "token"}, **more})


def test_values_are_coerced_and_defaults_filled_in() -> None:
    resolved = bound({"word": "a", "count": "7"}, integration="claude")
    assert {"word": "a", "count": 7, "integration": "claude"} == resolved.values
    assert ({"key": "token"}, ()) == (resolved.secrets, resolved.problems)


@pytest.mark.parametrize(
    ("provided", "secrets", "codes"),
    [
        ({}, {"key": "token"}, ["TR701"]),
        ({"word": None}, {"key": "token"}, ["TR702"]),
        ({"word": "a", "wrod": "b"}, {"key": "token"}, ["TR705"]),
        ({"word": "a", "count": "many"}, {"key": "token"}, ["TR702"]),
        ({"word": "a"}, {}, ["TR701"]),
        ({"word": "a"}, {"key": None}, ["TR704"]),
    ],
)
def test_what_does_not_fit_is_refused(
    provided: Mapping[str, Json], secrets: Mapping[str, str | None], codes: list[str]
) -> None:
    assert codes == [each.code for each in bound(provided, secrets=secrets).problems]


def test_values_of_a_resume_are_merged_over_those_that_were_there() -> None:
    resolved = bound({"count": 5}, previous={"word": "a", "count": 2, "integration": "x"})
    assert {"word": "a", "count": 5, "integration": "x"} == resolved.values
    assert ("count",) == resolved.changed


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{{ inputs.word }}", "word"),
        ("a{{ inputs.word }}", None),
        ("{{ inputs.word | upper }}", None),
    ],
)
def test_a_value_that_is_an_input_as_a_whole_is_told(text: str, name: str | None) -> None:
    step = plan_of(text).steps[0]
    assert isinstance(step, ShellStep)
    value: Value = step.run
    assert name == input_read(value)


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        ({"size": 3, "list": ["a"], "any": None}, None),
        ({"size": 10, "list": [], "any": 1}, "must be at most 9, not 10"),
        ({"size": 3, "list": [1], "any": 1}, "[0] must be text, not 1"),
    ],
)
def test_outputs_keep_what_their_schemas_promise(
    outputs: Mapping[str, Json], reason: str | None
) -> None:
    fault = output_fault(plan_of(), outputs)
    about = f"of workflow 'probe' {reason} [TR343]"
    assert (reason is None) == (fault is None)
    assert fault is None or fault.endswith(about)
