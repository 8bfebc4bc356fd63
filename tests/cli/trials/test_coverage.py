"""Coverage: which steps, branches and options the tests of a workflow have been through."""

from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = 'workflow: {id: flow, name: Flow, version: "1.0.0"}\n'

Missed = Callable[..., list[str]]


@pytest.fixture
def missed(treadle, write: Callable[[str, str], Path]) -> Missed:
    """Return a function from a workflow and its tests, without names, to what they missed."""

    def call(flow: str, *tests: str) -> list[str]:
        write("flow.yml", HEAD + flow)
        lines = [f"  - {{name: t{i}, {test}}}\n" for i, test in enumerate(tests)]
        write("flow.test.yml", "tests:\n" + "".join(lines))
        (covered,) = treadle("test", "flow.yml", "--json").data["coverage"]
        return [" ".join(filter(None, (m["path"], m["way"]))) for m in covered["missed"]]

    return call


IF = """
inputs: {go: {type: boolean, default: true}}
steps:
  - id: pick
    type: if
    condition: "{{ inputs.go }}"
    then: [{id: yes-step, type: shell, run: x}]
"""


def test_an_if_has_two_branches_even_without_an_else(missed: Missed) -> None:
    assert ["/pick else"] == missed(IF, "inputs: {go: true}")
    assert ["/pick then", "/pick/then/yes-step"] == missed(IF, "inputs: {go: false}")
    assert [] == missed(IF, "inputs: {go: true}", "inputs: {go: false}")


def test_an_if_whose_condition_fails_has_taken_no_branch(missed: Missed) -> None:
    flow = IF.replace("{{ inputs.go }}", "{{ 1 / (1 if inputs.go else 0) > 0 }}")
    assert ["/pick then", "/pick else", "/pick/then/yes-step"] == missed(
        flow, "inputs: {go: false}"
    )


SWITCH = """
inputs: {word: {type: string, default: a}}
steps:
  - id: pick
    type: switch
    expression: "{{ inputs.word }}"
    cases:
      a: [{id: first, type: shell, run: x}]
      b: [{id: second, type: shell, run: x}]
"""


def test_a_switch_has_a_branch_a_case_and_its_default(missed: Missed) -> None:
    second = "/pick/case:b/second"
    assert ["/pick case b", "/pick default", second] == missed(SWITCH, "inputs: {word: a}")
    assert ["/pick case b", second] == missed(SWITCH, "inputs: {word: a}", "inputs: {word: c}")


CONDITION = """
inputs: {go: {type: boolean, default: true}}
steps:
  - {id: act, type: shell, run: x, if: "{{ inputs.go }}"}
"""


def test_the_condition_of_a_step_has_two_branches(missed: Missed) -> None:
    assert ["/act if false"] == missed(CONDITION, "inputs: {go: true}")
    assert ["/act", "/act if true"] == missed(CONDITION, "inputs: {go: false}")


GATE = """
inputs: {verdict: {type: string, default: ""}}
steps:
  - {id: ask, type: gate, message: "Ship?", verdict_input: verdict, on_reject: retry}
"""


def test_a_gate_has_its_options_however_they_were_chosen(missed: Missed) -> None:
    assert ["/ask approve", "/ask reject"] == missed(GATE, "gates: {}")
    assert ["/ask reject"] == missed(GATE, "inputs: {verdict: approve}")
    assert [] == missed(GATE, "gates: {ask: [reject, approve]}")


def test_steps_of_finally_count_and_those_of_a_called_workflow_do_not(
    missed: Missed, write: Callable[[str, str], Path]
) -> None:
    write("other.yml", HEAD.replace("id: flow", "id: other") + GATE)
    flow = """
steps: [{id: call, type: workflow, path: ./other.yml}]
finally: [{id: tidy, type: shell, run: x, if: "{{ context.status == 'failed' }}"}]
"""
    assert ["/finally/tidy", "/finally/tidy if true"] == missed(flow, "gates: {call/ask: approve}")


def test_a_refused_test_goes_through_nothing(missed: Missed) -> None:
    assert ["/act", "/act if true", "/act if false"] == missed(CONDITION, "inputs: {go: 3}")
