"""How a run ends: finally in every ending, its legs, the run's time limit, cancellation."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from treadle.executor.commands import StartTimer
from treadle.executor.events import (
    CancelRequested,
    ClosingStarted,
    Ending,
    RunCancelled,
    RunInterrupted,
    RunResumed,
    RunTimedOut,
    StepStatus,
)
from treadle.executor.outcome import run_object, status_object
from treadle.executor.replay import replay
from treadle.executor.state import RunStatus
from treadle.executor.timers import seconds_between
from treadle.plan.expression import Json

FLOW = """
outputs: {built: {value: "{{ steps.build.output.exit_code }}"}}
steps:
  - {id: build, type: shell, run: x}
  - {id: ask, type: gate, message: "Ship?"}
finally:
  - {id: tidy, type: shell, run: "tidy after {{ context.status }}"}
  - {id: tell, type: shell, run: x}
"""


def ending(here: Any) -> tuple[str, Ending]:
    """Return the last leg with the status that it had in sight."""
    (started, *_) = [
        event
        for events in reversed(here.journal)
        for event in events
        if isinstance(event, ClosingStarted)
    ]
    return f"l{started.leg}", started.status


@pytest.mark.parametrize(
    ("fails", "answer", "expected"),
    [
        ((), "approve", RunStatus.COMPLETED),
        ((), "reject", RunStatus.ABORTED),
        (("/build",), None, RunStatus.FAILED),
    ],
)
def test_finally_runs_at_every_end_with_the_status_that_the_run_will_have(
    world: Callable[..., Any],
    fails_at: Callable[..., Any],
    fails: tuple[str, ...],
    answer: str | None,
    expected: RunStatus,
) -> None:
    here = world(FLOW, fails_at(*fails))
    run = here.start()
    if answer is not None:
        assert (run.status, run.legs) == (RunStatus.PAUSED, 0)
        run = here.resume({"/ask": answer})
    assert (run.status, ending(here)) == (expected, ("l1", Ending(expected.value)))
    assert here.performed == ["/build", "/finally/l1/tidy", "/finally/l1/tell"]
    shown = status_object(run, run.status)
    assert (shown["steps"]["tidy"], shown["steps"]["tell"]) == ("completed", "completed")
    assert shown["current_step_index"] in (0, 1)


def test_the_status_can_be_read_inside_finally_only(world: Callable[..., Any]) -> None:
    here = world(
        """
steps:
  - {id: a, type: shell, run: x}
finally:
  - id: pick
    type: switch
    expression: "{{ context.status }}"
    cases: {completed: [{id: good, type: shell, run: x}]}
