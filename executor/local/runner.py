"""Drives one run on this machine: writes what is decided, then does what is asked.

The runner decides and writes; a dispatcher has the actions done. What comes back together is
written in one commit. Nothing starts before the transaction that asks for it is on the disk.
What nobody waits for comes after the start: people are told, and a copy of the state is kept,
while the next process is at work.
"""

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeAlias

from msgspec import Struct, field

from treadle.executor.address import ROOT
from treadle.executor.call_events import CallResolved
from treadle.executor.commands import Command, Continue, Perform, ResolveCall, StartTimer
from treadle.executor.decide import Decision, decide
from treadle.executor.events import (
    ActionFinished,
    Continued,
    Event,
    OutsideEvent,
    RunInterrupted,
    RunTimedOut,
    StepStatus,
    TimerFired,
)
from treadle.executor.generations import idempotency_key
from treadle.executor.local.dispatcher import Broke, Came, Dispatcher, Prepared, prepare
from treadle.executor.local.guardian import Guardian
from treadle.executor.local.journal import Journal
from treadle.executor.local.logs import LogFiles
from treadle.executor.local.snapshots import Snapshots
from treadle.executor.local.surroundings import Surroundings
from treadle.executor.local.timers import Timers
from treadle.executor.names import names
from treadle.executor.ports import ActionRequest, Cancellation, Outcome, Unresolved
from treadle.executor.program import Program
from treadle.executor.state import Call, Run, RunStatus
from treadle.plan.steps import (
    ActionStep,
    CommandStep,
    PromptStep,
    ShellStep,
)

_LONGEST_WAIT_S = 0.5
_UNTOLD_S = 0.4  # nobody wonders before that why a run does not stop
_STATUSES = {
    Outcome.COMPLETED: StepStatus.COMPLETED,
    Outcome.FAILED: StepStatus.FAILED,
}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Task: TypeAlias = Prepared | StartTimer | ResolveCall | Continue


