"""A step is sent with what its expressions read, and renders the same with that."""

from typing import Any

import pytest

from treadle.compiler import compile_text
from treadle.executor.temporal.excerpt import excerpt
from treadle.plan.evaluate import render
from treadle.plan.reads import inputs_read
from treadle.plan.steps import ActionStep, ShellStep

HEADER = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
inputs: {word: {default: hi}, other: {default: no}, both: {type: object, default: {a: 1}}}
steps:
  - {id: one, type: shell, run: echo one, output_format: json}
  - {id: far, type: shell, run: echo far}
"""
NAMES: dict[str, Any] = {
    "inputs": {"word": "hi", "other": "no", "both": {"a": 1}},
    "steps": {
        "one": {"status": "completed", "output": {"stdout": "x", "data": {"list": [{"a": 1}]}}},
        "far": {"status": "completed", "output": {"stdout": "far" * 1000}},
    },
    "item": {"name": "i", "rest": "r"},
    "fan_in": None,
    "context": {"run_id": "r1", "workflow_dir": None},
}


def step(run: str) -> ActionStep:
    text = HEADER + f"  - {{id: it, type: shell, run: '{run}'}}\n"
    compiled = compile_text(text, path="flow.yml", lenient=True)
    assert compiled.plan is not None, compiled.diagnostics
    found = compiled.plan.steps[-1]
    assert isinstance(found, ShellStep)
    return found


def test_only_the_values_that_are_read_are_sent() -> None:
    sent = excerpt(step("{{ inputs.word }} {{ steps.one.output.stdout }}"), NAMES)
    assert {
        "inputs": {"word": "hi"},
        "steps": {"one": {"output": {"stdout": "x"}}},
        "item": None,
        "fan_in": None,
        "context": NAMES["context"],
    } == sent


def test_what_is_read_as_a_whole_is_sent_as_a_whole() -> None:
    sent = excerpt(step("{{ steps.one | to_json }} {{ steps.one.output.stdout }}"), NAMES)
    assert {"one": NAMES["steps"]["one"]} == sent["steps"]


def test_what_is_missing_stays_missing() -> None:
    sent = excerpt(step("{{ steps.one.output.data.nothing.there }}"), NAMES)
    assert {"one": {"output": {"data": {}}}} == sent["steps"]


def test_the_state_is_not_changed_by_sending_parts_of_it() -> None:
    before = repr(NAMES)
    excerpt(step("{{ steps.one.output }} {{ steps.one.output.data.list }} {{ inputs }}"), NAMES)
    assert before == repr(NAMES)


@pytest.mark.parametrize(
    "run",
    [
        "{{ inputs.word }}",
        "{{ inputs | to_json }}",
        "{{ steps.one.output.data.list[0].a }}",
        "{{ steps.one.output.data.list | length }}",
        "{{ steps.far.status }} {{ context.run_id }}",
        "{{ item }} {{ item.name }}",
        '{{ inputs.both.a }} {{ steps["one"]["status"] }}',
        "{{ steps.one.output.nothing | default(inputs.other) }}",
    ],
)
def test_a_step_renders_the_same_with_its_excerpt(run: str) -> None:
    meant = step(run)
    assert isinstance(meant, ShellStep)
    assert render(meant.run, NAMES) == render(meant.run, excerpt(meant, NAMES))


def test_a_step_that_may_read_any_input_says_so() -> None:
    assert frozenset({"word"}) == inputs_read(step("{{ inputs.word }}"))
    assert inputs_read(step("{{ inputs | to_json }}")) is None
