"""Gates: every row of the table, verdicts in loops, answers with who and when."""

from collections.abc import Callable
from typing import Any

import pytest

from treadle.executor.events import StepStatus
from treadle.executor.state import RunStatus
from treadle.plan.expression import Json

GATE = """
inputs: {{verdict: {{type: string, default: ""}}}}
steps:
  - {{id: ask, type: gate, message: "Ship?", options: [approve, edit, reject],
      on_reject: {on_reject}, verdict_input: verdict{more}}}
"""
LOOP = """
inputs: {verdict: {type: string, default: ""}}
steps:
  - id: refine
    type: do-while
    condition: "{{ steps.review.output.choice == 'edit' }}"
    max_iterations: 5
    steps:
      - {id: draft, type: shell, run: draft}
      - {id: review, type: gate, message: "Fine?", options: [approve, edit, reject],
         verdict_input: verdict}
"""


@pytest.mark.parametrize(
    ("on_reject", "verdict", "run_status", "record", "choice"),
    [
        ("abort", "", RunStatus.PAUSED, StepStatus.PAUSED, None),
        ("abort", "APPROVE", RunStatus.COMPLETED, StepStatus.COMPLETED, "approve"),
        ("abort", "reject", RunStatus.ABORTED, StepStatus.FAILED, "reject"),
        ("skip", "reject", RunStatus.COMPLETED, StepStatus.COMPLETED, "reject"),
        ("retry", "reject", RunStatus.PAUSED, StepStatus.PAUSED, "reject"),
        ("abort", "perhaps", RunStatus.FAILED, StepStatus.FAILED, None),
    ],
)
def test_a_verdict_does_what_the_table_says(
    world: Callable[..., Any],
    on_reject: str,
    verdict: str,
    run_status: RunStatus,
    record: StepStatus,
    choice: str | None,
) -> None:
    here = world(GATE.format(on_reject=on_reject, more=""))
    run = here.start(verdict=verdict)
    gate = run.occurrences["/ask"]
    assert (run.status, gate.status, (gate.output or {})["choice"]) == (run_status, record, choice)


def test_a_retry_empties_its_verdict_input(world: Callable[..., Any]) -> None:
    here = world(GATE.format(on_reject="retry", more=""))
    assert here.start(verdict="reject").inputs == {"verdict": ""}
    assert here.resume(verdict="approve").status is RunStatus.COMPLETED


def test_a_verdict_that_matches_nothing_can_be_tolerated(world: Callable[..., Any]) -> None:
    here = world(GATE.format(on_reject="abort", more=", continue_on_error: true"))
    run = here.start(verdict="perhaps")
    assert (run.status, run.occurrences["/ask"].status) == (
        RunStatus.COMPLETED,
        StepStatus.FAILED,
    )


def test_an_answer_wins_over_the_verdict_and_never_writes_inputs(
    world: Callable[..., Any],
) -> None:
    here = world(GATE.format(on_reject="abort", more=""))
    here.start(verdict="")
    run = here.resume(answers={"/ask": "edit"}, verdict="approve")
    output = run.occurrences["/ask"].output or {}
    assert (run.status, output["choice"], run.inputs) == (
        RunStatus.COMPLETED,
        "edit",
        {"verdict": "approve"},
    )
    assert (output["by"], output["comment"]) == ("bo", None)


def test_in_a_loop_each_round_asks_anew(world: Callable[..., Any]) -> None:
    here = world(LOOP)
    here.start(verdict="")
    run = here.resume(verdict="edit")
    assert run.status is RunStatus.PAUSED
    assert (run.occurrences["/refine/r1/review"].output or {})["choice"] == "edit"
    assert (run.occurrences["/refine/r2/review"].output or {})["choice"] is None
    assert here.resume().status is RunStatus.PAUSED
    assert here.resume(verdict="edit").status is RunStatus.PAUSED
    run = here.resume(verdict="approve")
    assert (run.status, here.performed) == (
        RunStatus.COMPLETED,
        ["/refine/r1/draft", "/refine/r2/draft", "/refine/r3/draft"],
    )


def test_a_default_verdict_answers_the_first_round_only(world: Callable[..., Any]) -> None:
    here = world(LOOP.replace('default: ""', "default: edit"))
    run = here.start(verdict="edit")
    assert run.status is RunStatus.PAUSED
    assert list(here.performed) == ["/refine/r1/draft", "/refine/r2/draft"]


def test_outside_loops_one_verdict_decides_two_gates(world: Callable[..., Any]) -> None:
    here = world(
        """
inputs: {verdict: {type: string, default: ""}}
steps:
  - {id: one, type: gate, message: a, verdict_input: verdict}
  - {id: two, type: gate, message: b, verdict_input: verdict}
"""
    )
    assert here.start(verdict="approve").status is RunStatus.COMPLETED


@pytest.mark.parametrize("value", [False, 0, 3, ["approve"]])
def test_a_verdict_that_is_not_text_fails_the_gate(world: Callable[..., Any], value: Json) -> None:
    here = world(GATE.format(on_reject="abort", more=""))
    run = here.start(verdict=value)
    assert (run.status, run.occurrences["/ask"].status) == (RunStatus.FAILED, StepStatus.FAILED)


def test_a_gate_with_a_rendered_message_keeps_its_type(world: Callable[..., Any]) -> None:
    here = world(
        "inputs: {build: {type: number, default: 1}}\n"
        'steps: [{id: ask, type: gate, message: "{{ inputs.build }}"}]'
    )
    run = here.start(build=4711)
    assert (run.occurrences["/ask"].output or {})["message"] == 4711