"""
    )
    assert here.start().status is RunStatus.COMPLETED
    assert here.performed == ["/a", "/finally/l1/pick/case:completed/good"]


def test_outputs_are_computed_before_finally_and_told_after_it(world: Callable[..., Any]) -> None:
    here = world(FLOW)
    here.start()
    here.resume_event({"/ask": "approve"})
    assert (here.run.outputs, here.run.closing.outputs) == (None, {"built": 0})
    assert here.work().outputs == {"built": 0}


def test_a_failure_in_finally_makes_a_completed_run_fail_and_a_resume_does_the_leg_anew(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(FLOW, fails_at("/finally/l1/tidy"))
    here.start()
    run = here.resume({"/ask": "approve"})
    assert (run.status, run.error) == (RunStatus.FAILED, "exited with code 1 [TR803]")
    assert here.performed[-1] == "/finally/l1/tidy"
    run = here.resume()
    assert (run.status, ending(here)) == (RunStatus.COMPLETED, ("l2", Ending.COMPLETED))
    assert here.performed[-2:] == ["/finally/l2/tidy", "/finally/l2/tell"]
    assert status_object(run, run.status)["results"]["tidy"]["address"] == "/finally/l2/tidy"


def test_a_failure_in_finally_changes_nothing_else(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(FLOW, fails_at("/finally/l1/tidy"))
    here.start()
    run = here.resume({"/ask": "reject"})
    assert (run.status, run.error) == (RunStatus.ABORTED, "rejected at gate 'ask' [TR811]")
    assert run_object(run, run.status)["current_step_id"] == "ask"


def test_a_failed_run_goes_on_where_it_failed_and_ends_in_another_leg(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(FLOW, fails_at("/build"))
    assert here.start().status is RunStatus.FAILED
    assert here.resume().status is RunStatus.PAUSED
    assert here.resume({"/ask": "approve"}).status is RunStatus.COMPLETED
    assert here.performed == [
        *("/build", "/finally/l1/tidy", "/finally/l1/tell"),
        *("/build", "/finally/l2/tidy", "/finally/l2/tell"),
    ]


@pytest.mark.parametrize("ends", ["by a signal", "in a crash"])
def test_a_resume_inside_finally_goes_on_at_the_step_where_it_stands(
    world: Callable[..., Any], fails_at: Callable[..., Any], ends: str
) -> None:
    here = world(FLOW, fails_at("/build"))
    here.start_event()
    here.work(at_most=2)
    if ends == "by a signal":
        here.happen(RunInterrupted(at=here.now(), reason="SIGTERM"))
        assert (here.run.status, here.run.current) == (RunStatus.PAUSED, "tell")
    run = here.resume()
    assert (run.status, run.legs, run.error) == (RunStatus.FAILED, 1, "exited with code 1 [TR803]")
    assert here.performed == ["/build", "/finally/l1/tidy", "/finally/l1/tell"]


def test_a_run_that_has_used_up_its_time_fails_and_begins_anew_when_resumed(
    world: Callable[..., Any],
) -> None:
    here = world("timeout: 60\n" + FLOW)
    here.start_event()
    (timer, _) = here.pending
    assert isinstance(timer, StartTimer)
    assert (timer.address, seconds_between(here.run.created_at, timer.due)) == ("", 60.0)
    here.pending.clear()
    here.happen(RunTimedOut(at=timer.due))
    run = here.work()
    assert (run.status, run.error) == (
        RunStatus.FAILED,
        "the run has worked for 60 s and was not done [TR816]",
    )
    assert here.performed == ["/finally/l1/tidy", "/finally/l1/tell"]
    decision = here.happen(RunResumed(at=here.passing(900), by=None, inputs={}, answers={}))
    assert seconds_between(decision.events[0].at, decision.commands[0].due) == 60.0
    assert run_object(run, run.status)["current_step_id"] == "build"


def test_pauses_take_nothing_of_the_time_that_a_run_has(world: Callable[..., Any]) -> None:
    here = world("timeout: 60\n" + FLOW)
    here.start_event()
    here.passing(20)
    here.work()
    decision = here.happen(RunResumed(at=here.passing(7200), by=None, inputs={}, answers={}))
    left = seconds_between(decision.events[0].at, decision.commands[0].due)
    assert (here.run.status, round(left)) == (RunStatus.PAUSED, 40)


def test_finally_has_no_time_limit_of_its_own(world: Callable[..., Any]) -> None:
    here = world("timeout: 60\n" + FLOW)
    here.start()
    here.resume_event({"/ask": "approve"})
    decision = here.happen(RunResumed(at=here.now(), by=None, inputs={}, answers={}))
    assert [type(command).__name__ for command in decision.commands] == ["Perform"]
    with pytest.raises(ValueError, match="cannot end in this way"):
        here.happen(RunTimedOut(at=here.now()))


@pytest.mark.parametrize("state", ["at work", "paused", "failed"])
def test_a_run_that_has_not_ended_can_be_cancelled(
    world: Callable[..., Any], fails_at: Callable[..., Any], state: str
) -> None:
    here = world(FLOW, fails_at(*(["/build"] if state == "failed" else [])))
    here.start_event()
    if state != "at work":
        here.work()
    here.pending.clear()
    here.happen(CancelRequested(at=here.now(), by="ann", reason="too late"))
    run = here.work()
    assert (run.status, run.error) == (RunStatus.CANCELLED, "cancelled by ann: too late [TR819]")
    assert ending(here) == ("l2" if state == "failed" else "l1", Ending.CANCELLED)
    assert not run.status.is_resumable
    assert replay(here.program, here.journal) == run


def test_a_cancellation_inside_finally_ends_the_run_at_once(world: Callable[..., Any]) -> None:
    here = world(FLOW)
    here.start()
    here.resume_event({"/ask": "approve"})
    decision = here.happen(CancelRequested(at=here.now(), by=None))
    assert decision.events[1:] == (RunCancelled(error="cancelled [TR819]"),)
    assert (here.run.status, decision.commands) == (RunStatus.CANCELLED, ())


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_what_has_ended_cannot_be_cancelled(world: Callable[..., Any], answer: str) -> None:
    here = world(FLOW)
    here.start()
    here.resume({"/ask": answer})
    with pytest.raises(ValueError, match="cannot end in this way"):
        here.happen(CancelRequested(at=here.now(), by=None))


LOOP = """
steps:
  - id: poll
    type: while
    condition: "{{ true }}"
    max_iterations: 2
    on_limit: fail
    steps: [{id: look, type: shell, run: x}]
  - {id: after, type: shell, run: x}
"""


def test_a_loop_that_may_not_hit_its_cap_fails_there(world: Callable[..., Any]) -> None:
    here = world(LOOP)
    run = here.start()
    assert (run.status, run.error) == (
        RunStatus.FAILED,
        "the loop would go on after its limit of 2 rounds [TR817]",
    )
    output = run.occurrences["/poll"].output
    assert output is not None
    assert (output["iterations"], output["limit_reached"]) == (2, True)
    assert here.resume().status is RunStatus.FAILED
    assert here.performed == ["/poll/r1/look", "/poll/r2/look"]


def test_a_loop_at_its_cap_can_be_tolerated(world: Callable[..., Any]) -> None:
    here = world(LOOP.replace("on_limit: fail", "on_limit: fail\n    continue_on_error: true"))
    assert here.start().status is RunStatus.COMPLETED
    assert here.performed[-1] == "/after"


def test_a_fan_out_inside_finally_has_its_names_and_its_retries(
    world: Callable[..., Any],
) -> None:
    def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
        fails = attempt == 1 and address.startswith("/finally/")
        return (StepStatus.FAILED if fails else StepStatus.COMPLETED), {"exit_code": int(fails)}

    here = world(
        """
steps: [{id: a, type: shell, run: x}]
finally:
  - id: each
    type: fan-out
    items: [1, 2]
    step: {id: drop, type: shell, run: x, retry: {max_attempts: 2, delay: 1}}
""",
        act,
    )
    run = here.start()
    assert run.status is RunStatus.COMPLETED
    assert list(status_object(run, run.status)["results"]) == [
        "a",
        "each",
        "each:drop:0",
        "each:drop:1",
    ]
