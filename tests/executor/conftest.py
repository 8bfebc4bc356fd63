"""A world for the core: plans out of text, actions that do what a script says, no processes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from treadle.compiler import compile_text
from treadle.executor.commands import Continue, Perform
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
)
from treadle.executor.program import Program
from treadle.executor.state import Run
from treadle.plan.expression import Json

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'

Act = Callable[[str, int], tuple[StepStatus, Mapping[str, Json]]]


def succeed(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
    return StepStatus.COMPLETED, {"exit_code": 0, "stdout": "", "stderr": ""}


@dataclass
class World:
    """One run in memory.

    `act` is told an action's address and the how-manieth result it is to give.
    `journal` holds the transactions; `performed` the actions that came to an end, in order.
    """

    program: Program
    act: Act = succeed
    run: Run | None = None
    journal: list[tuple[Event, ...]] = field(default_factory=list)
    performed: list[str] = field(default_factory=list)
    pending: list[Perform | Continue] = field(default_factory=list)
    ticks: int = 0

    def now(self) -> str:
        self.ticks += 1
        return f"2026-01-01T00:00:{self.ticks // 1000:02d}.{self.ticks % 1000:03d}+00:00"

    def happen(self, event: OutsideEvent) -> Decision:
        decision = decide(self.program, self.run, event)
        self.run = decision.run
        self.journal.append(decision.events)
        for command in decision.commands:
            self.pending.append(command)  # type: ignore[arg-type]  # both members of the union
        return decision

    def start(self, **inputs: Json) -> Run:
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
        return self.work()

    def resume(self, answers: Mapping[str, str] | None = None, **inputs: Json) -> Run:
        at = self.now()
        given = {
            address: Answer(choice=choice, by="bo", at=at)
            for address, choice in (answers or {}).items()
        }
        self.pending.clear()
        self.happen(RunResumed(at=at, by="bo", inputs=inputs, answers=given))
        return self.work()

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
