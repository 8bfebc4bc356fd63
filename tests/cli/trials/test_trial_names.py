"""What the names in files of tests mean: ids, paths, public ids and addresses."""

import pytest

from treadle.cli.trials.trial_names import StepNames
from treadle.compiler import compile_text

FLOW = """
workflow: {id: flow, name: Flow, version: "1.0.0"}
inputs: {which: {type: string}}
steps:
  - id: loop
    type: do-while
    condition: "{{ steps.child.output.exit_code != 0 }}"
    max_iterations: 3
    steps:
      - {id: child, type: shell, run: x}
      - id: fan
        type: fan-out
        items: [a, b]
        step: {id: item, type: shell, run: "echo {{ item }}"}
  - {id: ask, type: gate, message: "Ship?"}
finally:
  - {id: tidy, type: shell, run: x}
"""


def names(text: str = FLOW) -> StepNames:
    plan = compile_text(text, path="flow.yml").plan
    assert plan is not None
    return StepNames.of(plan)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("child", "/loop/child"),
        ("/loop/child", "/loop/child"),
        ("/loop/r2/child", "/loop/child"),
        ("loop:child:2", "/loop/child"),
        ("loop:fan:1:item:0", "/loop/fan/item"),
        ("/loop/r2/fan/i1/item", "/loop/fan/item"),
        ("/finally/l1/tidy", "/finally/tidy"),
        ("/call/w/loop/r1/child", "/loop/child"),
    ],
)
def test_a_name_means_a_step(name: str, path: str) -> None:
    assert [path] == [step.path for step in names().meant(name)]


@pytest.mark.parametrize(
    "name", ["", "chidl", "lop:child:2", "loop:2:chidl", "2", "/child", "/loop/chidl", "loop:", "/"]
)
def test_other_names_mean_nothing(name: str) -> None:
    assert () == names().meant(name)


def test_the_gates_are_known() -> None:
    assert ["ask"] == [gate.id for gate in names().gates]


@pytest.mark.parametrize(
    ("call", "is_open"), [('"{{ inputs.which }}"', True), (None, False)], ids=["named", "none"]
)
def test_a_workflow_that_is_found_at_run_time_leaves_the_names_open(
    call: str | None, is_open: bool
) -> None:
    step = f"  - {{id: call, type: workflow, workflow: {call}}}\n" if call is not None else ""
    assert is_open == names(FLOW.replace("finally:", f"{step}finally:")).is_open
