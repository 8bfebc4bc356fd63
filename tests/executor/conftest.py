"""A world for the core: plans out of text, actions that do what a script says, no processes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from treadle.compiler import compile_text
from treadle.executor.call_events import CallResolved
from treadle.executor.commands import Command, Continue, ResolveCall, StartTimer
from treadle.executor.decide import Decision, decide
from treadle.executor.events import (
    ActionFinished,
    Answer,
    Continued,
    Event,
    OutsideEvent,
    RunCreated,
    RunResumed,
    StepStatus,
    TimerFired,
)
from treadle.executor.program import Program
from treadle.executor.state import Run
from treadle.plan.expression import Json
from treadle.plan.plan import Plan

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'

Act = Callable[[str, int], tuple[StepStatus, Mapping[str, Json]]]


def succeed(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
    return StepStatus.COMPLETED, {"exit_code": 0, "stdout": "", "stderr": ""}


@dataclass
class World:
    """One run in memory.

    `act` is told an action's address and the how-manieth result it is to give.
    `journal` holds the transactions; `performed` the actions that came to an end, in order;
    `plans` those of the workflows that expressions can name.
    A step's timer fires when its turn comes, and the clock is set to it; the run's never does.
    """

    program: Program
    act: Act = succeed
    run: Run | None = None
    journal: list[tuple[Event, ...]] = field(default_factory=list)
    performed: list[str] = field(default_factory=list)
    pending: list[Command] = field(default_factory=list)
    plans: dict[str, Plan] = field(default_factory=dict)
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> str:
        return self.passing(0.001)

    def passing(self, seconds: float) -> str:
        """Let time pass, and return the moment then."""
        self.moment += timedelta(seconds=seconds)
        return self.moment.isoformat(timespec="milliseconds")

    def happen(self, event: OutsideEvent) -> Decision:
        decision = decide(self.program, self.run, event)
        self.run = decision.run
        self.journal.append(decision.events)
        self.pending.extend(decision.commands)
        return decision

    def start(self, **inputs: Json) -> Run:
        self.start_event(**inputs)
        return self.work()

    def start_event(self, **inputs: Json) -> None:
        """Begin the run, and leave its first actions in flight."""
        self.happen(
            RunCreated(
                run_id="r1",
                at=self.now(),
                plan_digest=self.program.plan.digest,
                inputs=inputs,
                lenient=False,
                started_by="ann",
            )
        )

    def resume(self, answers: Mapping[str, str] | None = None, **inputs: Json) -> Run:
        self.resume_event(answers, **inputs)
        return self.work()

    def resume_event(self, answers: Mapping[str, str] | None = None, **inputs: Json) -> None:
        """Resume the run; what was in flight before is lost."""
        at = self.now()
        given = {
            address: Answer(choice=choice, by="bo", at=at)
            for address, choice in (answers or {}).items()
        }
        self.pending.clear()
        self.happen(RunResumed(at=at, by="bo", inputs=inputs, answers=given))

    def work(self, *, at_most: int | None = None) -> Run:
        """Perform what is pending, in order, until the run rests or the number is reached."""
        done = 0
        while self.pending and (at_most is None or done < at_most):
            self.step()
            done += 1
        assert self.run is not None
        return self.run

    def results_of(self, address: str) -> int:
        """Return how many results of an action are recorded; a lost attempt left none."""
        return sum(
            isinstance(event, ActionFinished) and event.address == address
            for events in self.journal
            for event in events
        )

    def step(self) -> None:
        command = self.pending.pop(0)
        if isinstance(command, Continue):
            self.happen(Continued(at=self.now()))
            return
        if isinstance(command, StartTimer):
            self.timer(command)
            return
        if isinstance(command, ResolveCall):
            self.resolve(command)
            return
        status, output = self.act(command.address, self.results_of(command.address) + 1)
        self.performed.append(command.address)
        self.happen(
            ActionFinished(
                at=self.now(),
                address=command.address,
                attempt=command.attempt,
                status=status,
                output=output,
                error=None if status is StepStatus.COMPLETED else "exited with code 1 [TR803]",
            )
        )

    def resolve(self, command: ResolveCall) -> None:
        plan = self.plans.get(command.workflow)
        if plan is not None:
            self.program = self.program.with_callee(plan)
        self.happen(
            CallResolved(
                at=self.now(),
                address=command.address,
                workflow=command.workflow,
                plan_digest=plan.digest if plan is not None else None,
                error=None if plan is not None else "nobody knows it [TR330]",
            )
        )

    def timer(self, command: StartTimer) -> None:
        if command.address:
            self.moment = max(self.moment, datetime.fromisoformat(command.due))
            self.happen(TimerFired(at=self.now(), address=command.address))


@pytest.fixture
def world() -> Iterator[Callable[..., World]]:
    """Return a function from the text under the header (inputs, steps) to a world."""

    def build(text: str, act: Act = succeed) -> World:
        compiled = compile_text(HEADER + text, path="flow.yml")
        assert compiled.plan is not None, compiled.diagnostics
        return World(program=Program.of(compiled.plan), act=act)

    yield build


@pytest.fixture
def fails_at() -> Callable[..., Act]:
    """Return actions that fail at the given addresses on their first attempt."""

    def build(*addresses: str, attempts: int = 1) -> Act:
        def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
            if address in addresses and attempt <= attempts:
                return StepStatus.FAILED, {"exit_code": 1, "stdout": "", "stderr": ""}
            return succeed(address, attempt)

        return act

    return build


@pytest.fixture
def make_world() -> Callable[..., World]:
    """Return a function from a program and its actions to a world."""

    def build(program: Program, act: Act = succeed) -> World:
        return World(program=program, act=act)

    return build
