"""The timers of a runner, and runs whose waits are over as soon as they begin."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from treadle.compiler import compile_text
from treadle.executor.actions.run import perform
from treadle.executor.commands import StartTimer
from treadle.executor.decide import Decision
from treadle.executor.events import ActionFinished, RetryScheduled, RunCreated, TimerFired
from treadle.executor.local.guardian import Guardian
from treadle.executor.local.journal import Journal, read
from treadle.executor.local.runner import Runner
from treadle.executor.local.surroundings import Surroundings
from treadle.executor.local.timers import Timers
from treadle.executor.ports import ActionRequest, ActionResult, Outcome
from treadle.executor.program import Program
from treadle.executor.state import Run, RunStatus
from treadle.executor.timers import later, seconds_between

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'
START = datetime(2026, 1, 1, tzinfo=UTC)
AT = START.isoformat(timespec="milliseconds")


class Clock:
    """A clock that stands still until somebody looks at its seconds: then time has passed."""

    def __init__(self, *, leap_s: float) -> None:
        self.now_s = 0.0
        self._leap_s = leap_s

    def moment(self) -> str:
        return (START + timedelta(seconds=self.now_s)).isoformat(timespec="milliseconds")

    def seconds(self) -> float:
        self.now_s += self._leap_s
        return self.now_s


def test_timers_fire_in_the_order_of_their_moments_and_not_before() -> None:
    seconds = [0.0]
    timers = Timers(clock=lambda: AT, monotonic=lambda: seconds[0])
    for address, wait in ("/late", 45.0), ("", 5.0), ("/soon", 15.0):
        timers.start(StartTimer(address=address, due=later(AT, wait)))
    assert (timers.are_of_steps, timers.wait_s(0.5), timers.wait_s(90.0)) == (True, 0.5, 5.0)
    assert timers.fired() == []
    seconds[0] = 20.0
    assert timers.wait_s(0.5) == 0.0
    assert [timer.address for timer in timers.fired()] == ["", "/soon"]
    seconds[0] = 45.0
    assert [timer.address for timer in timers.fired()] == ["/late"]
    assert (timers.wait_s(90.0), timers.fired()) == (90.0, [])


def test_the_limit_of_the_run_alone_is_no_work_to_wait_for() -> None:
    timers = Timers(clock=lambda: AT, monotonic=lambda: 0.0)
    timers.start(StartTimer(address="", due=later(AT, 60)))
    assert (timers.are_of_steps, timers.wait_s(90.0)) == (False, 60.0)
    timers.clear()
    assert timers.wait_s(90.0) == 90.0


def drive(
    text: str,
    project: Path,
    clock: Clock,
    *,
    act: Callable[[ActionRequest], ActionResult] = perform,
    watch: Callable[[Decision], None] = lambda decision: None,
) -> tuple[Run, list[object]]:
    """Drive a run with a clock, and return how it rests and its events."""
    compiled = compile_text(HEADER + text, path="flow.yml")
    assert compiled.plan is not None, compiled.diagnostics
    journal = Journal(project / "journal.db", "r1")
    runner = Runner(
        program=Program.of(compiled.plan),
        run=None,
        journal=journal,
        logs=project,
        guardian=Guardian(project / "groups"),
        surroundings=Surroundings(
            project=project,
            environment={"PATH": "/usr/bin:/bin"},
            secrets={},
            perform=act,
            clock=clock.moment,
            monotonic=clock.seconds,
            watch=watch,
            echo=lambda data: None,
        ),
    )
    begun = RunCreated(
        run_id="r1", at=AT, plan_digest=compiled.plan.digest, inputs={}, lenient=False
    )
    try:
        run = runner.drive(begun)
    finally:
        journal.close()
    return run, [event for events in read(project / "journal.db", "r1") for event in events]


def test_a_back_off_of_an_hour_is_over_when_the_clock_says_so(tmp_path: Path) -> None:
    run, events = drive(
        """
steps:
  - id: rounds
    type: do-while
    condition: "{{ true }}"
    max_iterations: 2
    steps:
      - id: each
        type: fan-out
        items: [a, b, c]
        max_concurrency: 3
        step:
          id: load
          type: shell
          run: 'test "$TREADLE_ATTEMPT" = 3'
          retry: {max_attempts: 3, delay: 3600, backoff: 2}
""",
        tmp_path,
        Clock(leap_s=3600.0),
    )
    assert run.status is RunStatus.COMPLETED
    due = {(e.address, e.attempt): e.due for e in events if isinstance(e, RetryScheduled)}
    assert len(due) == 2 * 3 * 2
    attempts = dict.fromkeys((address for address, _ in due), 1)
    for event in events:
        if isinstance(event, TimerFired):
            attempts[event.address] += 1
            assert event.at >= due[event.address, attempts[event.address]]
    assert set(attempts.values()) == {3}


def test_a_run_whose_time_is_over_ends_what_is_at_work_and_does_its_finally(
    tmp_path: Path,
) -> None:
    run, events = drive(
        """
timeout: 60
steps:
  - {id: quick, type: shell, run: 'true'}
  - {id: long, type: shell, run: sleep 600}
finally: [{id: tidy, type: shell, run: 'echo {{ context.status }}'}]
""",
        tmp_path,
        Clock(leap_s=10.0),
    )
    error = "the run has worked for 60 s and was not done [TR816]"
    assert (run.status, run.error) == (RunStatus.FAILED, error)
    output = run.occurrences["/finally/l1/tidy"].output
    assert output is not None and output["stdout"] == "failed\n"
    finished = [event.address for event in events if isinstance(event, ActionFinished)]
    assert finished[-1] == "/finally/l1/tidy"
    assert "/long" not in finished


def test_results_that_come_in_time_are_kept_when_the_time_is_over(tmp_path: Path) -> None:
    def act(request: ActionRequest) -> ActionResult:
        # It is done, although it was asked to end.
        while not request.cancellation.is_set and request.address == "/long":
            next(ticks)
        return ActionResult(outcome=Outcome.COMPLETED, output={"exit_code": 0})

    ticks: Iterator[int] = count()
    run, _ = drive(
        """
timeout: 60
outputs: {code: {value: "{{ steps.long.output.exit_code }}"}}
steps: [{id: long, type: shell, run: x}]
finally: [{id: tidy, type: shell, run: x}]
""",
        tmp_path,
        Clock(leap_s=10.0),
        act=act,
    )
    assert (run.status, run.outputs) == (RunStatus.COMPLETED, {"code": 0})
    assert run.occurrences["/finally/l1/tidy"].attempts == 1
    assert seconds_between(run.created_at, run.updated_at) >= 60.0
