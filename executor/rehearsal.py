"""Rehearses a run: the same decisions as in a real one, with stand-ins for everything outside.

Nothing is started, waited for or written. Actions are stood in for by values, gates are answered
from a list, and time passes as it is told: a millisecond an event, so that no deadline of a gate
comes by itself, and at once to where a timer is due.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field

from treadle.executor.address import ROOT
from treadle.executor.call_events import CallResolved
from treadle.executor.commands import Command, Continue, Perform, ResolveCall, StartTimer
from treadle.executor.decide import decide
from treadle.executor.events import (
    ActionFinished,
    ActionStarted,
    Answer,
    Continued,
    Event,
    OutsideEvent,
    RunCreated,
    RunResumed,
    StepFinished,
    StepStatus,
    TimerFired,
)
from treadle.executor.open_steps import open_gates
from treadle.executor.ports import ActionResult, Outcome, PlanSource, Unresolved
from treadle.executor.program import Program
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.plan.plan import Plan
from treadle.plan.steps import GateStep

BEGINNING = "2026-01-01T00:00:00+00:00"
MAX_ACTIONS = 10_000
_ACTIONS_OF_CONTINUE = 200  # of the core, which makes a thousand decisions at a time

StandIn = Callable[[Run, Occurrence], ActionResult]
AnswerGate = Callable[[Run, Occurrence], str | None]


class TooLong(Exception):
    """A run that would go on beyond `MAX_ACTIONS`, or for as long without any."""


class Rehearsal(Struct):
    """One run without its world.

    Shapes: `stand_in` gives what an action would have given; `answer` chooses at an open gate,
    None to leave it open; `began` are the addresses of actions and gates as they came, once each.
    """

    plan: Plan
    stand_in: StandIn
    answer: AnswerGate
    plans: PlanSource
    began: dict[str, None] = field(default_factory=dict)
    _now: datetime = field(default_factory=lambda: datetime.fromisoformat(BEGINNING))
    _actions: int = 0
    _run: Run | None = None
    _program: Program | None = None

    def play(self, created: RunCreated) -> Run:
        """Return the state in which the run rests when nothing answers it any longer.

        Errors: TooLong.
        """
        self._program = Program.of(self.plan)
        self._work_off(self._decided(created))
        while True:
            event = self._answered()
            if event is None:
                return self._state
            self._work_off(self._decided(event))

    @property
    def _state(self) -> Run:
        if self._run is None:
            raise ValueError("the run has not begun")
        return self._run

    def _work_off(self, commands: deque[Command]) -> None:
        while commands and self._state.status is RunStatus.RUNNING:
            command = commands.popleft()
            # The time limit of the whole run is never reached: nothing takes any time.
            if not isinstance(command, StartTimer) or command.address != ROOT:
                commands += self._decided(self._done(command))

    def _decided(self, event: OutsideEvent) -> deque[Command]:
        if self._program is None:
            raise ValueError("the run has not begun")
        decision = decide(self._program, self._run, event)
        self._run = decision.run
        self._now += timedelta(milliseconds=1)
        for each in decision.events:
            self._take_note(each)
        return deque(decision.commands)

    def _take_note(self, event: Event) -> None:
        match event:
            case ActionStarted(address=address):
                self.began.setdefault(address)
            case StepFinished(address=address, status=status) if status is not StepStatus.SKIPPED:
                if isinstance(self._state.occurrences[address].step, GateStep):
                    self.began.setdefault(address)
            case _:
                pass

    def _done(self, command: Command) -> OutsideEvent:
        """Return what the world would have said to a command."""
        match command:
            case Perform(address=address, attempt=attempt):
                self._count(1)
                result = self.stand_in(self._state, self._state.occurrences[address])
                is_done = result.outcome is Outcome.COMPLETED
                return ActionFinished(
                    at=self._at(),
                    address=address,
                    attempt=attempt,
                    status=StepStatus.COMPLETED if is_done else StepStatus.FAILED,
                    output=result.output,
                    error=result.error,
                )
            case StartTimer(address=address, due=due):
                self._now = max(self._now, datetime.fromisoformat(due).astimezone(UTC))
                return TimerFired(at=self._at(), address=address)
            case ResolveCall(address=address, workflow=workflow):
                return self._resolved(address, workflow)
            case Continue():
                self._count(_ACTIONS_OF_CONTINUE)
                return Continued(at=self._at())

    def _resolved(self, address: str, workflow: str) -> CallResolved:
        digest, error = None, None
        try:
            plan = self.plans.resolve(workflow, lenient=self._state.lenient)
        except Unresolved as unresolved:
            error = str(unresolved)
        else:
            if self._program is not None:
                self._program = self._program.with_callee(plan)
            digest = plan.digest
        return CallResolved(
            at=self._at(), address=address, workflow=workflow, plan_digest=digest, error=error
        )

    def _answered(self) -> RunResumed | None:
        """Return a resume that answers the first open gate that has an answer.

        Errors: TooLong.
        """
        if self._state.status is not RunStatus.PAUSED:
            return None
        for gate in open_gates(self._state):
            choice = self.answer(self._state, gate)
            if choice is not None:
                self._count(1)
                answer = Answer(choice=choice, by="test", at=self._at(), comment=None)
                answers = {gate.address: answer}
                return RunResumed(at=self._at(), by="test", inputs={}, answers=answers)
        return None

    def _count(self, actions: int) -> None:
        self._actions += actions
        if self._actions > MAX_ACTIONS:
            raise TooLong()

    def _at(self) -> str:
        return self._now.isoformat(timespec="milliseconds")
