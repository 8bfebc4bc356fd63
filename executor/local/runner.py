"""Drives one run on this machine: writes what is decided, then does what is asked.

The calling thread decides and writes; actions work in threads of their own. What comes back
together is written in one commit. Nothing starts before the transaction that asks for it is on
the disk.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TypeAlias

from msgspec import Struct, field

from treadle.executor.commands import Command, Continue, Perform
from treadle.executor.decide import Decision, decide
from treadle.executor.events import (
    ActionFinished,
    Continued,
    Event,
    OutsideEvent,
    RunInterrupted,
    StepStatus,
)
from treadle.executor.local.guardian import Guardian
from treadle.executor.local.journal import Journal
from treadle.executor.local.logs import LogFiles
from treadle.executor.names import names
from treadle.executor.ports import ActionRequest, ActionResult, Cancellation, Outcome
from treadle.executor.program import Program
from treadle.executor.state import Run, RunStatus
from treadle.plan.catalogue import error_text
from treadle.plan.steps import CommandStep, GithubStep, InitStep, PromptStep, ShellStep

_MAX_THREADS = 256
_LONGEST_WAIT_S = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a run finds on this machine.

    Shapes: `environment` is what processes inherit; `secrets` are texts by input name;
    `perform` does the work of an action; `watch` is told of every decision after it is written;
    `echo` gets an agent's output that is not captured. `clock` gives ISO 8601 times in UTC.
    """

    project: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    perform: Callable[[ActionRequest], ActionResult]
    clock: Callable[[], str]
    watch: Callable[[Decision], None]
    echo: Callable[[bytes], None]


class _Came(Struct, frozen=True):
    """An action came back."""

    perform: Perform
    result: ActionResult


class _Signal(Struct, frozen=True):
    """The process got a signal."""

    number: int


_Message: TypeAlias = _Came | _Signal


