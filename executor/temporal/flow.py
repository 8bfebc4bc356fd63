"""The workflow on Temporal that carries a run: it obeys the core, and decides nothing itself.

| the core asks for | here |
|---|---|
| Perform | an activity, named after the step |
| StartTimer | a timer |
| ResolveCall | an activity that finds the plan |
| Continue | the next thousand decisions, after a pause where an activation would take long |

The events that come back go into the core in the order in which Temporal tells of them; replaying
a history thus gives the same state. A step's failure is a result; only that a worker is lost is
for Temporal to mend.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from msgspec.structs import replace
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from treadle.executor.address import ROOT
from treadle.executor.commands import Command, Continue, Perform, ResolveCall, StartTimer
from treadle.executor.events import (
    ActionFinished,
    CallResolved,
    CancelRequested,
    Continued,
    RunResumed,
    RunTimedOut,
    StepStatus,
    TimerFired,
)
from treadle.executor.open_steps import open_gates
from treadle.executor.outcome import run_object
from treadle.executor.state import RunStatus
from treadle.executor.temporal.asked import Asked, now
from treadle.executor.temporal.course import begun
from treadle.executor.temporal.handing_out import find_plan, perform_step
from treadle.executor.temporal.messages import (
    OPENING_FORMAT,
    CallOrder,
    Done,
    Opening,
    plain,
    read,
)
from treadle.executor.temporal.requests import order_of
from treadle.executor.temporal.showing import attributes, details, gates_in_memo
from treadle.executor.timers import seconds_between
from treadle.plan.catalogue import error_text
from treadle.plan.plan_file import PlanError

# Each makes a thousand decisions; an activation must not take two seconds.
_CONTINUES_AN_ACTIVATION = 4
_FAREWELL = timedelta(seconds=5)


class OtherRelease(Exception):
    """A run that this release cannot carry: a failure of the worker, and never of the run."""

    def __init__(self, reason: str) -> None:
        super().__init__(error_text("TR887", reason=reason))


@workflow.defn(dynamic=True)
class RunOnTemporal(Asked):
    """One run, from its first event until it has ended."""

    @workflow.init
    def __init__(self, args: Sequence[RawValue]) -> None:
        self._opening = read(Opening, workflow.payload_converter().from_payload(args[0].payload))
        if self._opening.format > OPENING_FORMAT:
            raise OtherRelease(f"it has format {self._opening.format}")
        self._limits = self._opening.limits
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, tuple[StartTimer, asyncio.Task[None]]] = {}
        self._held: list[Command] = []
        self._late: list[Command] = []
        self._deadline: asyncio.Task[None] | None = None
        self._continues = 0
        self._is_stopping = False
        self._is_asked_to_end = False
        self._is_expired = False
        self._shown: tuple[str, str | None, tuple[str, ...]] | None = None
        try:
            self._course, self._first = begun(self._opening, now())
        except PlanError as error:
            raise OtherRelease(str(error)) from error

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> Any:
        """Carry the run until it has ended, or until its history is full."""
        self._obey(self._first)
        self._show()
        while True:
            try:
                await workflow.wait_condition(lambda: self._is_over or self._is_drained)
            except asyncio.CancelledError:
                self._end_asked()
                continue
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self._is_over:
                return await self._ended()
            if self._is_drained:
                self._begin_anew()

    @property
    def _is_over(self) -> bool:
        return (self._run.status.is_final or self._is_expired) and not self._is_stopping

    @property
    def _is_full(self) -> bool:
        about = workflow.info()
        length = about.get_current_history_length()
        return length >= self._limits.history_events or about.is_continue_as_new_suggested()

    @property
    def _is_drained(self) -> bool:
        """Whether the history is full, and nothing is at work whose result could be lost."""
        return self._is_full and not self._at_work and not self._is_stopping

    def _follow(self, commands: Sequence[Command]) -> None:
        if self._is_stopping:
            # What follows from the results that came in time is not begun, but for a 'finally'.
            if self._run.closing is not None:
                self._late += commands
        else:
            self._obey(commands)
        self._show()

    def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if self._is_full:
                self._held.append(command)
                continue
            match command:
                case Perform(address=address):
                    self._work(address, self._perform(command))
                case ResolveCall(address=address):
                    self._work(address, self._resolve(command))
                case StartTimer(address=address):
                    task = asyncio.create_task(self._wait_for(command))
                    self._waiting[address] = (command, task)
                case Continue():
                    self._work(ROOT, self._continue())

    def _work(self, address: str, work: Coroutine[Any, Any, None]) -> None:
        async def tracked() -> None:
            try:
                await work
            finally:
                if self._at_work.get(address) is task:
                    del self._at_work[address]

        task = asyncio.create_task(tracked())
        self._at_work[address] = task

    async def _perform(self, command: Perform) -> None:
        order = order_of(self._run, command, project=self._opening.project)
        occurrence = self._run.occurrences[command.address]
        try:
            done = await perform_step(order, occurrence, self._limits)
        except asyncio.CancelledError:
            if self._is_stopping:
                return
            error = error_text("TR871", reason="somebody cancelled it on Temporal")
            done = Done(status=StepStatus.FAILED.value, output={}, error=error)
        self._happen(
            ActionFinished(
                at=now(),
                address=command.address,
                attempt=command.attempt,
                status=StepStatus(done.status),
                output=done.output,
                error=done.error,
            )
        )

    async def _resolve(self, command: ResolveCall) -> None:
        order = CallOrder(workflow=command.workflow, project=self._opening.project)
        try:
            found = await find_plan(order, self._limits)
        except asyncio.CancelledError:
            return  # a call can wait for its plan only in a run that is not stopped
        digest = self._course.know(found.plan) if found.plan is not None else None
        self._happen(
            CallResolved(
                at=now(),
                address=command.address,
                workflow=command.workflow,
                plan_digest=digest,
                error=found.error,
            )
        )

    async def _wait_for(self, command: StartTimer) -> None:
        waits_for = "time limit" if command.address == ROOT else f"{command.address}: next attempt"
        await _sleep(seconds_between(now(), command.due), waits_for)
        del self._waiting[command.address]
        if command.address != ROOT:
            self._happen(TimerFired(at=now(), address=command.address))
        elif self._run.closing is None and self._run.status is RunStatus.RUNNING:
            await self._stop(lambda: RunTimedOut(at=now()))

    async def _continue(self) -> None:
        self._continues += 1
        if self._continues % _CONTINUES_AN_ACTIVATION == 0:
            await asyncio.sleep(0.001)
        # The state says what was put off: who was stopped meanwhile has nothing to go on with.
        if self._run.put_off and not self._is_stopping:
            self._happen(Continued(at=now()))

    async def _stop(self, event: Callable[[], CancelRequested | RunTimedOut]) -> None:
        """End what is at work, keep the results that come in time, and tell the core why."""
        await workflow.wait_condition(lambda: not self._is_stopping)
        self._is_stopping = True
        self._forget_timers()
        for task in tuple(self._at_work.values()):
            task.cancel()
        await workflow.wait_condition(lambda: not self._at_work)
        late, self._late = self._late, []
        self._held.clear()
        self._is_stopping = False
        happened = event()
        if isinstance(happened, RunTimedOut) and self._run.closing is not None:
            self._obey(late)
        elif self._run.status is RunStatus.RUNNING or (
            isinstance(happened, CancelRequested) and not self._run.status.is_final
        ):
            self._happen(happened)

    def _forget_timers(self) -> None:
        this = asyncio.current_task()
        for _, task in tuple(self._waiting.values()):
            if task is not this:
                task.cancel()
        self._waiting.clear()

    def _end_asked(self) -> None:
        """Somebody cancelled the workflow on Temporal itself."""
        self._is_asked_to_end = True
        if not self._run.status.is_final and not self._is_stopping:
            event = CancelRequested(at=now(), by=None, reason="on Temporal")
            asyncio.create_task(self._stop(lambda: replace(event, at=now())))

    def _show(self) -> None:
        """Say on Temporal's page how the run stands; keep the deadlines of a run that rests."""
        run = self._run
        if run.status is not RunStatus.RUNNING:
            self._forget_timers()
        self._keep_deadline()
        workflow.set_current_details(details(run))
        gates = gates_in_memo(run) if self._opening.shows_gates else []
        at = run.current if run.status is not RunStatus.RUNNING else None
        shown = (run.status.value, at, tuple(gate["address"] for gate in gates))
        if shown == self._shown:
            return
        is_first, self._shown = self._shown is None, shown
        if is_first and run.status is RunStatus.RUNNING:
            return  # the client has said so when it began the workflow
        if self._limits.has_attributes:
            workflow.upsert_search_attributes(attributes(run))
        memo = {"status": run.status.value, "updated_at": run.updated_at}
        workflow.upsert_memo({**memo, "gates": gates} if self._opening.shows_gates else memo)

    def _keep_deadline(self) -> None:
        """Wake up when a gate has waited long enough, or when nobody mends a failed run."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._is_stopping:
            return
        if self._run.status is RunStatus.FAILED:
            self._deadline = asyncio.create_task(self._expire())
        elif self._run.status is RunStatus.PAUSED:
            moments = sorted(gate.due for gate in open_gates(self._run) if gate.due is not None)
            if moments:
                self._deadline = asyncio.create_task(self._overdue(moments[0]))

    async def _expire(self) -> None:
        await _sleep(self._limits.open_s, "until here the run can be resumed")
        self._is_expired = True

    async def _overdue(self, due: str) -> None:
        await _sleep(seconds_between(now(), due), "deadline of the gate")
        self._deadline = None
        self._happen(RunResumed(at=now(), by=None, inputs={}, answers={}))

    async def _ended(self) -> Any:
        run = self._run
        ended = json.loads(json.dumps(run_object(run, run.status), default=dict))
        if run.status is RunStatus.COMPLETED:
            return ended
        if run.status is RunStatus.CANCELLED:
            await self._farewell()
        told = run.error or f"the run is {run.status.value}"
        raise ApplicationError(told, ended, type=run.status.value, non_retryable=True)

    async def _farewell(self) -> None:
        """Let the client cancel the workflow itself, so that Temporal's page says so as well."""
        if not self._is_asked_to_end:
            try:
                await workflow.wait_condition(lambda: self._is_asked_to_end, timeout=_FAREWELL)
            except TimeoutError:
                return
        raise asyncio.CancelledError

    def _begin_anew(self) -> NoReturn:
        """Go on in a new history with everything that is still to be done."""
        held = [*self._held, *(timer for timer, _ in self._waiting.values())]
        workflow.continue_as_new(args=[plain(self._course.anew(self._opening, held))])


async def _sleep(seconds: float, summary: str) -> None:
    """Let time pass; Temporal's page says what for. Nothing passes where there is none left."""
    if seconds <= 0:
        await asyncio.sleep(0)
    else:
        await workflow.sleep(seconds, summary=summary)
