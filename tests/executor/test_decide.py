"""What is decided: the order of steps, branches, rounds and items, halting and resuming."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from treadle.executor.address import ROOT
from treadle.executor.commands import Continue
from treadle.executor.decide import MAX_DECISIONS
from treadle.executor.events import (
    PutOff,
    RunCreated,
    RunInterrupted,
    RunResumed,
    StepStatus,
)
from treadle.executor.open_steps import open_gates
from treadle.executor.outcome import run_object, status_object
from treadle.executor.state import Run, RunStatus
from treadle.plan.expression import Json

NESTED = """
inputs:
  rows: {type: array, items: {type: string}, default: [a, b, c]}
steps:
  - id: guard
    type: if
    condition: "{{ inputs.rows | length > 0 }}"
    then:
      - id: rounds
        type: while
        condition: "{{ true }}"
        max_iterations: 2
        steps:
          - {id: prepare, type: shell, run: prepare}
          - id: each
            type: fan-out
            items: "{{ inputs.rows }}"
            max_concurrency: 2
            step: {id: load, type: shell, run: "load {{ item }}"}
  - {id: finish, type: shell, run: finish}
"""

ROWS: list[Json] = ["a", "b", "c"]


def statuses(run: Run) -> Mapping[str, Any]:
    return status_object(run, run.status)["steps"]  # type: ignore[no-any-return]  # JSON data


def test_steps_run_in_order_to_the_end(world: Callable[..., Any]) -> None:
    here = world("steps: [{id: a, type: shell, run: x}, {id: b, type: shell, run: x}]")
    run = here.start()
    assert (run.status, here.performed) == (RunStatus.COMPLETED, ["/a", "/b"])


def test_a_failed_step_ends_the_run_and_nothing_after_it_runs(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(
        "steps: [{id: a, type: shell, run: x}, {id: b, type: shell, run: x}]", fails_at("/a")
    )
    run = here.start()
    assert (run.status, run.error) == (RunStatus.FAILED, "exited with code 1 [TR803]")
    assert here.performed == ["/a"]
    assert run_object(run, run.status)["current_step_id"] == "a"


def test_a_tolerated_failure_keeps_its_record_and_goes_on(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(
        "steps: [{id: a, type: shell, run: x, continue_on_error: true},"
        " {id: b, type: shell, run: x}]",
        fails_at("/a"),
    )
    run = here.start()
    assert (run.status, dict(statuses(run))) == (
        RunStatus.COMPLETED,
        {"a": "failed", "b": "completed"},
    )


def test_a_nested_failure_resumes_at_exactly_the_occurrence_that_failed(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    failing = "/guard/then/rounds/r2/each/i1/load"
    here = world(NESTED, fails_at(failing))
    run = here.start(rows=ROWS)
    assert run.status is RunStatus.FAILED
    before = here.performed[:]
    finished = {address: run.occurrences[address] for address in before if address != failing}
    here.performed.clear()
    run = here.resume(rows=["other"])
    assert run.status is RunStatus.COMPLETED
    assert here.performed == [failing, "/finish"]
    assert {address: run.occurrences[address] for address in finished} == finished


def test_items_that_were_in_flight_at_a_halt_keep_their_results(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(
        "steps: [{id: f, type: fan-out, items: [1, 2, 3, 4], max_concurrency: 3,"
        " step: {id: t, type: shell, run: x}}]",
        fails_at("/f/i0/t"),
    )
    run = here.start()
    assert dict(statuses(run)) == {
        "f:t:0": "failed",
        "f:t:1": "completed",
        "f:t:2": "completed",
        "f": "completed",
    }
    output = run.occurrences["/f"].output
    assert output is not None and len(output["results"]) == 1
    here.performed.clear()
    assert here.resume().status is RunStatus.COMPLETED
    assert here.performed == ["/f/i0/t", "/f/i3/t"]


def test_never_more_items_are_in_flight_than_allowed(world: Callable[..., Any]) -> None:
    here = world(
        "steps: [{id: f, type: fan-out, items: [1, 2, 3, 4, 5], max_concurrency: 2,"
        " step: {id: t, type: shell, run: x}}]"
    )
    seen: list[int] = []

    def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
        seen.append(len(here.pending) + 1)
        return StepStatus.COMPLETED, {"exit_code": 0, "stdout": "", "stderr": ""}

    here.act = act
    assert here.start().status is RunStatus.COMPLETED
    assert max(seen) == 2
    assert len(seen) == 5


def test_a_branch_that_was_taken_stays_taken(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(
        """
inputs: {engine: {type: string, default: mysql}}
steps:
  - id: pick
    type: if
    condition: "{{ inputs.engine == 'mysql' }}"
    then: [{id: use-mysql, type: shell, run: x}]
    else: [{id: use-sqlite, type: shell, run: x}]
""",
        fails_at("/pick/then/use-mysql"),
    )
    here.start(engine="mysql")
    run = here.resume(engine="sqlite")
    assert (run.status, here.performed) == (RunStatus.COMPLETED, ["/pick/then/use-mysql"] * 2)


def test_a_retried_step_reads_what_it_read_the_first_time(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(
        """
