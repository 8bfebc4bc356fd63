"""Gates: every row of the table, verdicts in loops, answers with who and when."""

from collections.abc import Callable
from typing import Any

import pytest

from treadle.executor.events import StepStatus
from treadle.executor.outcome import run_object
from treadle.executor.state import RunStatus
from treadle.executor.timers import seconds_between
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


TIMED = """
steps:
  - {id: ask, type: gate, message: "Ship?", timeout: 3600}
  - {id: ship, type: shell, run: x}
"""


def deadline(here: Any, address: str) -> float:
    """Return how long after the latest event a gate waits. Units: seconds."""
    due = here.run.occurrences[address].due
    assert due is not None
    return seconds_between(here.run.updated_at, due)


def test_a_deadline_stands_in_the_event_and_is_not_moved_by_a_resume(
    world: Callable[..., Any],
) -> None:
    here = world(TIMED)
    run = here.start()
    assert (run.status, deadline(here, "/ask")) == (RunStatus.PAUSED, 3600.0)
    here.passing(600)
    assert here.resume().status is RunStatus.PAUSED
    assert round(deadline(here, "/ask")) == 3000
    assert run_object(run, run.status)["gate"]["due"] == here.run.occurrences["/ask"].due
    assert here.resume({"/ask": "approve"}).status is RunStatus.COMPLETED
    assert here.run.occurrences["/ask"].due is None


def test_a_gate_that_nobody_answers_in_time_aborts_the_run(world: Callable[..., Any]) -> None:
    here = world(TIMED)
    here.start()
    here.passing(3600)
    run = here.resume({"/ask": "approve"})
    error = "gate 'ask' was not answered within 3600 s [TR818]"
    assert (run.status, run.error) == (RunStatus.ABORTED, error)
    output = run.occurrences["/ask"].output
    assert (output["choice"], output["by"], output["aborted"]) == (None, "timeout", True)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("on_timeout: {choose: approve}", (RunStatus.COMPLETED, "approve")),
        ("on_timeout: {choose: reject}", (RunStatus.ABORTED, "reject")),
        ("on_timeout: {choose: reject}, on_reject: skip", (RunStatus.COMPLETED, "reject")),
        ("on_timeout: {choose: reject}, on_reject: retry", (RunStatus.PAUSED, "reject")),
    ],
)
def test_an_option_that_is_chosen_by_the_time_counts_as_an_answer(
    world: Callable[..., Any], keys: str, expected: tuple[RunStatus, str]
) -> None:
    here = world(TIMED.replace("timeout: 3600", f"timeout: 3600, {keys}"))
    here.start()
    here.passing(3600)
    run = here.resume()
    output = run.occurrences["/ask"].output
    assert (run.status, output["choice"], output["by"]) == (*expected, "timeout")


def test_a_gate_that_asks_again_has_a_new_deadline(world: Callable[..., Any]) -> None:
    here = world(TIMED.replace("timeout: 3600", "timeout: 3600, on_reject: retry"))
    here.start()
    here.passing(3000)
    assert here.resume({"/ask": "reject"}).status is RunStatus.PAUSED
    assert deadline(here, "/ask") == 3600.0
    here.passing(3000)
    assert here.resume({"/ask": "approve"}).status is RunStatus.COMPLETED


def test_each_item_of_a_fan_out_has_a_deadline_of_its_own(world: Callable[..., Any]) -> None:
    here = world(
        """
steps:
  - id: each
    type: fan-out
    items: [1, 2]
    max_concurrency: 1
    step: {id: ask, type: gate, message: "Ship?", timeout: 3600}
"""
    )
    here.start()
    here.passing(1800)
    here.resume({"/each/i0/ask": "approve"})
    assert (here.run.status, deadline(here, "/each/i1/ask")) == (RunStatus.PAUSED, 3600.0)
    here.passing(1800)
    assert here.resume().status is RunStatus.PAUSED
    here.passing(1800)
    assert here.resume().status is RunStatus.ABORTED