class Runner(Struct, eq=False):
    """One run being driven; only the holder of the run's lock has one."""

    program: Program
    run: Run | None
    journal: Journal
    logs: Path
    guardian: Guardian
    surroundings: Surroundings
    _inbox: SimpleQueue[_Message] = field(default_factory=SimpleQueue)
    _flying: dict[str, Cancellation] = field(default_factory=dict)
    _threads: ThreadPoolExecutor | None = None
    _signal: int | None = None

    def drive(self, event: OutsideEvent) -> Run:
        """Work on the run from an event until it rests, and return its state.

        A signal ends what is in flight and pauses the run. Errors: Refused when the journal
        cannot be written; what was in flight is ended then.
        """
        try:
            with self._signals_caught():
                commands = self._write([event])
                while commands or self._flying:
                    events = self._carry_out(commands)
                    if self._signal is not None:
                        break
                    commands = self._write(events or self._wait())
                if self._signal is not None:
                    self._interrupt()
        finally:
            self._end_all(kill=True)
            if self._threads is not None:
                self._threads.shutdown(wait=True)
            self.guardian.close()
        if self.run is None:
            raise ValueError("a run that was driven has a state")
        return self.run

    @property
    def interrupted_by(self) -> int | None:
        """The signal that stopped the run, None when none did."""
        return self._signal

    def _write(self, events: list[OutsideEvent]) -> list[Command]:
        """Decide on events, write everything in one commit, and return what is asked for."""
        decisions = []
        transactions: list[tuple[Event, ...]] = []
        for event in events:
            decision = decide(self.program, self.run, event)
            self.run = decision.run
            decisions.append(decision)
            transactions.append(decision.events)
        self.journal.append(transactions)
        for decision in decisions:
            self.surroundings.watch(decision)
        return [command for decision in decisions for command in decision.commands]

    def _carry_out(self, commands: list[Command]) -> list[OutsideEvent]:
        """Start actions; return the event that answers a `Continue`, if there was one."""
        events: list[OutsideEvent] = []
        for command in commands:
            match command:
                case Perform():
                    self._start(command)
                case Continue():
                    events = [Continued(at=self.surroundings.clock())]
        while True:
            try:
                message = self._inbox.get_nowait()
            except Empty:
                return events
            events.extend(self._received(message))

    def _wait(self) -> list[OutsideEvent]:
        """Wait for what comes next, and take everything that has come."""
        events = self._received(self._next_message())
        while not events and self._signal is None:
            events = self._received(self._next_message())
        return events

    def _next_message(self) -> _Message:
        """Wait for a message.

        A signal that comes in the moment before the wait begins does not interrupt it; its
        handler runs when the wait is looked after, so no wait is longer than half a second.
        """
        while True:
            try:
                return self._inbox.get(timeout=_LONGEST_WAIT_S)
            except Empty:
                continue

    def _received(self, message: _Message) -> list[OutsideEvent]:
        match message:
            case _Signal(number):
                self._signal = number
                return []
            case _Came(perform, result):
                self._flying.pop(perform.address, None)
                if result.outcome is Outcome.CANCELLED:
                    return []
                return [
                    ActionFinished(
                        at=self.surroundings.clock(),
                        address=perform.address,
                        attempt=perform.attempt,
                        status=StepStatus(result.outcome.value),
                        output=result.output,
                        error=result.error,
                    )
                ]

    def _start(self, perform: Perform) -> None:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="action")
        cancellation = Cancellation()
        self._flying[perform.address] = cancellation
        request, log = self._request(perform, cancellation)
        self._threads.submit(self._work, perform, request, log)

    def _work(self, perform: Perform, request: ActionRequest, log: LogFiles) -> None:
        """Do the work of an action, in a thread; whatever happens, an answer comes back."""
        try:
            result = self.surroundings.perform(request)
        except Exception as error:
            # A mistake of ours in an action must cost this step, never the run's other results.
            reason = f"{type(error).__name__}: {error}"
            text = error_text("TR813", reason=reason)
            result = ActionResult(outcome=Outcome.FAILED, output={}, error=text)
        finally:
            log.close()
        self._inbox.put(_Came(perform, result))

    def _request(
        self, perform: Perform, cancellation: Cancellation
    ) -> tuple[ActionRequest, LogFiles]:
        run = self.run
        if run is None:
            raise ValueError("an action belongs to a run")
        occurrence = run.occurrences[perform.address]
        step = occurrence.step
        if not isinstance(step, ShellStep | CommandStep | PromptStep | InitStep | GithubStep):
            raise ValueError(f"{perform.address} is not an acting step")
        log = LogFiles(self.logs, occurrence.log)
        request = ActionRequest(
            step=step,
            address=perform.address,
            attempt=perform.attempt,
            run_id=run.id,
            idempotency_key=sha256(f"{run.id}\n{perform.address}".encode()).hexdigest()[:32],
            names=names(run, run.sequences[occurrence.sequence].scope),
            secrets=self.surroundings.secrets,
            environment=self.surroundings.environment,
            project=self.surroundings.project,
            workflow_dir=run.workflow_dir,
            log=log,
            echo=self.surroundings.echo,
            cancellation=cancellation,
            register=self.guardian.register,
        )
        return request, log

    def _interrupt(self) -> None:
        """End what is in flight, keep the results that came in time, and pause the run."""
        self._end_all(kill=False)
        while self._flying:
            events = self._received(self._next_message())
            if events:
                self._write(events)
        if self.run is not None and self.run.status is RunStatus.RUNNING:
            name = signal.Signals(self._signal or signal.SIGINT).name
            self._write([RunInterrupted(at=self.surroundings.clock(), reason=name)])

    def _end_all(self, *, kill: bool) -> None:
        for cancellation in tuple(self._flying.values()):
            cancellation.cancel(kill=kill)

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        """Turn signals into messages; only the main thread of a process can do that."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._signal is not None:
            self._end_all(kill=True)
        self._signal = number
        self._inbox.put(_Signal(number))