steps:
  - id: twice
    type: do-while
    condition: "{{ true }}"
    max_iterations: 2
    steps:
      - {id: a, type: shell, run: "x {{ steps.a.output.stdout | default('none') }}"}
""",
        fails_at("/twice/r2/a"),
    )
    run = here.start()
    scope = run.scopes[ROOT]
    assert scope.names["a"] == "/twice/r2/a"
    here.pending.clear()
    here.happen(RunResumed(at=here.now(), by=None, inputs={}, answers={}))
    assert here.run.scopes[ROOT].names["a"] == "/twice/r1/a"
    assert here.work().status is RunStatus.COMPLETED


def test_an_empty_body_does_nothing_whatever_its_cap(world: Callable[..., Any]) -> None:
    here = world(
        "steps: [{id: loop, type: while, condition: true, max_iterations: 1000000000, steps: []}]"
    )
    run = here.start()
    assert run.status is RunStatus.COMPLETED
    assert run.occurrences["/loop"].output == {
        "max_iterations": 1000000000,
        "loop_type": "while",
        "condition_result": True,
        "iterations": 0,
        "limit_reached": False,
    }


def test_a_loop_without_actions_is_put_off_after_a_thousand_decisions(
    world: Callable[..., Any],
) -> None:
    here = world(
        "steps: [{id: loop, type: while, condition: true, max_iterations: 1000000000,"
        " steps: [{id: s, type: slot, name: later}]}]"
    )
    decision = here.happen(
        RunCreated(
            run_id="r1",
            at=here.now(),
            plan_digest=here.program.plan.digest,
            inputs={},
            lenient=False,
        )
    )
    assert decision.commands == (Continue(),)
    assert isinstance(decision.events[-1], PutOff)
    here.work(at_most=3)
    assert len(here.journal) == 4
    assert here.run.occurrences["/loop"].rounds > MAX_DECISIONS
    here.happen(RunInterrupted(at=here.now(), reason="SIGINT"))
    assert here.run.status is RunStatus.PAUSED
    rounds = here.run.occurrences["/loop"].rounds
    here.pending.clear()
    here.happen(RunResumed(at=here.now(), by=None, inputs={}, answers={}))
    assert here.run.occurrences["/loop"].rounds > rounds


def test_an_expression_that_fails_is_a_failed_step_that_can_be_tolerated(
    world: Callable[..., Any],
) -> None:
    here = world(
        """
inputs: {text: {type: string, default: "not json"}}
steps:
  - {id: f, type: fan-out, items: "{{ inputs.text | from_json }}", continue_on_error: true,
     step: {id: t, type: shell, run: x}}
  - {id: after, type: shell, run: x}
"""
    )
    run = here.start(text="not json")
    assert (run.status, dict(statuses(run))) == (
        RunStatus.COMPLETED,
        {"f": "failed", "after": "completed"},
    )
    assert "[TR801]" in str(run.occurrences["/f"].error)


@pytest.mark.parametrize("lenient", [False, True])
def test_an_output_that_cannot_be_computed_is_named_and_null_under_the_rules_of_spec_kit(
    world: Callable[..., Any], lenient: bool
) -> None:
    here = world(
        """
inputs: {text: {type: string, default: "not json"}}
steps: [{id: a, type: shell, run: x}]
outputs: {good: {value: 1}, bad: {value: "{{ inputs.text | from_json }}"}}
"""
    )
    here.start_event(text="not json")
    here.run = replace(here.run, lenient=lenient)
    run = here.work()
    if lenient:
        assert (run.status, run.outputs) == (RunStatus.COMPLETED, {"good": 1, "bad": None})
    else:
        assert (run.status, run.outputs) == (RunStatus.FAILED, None)
        assert str(run.error).startswith("output 'bad': ") and "[TR801]" in str(run.error)


def test_a_step_whose_if_is_false_is_skipped(world: Callable[..., Any]) -> None:
    here = world(
        """
inputs: {go: {type: boolean, default: false}}
steps:
  - {id: a, type: shell, run: x, if: "{{ inputs.go }}"}
  - {id: j, type: fan-in, wait_for: [a]}
  - {id: f, type: fan-out, items: [1], step: {id: t, type: shell, run: x, if: "{{ inputs.go }}"}}
"""
    )
    run = here.start(go=False)
    assert here.performed == []
    assert dict(statuses(run)) == {
        "a": "skipped",
        "j": "completed",
        "f:t:0": "skipped",
        "f": "completed",
    }
    assert run.occurrences["/j"].output == {"results": [{}]}
    output = run.occurrences["/f"].output
    assert output is not None and output["results"] == [None]


@pytest.mark.parametrize(("stop", "expected"), [("confirm", ["/guard/then/confirm"]), ("none", [])])
def test_open_gates_are_found_at_any_depth(
    world: Callable[..., Any], stop: str, expected: list[str]
) -> None:
    here = world(
        f"""
steps:
  - id: guard
    type: if
    condition: "{{{{ '{stop}' == 'confirm' }}}}"
    then: [{{id: confirm, type: gate, message: "Go?"}}]
"""
    )
    assert [gate.address for gate in open_gates(here.start())] == expected