class Runner(Struct, eq=False):
    """One run being driven; only the holder of the run's lock has one."""

    program: Program
    run: Run | None
    journal: Journal
    logs: Path
    guardian: Guardian
    surroundings: Surroundings
    snapshots: Snapshots | None = None
    _dispatcher: Dispatcher | None = None
    _signal: int | None = None
    _is_timed_out: bool = False
    _timers: Timers | None = None
    _untold: list[Decision] = field(default_factory=list)

    def drive(self, event: OutsideEvent | Decision) -> Run:
        """Work on the run from an event until it rests, and return its state.

        A signal ends what is in flight and pauses or cancels the run; so does its time limit,
        and the run fails. A decision is an event that is on the disk already.
        Errors: Refused when the journal cannot be written; what was in flight is ended then.
        """
        try:
            with self._signals_caught():
                tasks: list[Task] | None = self._first(event)
                while tasks is not None:
                    self._work_off(tasks)
                    tasks = self._stopped() if self._is_stopping else None
            self._follow_up()
        finally:
            self.dispatcher.close()
            self.guardian.close()
        if self.run is None:
            raise ValueError("a run that was driven has a state")
        return self.run

    @property
    def timers(self) -> Timers:
        """What the runner waits for besides actions."""
        if self._timers is None:
            around = self.surroundings
            self._timers = Timers(clock=around.clock, monotonic=around.monotonic)
        return self._timers

    @property
    def dispatcher(self) -> Dispatcher:
        """Who has the actions done."""
        if self._dispatcher is None:
            around = self.surroundings
            self._dispatcher = Dispatcher(perform=around.perform)
        return self._dispatcher

    @property
    def _is_stopping(self) -> bool:
        return self._signal is not None or self._is_timed_out

    def _work_off(self, tasks: list[Task]) -> None:
        """Do what is asked for and what follows from it, until the run rests or is stopped."""
        while tasks or self.dispatcher.is_busy or self.timers.are_of_steps:
            events = self._carry_out(tasks)
            if self._is_stopping:
                return
            if not events and (self.dispatcher.is_busy or self.timers.are_of_steps):
                events = self._wait()
            tasks = self._write(events) if events else []

    @property
    def interrupted_by(self) -> int | None:
        """The signal that stopped the run, None when none did."""
        return self._signal

    def _first(self, event: OutsideEvent | Decision) -> list[Task]:
        if not isinstance(event, Decision):
            return self._write([event])
        self._untold.append(event)
        return self._tasks(event.commands)

    def _write(self, events: list[OutsideEvent]) -> list[Task]:
        """Decide on events, write everything in one commit, and return what is asked for.

        What touches nothing is made ready before the disk is waited for.
        """
        decisions = []
        transactions: list[tuple[Event, ...]] = []
        for event in events:
            decision = decide(self.program, self.run, event)
            self.run = decision.run
            decisions.append(decision)
            transactions.append(decision.events)
        commands = [command for decision in decisions for command in decision.commands]
        tasks = self._tasks(commands)
        self.journal.append(transactions)
        self._untold += decisions
        return tasks

    def _follow_up(self) -> None:
        """Tell what was written, and do what else can wait until the next actions are at work."""
        told, self._untold = self._untold, []
        for decision in told:
            self.surroundings.watch(decision)
        if self.snapshots is not None and self.run is not None:
            events = sum(len(decision.events) for decision in told)
            self.snapshots.keep(self.run, last=self.journal.last, events=events)
        self.dispatcher.follow_up()

    def _tasks(self, commands: Iterable[Command]) -> list[Task]:
        """Return what is asked for, with all that the start of an action needs."""
        return [self._prepared(each) if isinstance(each, Perform) else each for each in commands]

    def _carry_out(self, tasks: list[Task]) -> list[OutsideEvent]:
        """Start actions and timers; return what has come, and the answer to a `Continue`."""
        events: list[OutsideEvent] = []
        has_more = False
        for task in tasks:
            match task:
                case Prepared():
                    self.dispatcher.start(task)
                case StartTimer():
                    self.timers.start(task)
                case ResolveCall():
                    events.append(self._resolved(task))
                case Continue():
                    has_more = True
        # Several decisions may have put work off: one answer takes up all of it.
        if has_more:
            events.append(Continued(at=self.surroundings.clock()))
        self._follow_up()
        return events + self._fired()

    def _resolved(self, command: ResolveCall) -> CallResolved:
        """Find the workflow of a call; the plan that was found is kept before anybody names it."""
        digest, error = None, None
        try:
            is_lenient = self.run is not None and self.run.lenient
            plan = self.surroundings.plans.resolve(command.workflow, lenient=is_lenient)
        except Unresolved as unresolved:
            error = str(unresolved)
        else:
            self.surroundings.keep_plan(plan)
            self.program = self.program.with_callee(plan)
            digest = plan.digest
        return CallResolved(
            at=self.surroundings.clock(),
            address=command.address,
            workflow=command.workflow,
            plan_digest=digest,
            error=error,
        )

    def _wait(self) -> list[OutsideEvent]:
        """Wait for what comes next; for nothing, once the run is to stop."""
        events: list[OutsideEvent] = []
        while not events and not self._is_stopping:
            events = self._next()
        return events

    def _next(self) -> list[OutsideEvent]:
        """Wait for an action, a timer or a signal, and return what it means."""
        events: list[OutsideEvent] = []
        for arrival in self.dispatcher.take(longest_s=self.timers.wait_s(_LONGEST_WAIT_S)):
            match arrival:
                case Broke():
                    raise arrival.refused
                case Came(_, result) if result.outcome is Outcome.CANCELLED:
                    continue
                case Came(perform, result):
                    finished = ActionFinished(
                        at=self.surroundings.clock(),
                        address=perform.address,
                        attempt=perform.attempt,
                        status=_STATUSES[result.outcome],
                        output=result.output,
                        error=result.error,
                        began_at=result.began_at,
                    )
                    events.append(finished)
        return events + self._fired()

    def _fired(self) -> list[OutsideEvent]:
        """Return what the timers say that are due."""
        events: list[OutsideEvent] = []
        for timer in self.timers.fired():
            if timer.address == ROOT:
                self._is_timed_out = self.run is not None and self.run.closing is None
            else:
                events.append(TimerFired(at=self.surroundings.clock(), address=timer.address))
        return events

    def _prepared(self, perform: Perform) -> Prepared:
        run = self.run
        if run is None:
            raise ValueError("an action belongs to a run")
        occurrence = run.occurrences[perform.address]
        step = occurrence.step
        if not isinstance(step, ActionStep):
            raise ValueError(f"{perform.address} is not an acting step")
        log = LogFiles(self.logs, occurrence.log, held=_held(step))
        scope = run.sequences[occurrence.sequence].scope
        call = run.call(scope)
        request = ActionRequest(
            step=step,
            address=perform.address,
            attempt=perform.attempt,
            run_id=run.id,
            idempotency_key=idempotency_key(run, perform.address),
            names=names(run, scope),
            secrets=_secrets(self.surroundings.secrets, call),
            environment=self.surroundings.environment,
            project=self.surroundings.project,
            workflow_dir=run.workflow_dir if call is None else call.workflow_dir,
            log=log,
            echo=self.surroundings.echo,
            cancellation=Cancellation(),
            register=self.guardian.register,
            find_step_type=self.surroundings.find_step_type,
        )
        return prepare(perform, request, log, ready=self.surroundings.ready)

    def _stopped(self) -> list[Task] | None:
        """Write why the run stops; return how it goes on, None when it rests.

        Only a run that comes to its end goes on: with its `finally`.
        """
        late = self._drain()
        is_running = self.run is not None and self.run.status is RunStatus.RUNNING
        if self._signal is not None:
            request = self.surroundings.cancel_request()
            if request is not None and self.run is not None and not self.run.status.is_final:
                self._signal, self._is_timed_out = None, False
                return self._write([request])
            if is_running:
                name = signal.Signals(self._signal).name
                self._write([RunInterrupted(at=self.surroundings.clock(), reason=name)])
            return None
        self._is_timed_out = False
        if self.run is None or not is_running:
            return None
        if self.run.closing is not None:
            return late
        return self._write([RunTimedOut(at=self.surroundings.clock())])

    def _drain(self) -> list[Task]:
        """End what is in flight and keep the results that came in time.

        What follows from them is not begun, but for a `finally`: its tasks are returned.
        """
        self.timers.clear()
        self.dispatcher.end_all(kill=False)
        late: list[Task] = []
        patient_until, is_told = self.surroundings.monotonic() + _UNTOLD_S, False
        while self.dispatcher.is_busy:
            events = self._next()
            if not is_told and self.surroundings.monotonic() >= patient_until:
                self.surroundings.held_back()
                is_told = True
            tasks = self._write(events) if events else []
            self._follow_up()
            if self.run is not None and self.run.closing is not None:
                late += tasks
        return late

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        """Turn signals into messages; only the main thread of a process can do that."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        # No method of the runner: `signal.signal` makes a text of its handler, and of all that
        # the handler is bound to.
        def on_signal(number: int, frame: FrameType | None) -> None:
            self.dispatcher.end_all(kill=self._signal is not None)
            self._signal = number

        # What `nohup` or a shell's background has us ignore stays ignored; a cancellation comes by
        # SIGTERM, and is always heard.
        heard = [
            number
            for number in _SIGNALS
            if number == signal.SIGTERM or signal.getsignal(number) != signal.SIG_IGN
        ]
        before = {number: signal.signal(number, on_signal) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _secrets(known: Mapping[str, str], call: Call | None) -> Mapping[str, str]:
    """Return the secrets that a step can read: inside a call those that it was given."""
    if call is None:
        return known
    return {name: known[source] for name, source in call.secrets.items() if source in known}


def _held(step: ActionStep) -> int:
    """Return how many bytes of a stream the journal holds of a step. Units: bytes (-1: all)."""
    match step:
        case ShellStep():
            return step.capture_max_bytes
        case CommandStep() | PromptStep() if step.capture:
            return step.capture_max_bytes
        case _:
            return 0
