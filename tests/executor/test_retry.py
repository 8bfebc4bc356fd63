"""Another attempt: which failures are worth it, when it follows, and what a resume does to it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from treadle.executor.commands import Perform, StartTimer
from treadle.executor.events import (
    ActionFinished,
    ActionStarted,
    RetryScheduled,
    RunInterrupted,
    RunResumed,
    StepStatus,
    TimerFired,
)
from treadle.executor.outcome import status_object
from treadle.executor.retry import delay_s
from treadle.executor.state import RunStatus, TryStatus
from treadle.executor.timers import seconds_between
from treadle.plan.expression import Json
from treadle.plan.steps import Retry

FETCH = """
steps:
  - id: fetch
    type: shell
    run: x
    retry: {max_attempts: 3, delay: 10, backoff: 2}
  - {id: use, type: shell, run: x}
"""


def exits(*codes: int) -> Callable[[str, int], tuple[StepStatus, Mapping[str, Json]]]:
    """Return actions that exit with these codes in turn, and then with the last one."""

    def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
        code = codes[min(attempt, len(codes)) - 1] if address == "/fetch" else 0
        status = StepStatus.FAILED if code else StepStatus.COMPLETED
        return status, {"exit_code": code, "stdout": "", "stderr": ""}

    return act


def events_of(here: Any, kind: type) -> list[Any]:
    return [event for events in here.journal for event in events if isinstance(event, kind)]


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        (Retry(max_attempts=9), [0.0, 0.0, 0.0, 0.0]),
        (Retry(max_attempts=9, delay_s=3), [3.0, 3.0, 3.0, 3.0]),
        (Retry(max_attempts=9, delay_s=1, backoff=2), [1.0, 2.0, 4.0, float("inf")]),
        (Retry(max_attempts=9, delay_s=1, backoff=2, max_delay_s=3), [1.0, 2.0, 3.0, 3.0]),
        (Retry(max_attempts=9, delay_s=0, backoff=1e308), [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_the_back_off_grows_with_the_failures_up_to_its_limit(
    retry: Retry, expected: list[float]
) -> None:
    assert [delay_s(retry, failures) for failures in (1, 2, 3, 100_000)] == expected


def test_a_failed_attempt_is_followed_by_another_one_when_it_is_due(
    world: Callable[..., Any],
) -> None:
    here = world(FETCH, exits(7, 7, 0))
    run = here.start()
    assert (run.status, here.performed) == (RunStatus.COMPLETED, [*["/fetch"] * 3, "/use"])
    ends = [e.at for e in events_of(here, ActionFinished) if e.address == "/fetch"]
    dues = [event.due for event in events_of(here, RetryScheduled)]
    assert [seconds_between(*pair) for pair in zip(ends, dues, strict=False)] == [10.0, 20.0]
    assert [event.attempt for event in events_of(here, RetryScheduled)] == [2, 3]
    tries = run.occurrences["/fetch"].tries
    assert [(t.number, t.status, t.exit_code) for t in tries] == [
        (1, TryStatus.FAILED, 7),
        (2, TryStatus.FAILED, 7),
        (3, TryStatus.COMPLETED, 0),
    ]
    shown = status_object(run, run.status)["results"]
    assert [t["number"] for t in shown["fetch"]["tries"]] == [1, 2, 3]
    assert "tries" not in shown["use"]


def test_nobody_sees_a_result_that_is_not_final(world: Callable[..., Any]) -> None:
    here = world(FETCH, exits(7))
    here.start_event()
    here.work(at_most=1)
    assert status_object(here.run, here.run.status)["results"] == {}
    assert here.run.occurrences["/fetch"].waits_for_retry
    assert [type(command) for command in here.pending] == [StartTimer]


@pytest.mark.parametrize(
    ("codes", "attempts"),
    [((75,), 3), ((1,), 1), ((75, 1), 2)],
    ids=["worth it", "not worth it", "not worth it any more"],
)
def test_only_the_exit_codes_that_are_named_are_worth_another_attempt(
    world: Callable[..., Any], codes: tuple[int, ...], attempts: int
) -> None:
    here = world(FETCH.replace("backoff: 2", "on_exit_codes: [75]"), exits(*codes))
    run = here.start()
    assert run.status is RunStatus.FAILED
    assert (here.performed, run.error) == (["/fetch"] * attempts, "exited with code 1 [TR803]")


def test_a_failure_that_is_tolerated_is_tolerated_after_the_last_attempt(
    world: Callable[..., Any],
) -> None:
    here = world(FETCH.replace("run: x\n", "run: x\n    continue_on_error: true\n", 1), exits(7))
    run = here.start()
    assert (run.status, here.performed) == (RunStatus.COMPLETED, [*["/fetch"] * 3, "/use"])


def test_an_attempt_that_was_lost_does_not_count_and_its_number_is_not_used_again(
    world: Callable[..., Any],
) -> None:
    here = world(FETCH, exits(7))
    here.start_event()
    for _ in range(3):
        here.resume_event()
    run = here.work()
    assert (run.status, len(here.performed)) == (RunStatus.FAILED, 3)
    assert [event.attempt for event in events_of(here, ActionStarted)] == [1, 2, 3, 4, 5, 6]
    assert [t.status for t in run.occurrences["/fetch"].tries] == [
        *[TryStatus.LOST] * 3,
        *[TryStatus.FAILED] * 3,
    ]


def test_a_resume_after_the_last_failure_begins_to_count_anew(world: Callable[..., Any]) -> None:
    here = world(FETCH, exits(*[7] * 5, 0))
    assert here.start().status is RunStatus.FAILED
    run = here.resume()
    assert (run.status, len(here.performed)) == (RunStatus.COMPLETED, 7)
    assert run.occurrences["/fetch"].attempts == 6


@pytest.mark.parametrize("ends", ["by a signal", "in a crash"])
def test_a_resume_in_the_middle_of_a_back_off_keeps_the_time_at_which_it_is_due(
    world: Callable[..., Any], ends: str
) -> None:
    here = world(FETCH, exits(7))
    here.start_event()
    here.work(at_most=1)
    due = here.run.occurrences["/fetch"].due
    if ends == "by a signal":
        here.happen(RunInterrupted(at=here.passing(2), reason="SIGINT"))
    decision = here.happen(RunResumed(at=here.passing(3), by=None, inputs={}, answers={}))
    assert decision.commands == (StartTimer(address="/fetch", due=due),)
    late = here.happen(RunResumed(at=here.passing(60), by=None, inputs={}, answers={}))
    assert late.commands == (Perform(address="/fetch", attempt=2),)


def test_a_clock_that_was_set_back_does_not_prolong_a_back_off(world: Callable[..., Any]) -> None:
    here = world(FETCH, exits(7))
    here.start_event()
    here.work(at_most=1)
    here.happen(RunInterrupted(at=here.passing(2), reason="SIGINT"))
    resumed = RunResumed(at=here.passing(-3600), by=None, inputs={}, answers={})
    (timer,) = here.happen(resumed).commands
    assert isinstance(timer, StartTimer)
    assert seconds_between(resumed.at, timer.due) == 10
    here.happen(TimerFired(at=here.passing(10), address="/fetch"))
    assert here.run.occurrences["/fetch"].attempts == 2


def test_a_timer_that_nobody_waits_for_cannot_fire(world: Callable[..., Any]) -> None:
    here = world(FETCH, exits(7))
    here.start_event()
    with pytest.raises(ValueError, match="does not wait"):
        here.happen(TimerFired(at=here.now(), address="/fetch"))


def test_a_failed_attempt_gives_no_second_result(world: Callable[..., Any]) -> None:
    here = world(FETCH, exits(7))
    here.start_event()
    here.work(at_most=1)
    with pytest.raises(ValueError, match="not in flight"):
        here.happen(here.journal[-1][0])


def test_items_of_a_fan_out_in_a_loop_wait_side_by_side(world: Callable[..., Any]) -> None:
    text = """
steps:
  - id: rounds
    type: do-while
    condition: "{{ true }}"
    max_iterations: 2
    steps:
      - id: each
        type: fan-out
        items: [a, b, c]
        max_concurrency: 2
        step: {id: load, type: shell, run: x, retry: {max_attempts: 2, delay: 5}}
"""

    def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
        fails = attempt == 1 and "/i2/" not in address
        return (StepStatus.FAILED if fails else StepStatus.COMPLETED), {"exit_code": int(fails)}

    here = world(text, act)
    run = here.start()
    loads = [f"/rounds/r{n}/each/i{i}/load" for n in (1, 2) for i in (0, 1, 0, 1, 2)]
    assert (run.status, here.performed) == (RunStatus.COMPLETED, loads)
    assert seconds_between(run.created_at, run.updated_at) < 2 * (5 + 1)
