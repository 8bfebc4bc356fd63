"""Who reads what of whom, and what has certainly run."""

import pytest

from treadle.compiler.diagnostics import Report
from treadle.compiler.flows.certainty import doubts, halts
from treadle.compiler.flows.flow import Flow, read_flow
from treadle.compiler.reading import document
from treadle.compiler.shapes import shape
from treadle.compiler.workflow import read_workflow

HEAD = """
workflow: {id: probe, name: Probe}
inputs: {x: {type: boolean, default: true}, v: {type: string, default: a}}
steps:
"""
PICK = """
  - id: pick
    type: if
    condition: "{{ inputs.x }}"
    then: [{id: a, type: shell, run: make}]
    else: [{id: b, type: shell, run: %s}]
  - {id: c, type: shell, run: "echo {{ steps.a.output.stdout }}"}
"""


def flow_of(steps: str) -> Flow:
    report = Report()
    loaded = document.load((HEAD + steps).encode(), path="flow.yml", report=report)
    assert loaded is not None
    checked = shape.check(loaded, report)
    return read_flow(read_workflow(checked, report), report)


def test_a_read_names_its_step_and_its_fields() -> None:
    flow = flow_of(PICK % "make")
    assert [("a", ("output", "stdout"))] == [(r.target.step.id, r.path) for r in flow.reads]
    assert [False, True, False, False] == [
        flow.is_read(declared) for declared in flow.workflow.names.declarations
    ]


def test_an_awaited_step_counts_as_read() -> None:
    flow = flow_of("  - {id: a, type: shell, run: ls}\n  - {id: j, type: fan-in, wait_for: [a]}")
    assert [("j", "a")] == [(wait.fan_in.id, wait.target.id) for wait in flow.waits]
    assert [True, False] == [flow.is_read(each) for each in flow.workflow.names.declarations]


@pytest.mark.parametrize(
    "expression",
    [
        "steps[inputs.v].status",
        "steps | to_json",
        "steps.",
        "steps.nobody.status",
        "step.a.status",
        "a.status",
    ],
)
def test_what_cannot_be_known_leaves_nothing_unread(expression: str) -> None:
    flow = flow_of(f'  - {{id: a, type: shell, run: "{{{{ {expression} }}}}"}}')
    assert flow.is_open
    assert all(flow.is_read(each) for each in flow.workflow.names.declarations)


def test_a_step_in_a_branch_is_in_doubt_outside_of_it() -> None:
    flow = flow_of(PICK % "make")
    pick, a, _, c = flow.workflow.names.declarations
    assert [(pick, "then")] == [(d.fork, d.segment) for d in doubts(a, reader=c, flow=flow)]
    assert () == doubts(a, reader=a, flow=flow)
    assert () == doubts(pick, reader=c, flow=flow)


def test_a_step_is_in_no_doubt_when_all_other_branches_end_the_run() -> None:
    flow = flow_of(PICK % '"echo no; exit 1"')
    _, a, _, c = flow.workflow.names.declarations
    assert () == doubts(a, reader=c, flow=flow)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 1", True),
        ("'false'", True),
        ("|-\n      echo one\n      printf '%s' \"$X\" >&2\n      exit 64", True),
        ("echo done && exit 1", True),
        ("exit 0", False),
        ("echo a || exit 1", False),
        ("test -f x || exit 1", False),
        ("make; exit 1", False),
        ("echo $(exit 0); exit 1", False),
        ("exit $CODE", False),
    ],
)
def test_a_script_that_can_only_fail_ends_the_run(script: str, expected: bool) -> None:
    flow = flow_of(f"  - id: a\n    type: shell\n    run: {script}")
    step = flow.step(flow.workflow.names.declarations[0])
    assert step is not None
    assert expected is halts(step)
