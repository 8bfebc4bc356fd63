"""`treadle validate --compat spec-kit`: what would not run there, or would run otherwise."""

from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = 'workflow: {id: probe, name: Probe, version: "1.0.0"}\n'
INPUTS = """inputs:
  who: {type: string, enum: ['', reject, approve], default: ''}
  stage: {type: string, enum: [plan, tasks], default: plan}
"""
WHO = "{id: who, type: shell, run: \"echo '{{ inputs.who }} {{ inputs.stage }}'\"}"

Write = Callable[[str, str], Path]

DIFFERENT = {
    "an environment": (
        "{id: a, type: shell, run: x, env: {A: '1'}}",
        ["TR217"],
    ),
    "a retry": ("{id: a, type: shell, run: x, retry: {max_attempts: 2}}", ["TR217"]),
    "a deadline": (
        "{id: a, type: gate, message: Ok, timeout: 5, on_timeout: {choose: approve}}",
        ["TR217", "TR217"],
    ),
    "a loop that fails at its limit": (
        "{id: a, type: while, condition: true, steps: [], on_limit: fail}",
        ["TR217"],
    ),
    "an input type": (None, ["TR217"]),
    "a filter": ('{id: a, type: shell, run: "{{ inputs.who | trim }}"}', ["TR217"]),
    "a test": ('{id: a, type: if, condition: "{{ inputs.who is defined }}", then: []}', ["TR217"]),
    "an operator": ("{id: a, type: shell, run: \"{{ inputs.who ~ 'x' }}\"}", ["TR407"]),
    "a date": ("{id: a, command: plan, input: {due: 2026-01-31}}", ["TR114"]),
    "a command's name": ("{id: a, command: 'do.{{ inputs.stage }}'}", ["TR621"]),
    "a nested input": ("{id: a, command: plan, input: {n: ['{{ inputs.who }}']}}", ["TR621"]),
    "a limit": ("{id: a, command: plan, timeout: 60}", ["TR621"]),
    "a verdict in a loop": (
        "{id: a, type: while, condition: true, steps: ["
        "{id: ask, type: gate, message: Ok, verdict_input: who}]}",
        ["TR621"],
    ),
    "waiting out of a template": (
        "{id: a, type: fan-out, items: [1], step: {id: j, type: fan-in, wait_for: [who]}}",
        ["TR620"],
    ),
}
ALIKE = {
    "a filter of Spec Kit": "{id: a, type: shell, run: \"{{ inputs.who | default('x') }}\"}",
    "a direct input": "{id: a, command: plan, input: {args: '{{ inputs.who }}'}}",
    "a limit of a captured command": "{id: a, command: plan, timeout: 60, capture: true}",
    "a verdict outside a loop": "{id: a, type: gate, message: Ok, verdict_input: who}",
    "waiting inside a template": (
        "{id: a, type: fan-out, items: [1], step: {id: t, type: if, condition: true, then: ["
        "{id: b, type: shell, run: x}, {id: j, type: fan-in, wait_for: [b]}]}}"
    ),
    "waiting out of a branch": (
        "{id: a, type: if, condition: true, then: [{id: j, type: fan-in, wait_for: [who]}]}"
    ),
}


def flow(step: str | None) -> str:
    if step is None:
        declared = INPUTS.replace(
            "type: string, enum: [plan, tasks], default: plan", "type: integer"
        )
        return f"{HEAD}{declared}steps:\n  - {WHO}\n"
    return f"{HEAD}{INPUTS}steps:\n  - {WHO}\n  - {step}\n"


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_spec_kit_does_otherwise_is_an_error(treadle, write: Write, name: str) -> None:
    step, codes = DIFFERENT[name]
    write("flow.yml", flow(step))
    ended = treadle("validate", "--compat", "spec-kit", "--format", "json", "flow.yml")
    found = ended.data["diagnostics"]
    errors = [one["code"] for one in found if one["severity"] == "error"]
    assert (1, codes) == (ended.code, errors)


@pytest.mark.parametrize("name", ALIKE)
def test_what_spec_kit_does_alike_is_no_error(treadle, write: Write, name: str) -> None:
    write("flow.yml", flow(ALIKE[name]))
    ended = treadle("validate", "--compat", "spec-kit", "--format", "json", "flow.yml")
    errors = [one for one in ended.data["diagnostics"] if one["severity"] == "error"]
    assert (0, []) == (ended.code, errors)


def test_strict_findings_stay_errors_and_lenient_ones_warnings(treadle, write: Write) -> None:
    write("flow.yml", flow("{id: a, type: shell, run: x, colour: red}"))
    compat = ("validate", "--compat", "spec-kit", "--format", "json", "flow.yml")
    for extra, code, severity in (((), 1, "error"), (("--lenient",), 0, "warning")):
        ended = treadle(*compat, *extra)
        found = [(one["code"], one["severity"]) for one in ended.data["diagnostics"]]
        assert (code, [("TR202", severity)]) == (ended.code, found)


def test_without_the_option_nothing_is_said_of_spec_kit(treadle, write: Write) -> None:
    write("flow.yml", flow("{id: a, command: plan, timeout: 60, env: {A: '1'}}"))
    assert 0 == treadle("validate", "--fail-on", "warning", "flow.yml").code
