"""What a worker does for runs on Temporal: it performs steps, and finds workflows that are called.

A step's failure is a result. An exception means that this worker could not do its part, and
Temporal hands the step out again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from socket import gethostname
from typing import Any

from msgspec import Struct
from temporalio import activity
from temporalio.common import RawValue
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError

from treadle.executor.actions.run import perform
from treadle.executor.errors import Refused
from treadle.executor.local.guardian import Guardian
from treadle.executor.local.logs import LogFiles
from treadle.executor.local.project import make_own_folder
from treadle.executor.ports import (
    ActionRequest,
    ActionResult,
    Cancellation,
    NoPlans,
    Outcome,
    PlanSource,
    Unresolved,
    failed,
)
from treadle.executor.step_type import FindStepType, no_step_type
from treadle.executor.temporal.beats import beat_of
from treadle.executor.temporal.course import plan_to_data
from treadle.executor.temporal.messages import (
    CALL_ACTIVITY,
    Beat,
    CallOrder,
    Done,
    Found,
    Order,
    plain,
    read,
)
from treadle.plan.assignments import environment_name
from treadle.plan.catalogue import error_text
from treadle.plan.codec import step_from_json
from treadle.plan.steps import ActionStep

RUNS = "temporal"  # the folder beside that of the local runs

_BEATS = 3  # heartbeats in the time that a worker may be silent
_KEEP_ALL = -1


class MissingSecret(Exception):
    """A secret that a step needs and this worker does not have."""


class Workplace(Struct, frozen=True, kw_only=True):
    """Where a worker works.

    Shapes: `projects` are the folders that steps can run in, the first one for runs that name
    none of them; `secrets` are texts by input name, before those of the environment; `plans` finds
    the workflows that are installed in a project.
    Units: `beat_s` is how often a step that runs is said to run, at least.
    """

    projects: tuple[Path, ...]
    environment: Mapping[str, str]
    threads: Executor
    guardian: Guardian
    secrets: Mapping[str, str] = {}
    echo: Callable[[bytes], None] = lambda data: None
    tell: Callable[[str, Order], None] = lambda word, order: None
    plans: Callable[[Path], PlanSource] = lambda project: NoPlans()
    find_step_type: FindStepType = no_step_type
    beat_s: float = 5.0

    def project(self, named: str) -> Path:
        """Return the folder for a run that was started in some folder, here or elsewhere."""
        for project in self.projects:
            if str(project) == named:
                return project
        name = Path(named).name
        return next((p for p in self.projects if p.name == name), self.projects[0])

    def secret(self, name: str) -> str | None:
        """Return the text of a secret input, None when this worker does not have it."""
        return self.secrets.get(name, self.environment.get(environment_name(name)))


class Activities(Struct, frozen=True):
    """The activities of one worker; `converter` keeps their results where payloads are kept."""

    workplace: Workplace
    converter: DataConverter

    @activity.defn(dynamic=True)
    async def work(self, args: Sequence[RawValue]) -> Any:
        """Do what the workflow of a run asks for."""
        given = activity.payload_converter().from_payload(args[0].payload)
        if activity.info().activity_type == CALL_ACTIVITY:
            return plain(await self._in_thread(partial(self._find, read(CallOrder, given))))
        return plain(await self._step(read(Order, given)))

    async def _step(self, order: Order) -> Done:
        """Have a step performed, and tell all the while that it is."""
        self.workplace.tell("started", order)
        cancellation = Cancellation()
        work = partial(carry_out, order, self.workplace, cancellation)
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self.workplace.threads, work)
        try:
            while not future.done():
                activity.heartbeat(plain(self._beat(order)))
                await asyncio.wait({future}, timeout=_beat_s(self.workplace.beat_s))
        except asyncio.CancelledError:
            cancellation.cancel()
            await asyncio.wait({future})
        try:
            result = await future
        except Refused as refused:
            raise ApplicationError(str(refused), type="worker") from refused
        if result.outcome is not Outcome.CANCELLED:
            done = Done(status=result.outcome.value, output=result.output, error=result.error)
            await self._keep(done, order)
            self.workplace.tell(result.outcome.value, order)
            return done
        self.workplace.tell("ended", order)
        if activity.is_worker_shutdown():
            raise ApplicationError("the worker has gone", type="worker")
        raise asyncio.CancelledError

    def _beat(self, order: Order) -> Beat:
        """Return what the step has written so far."""
        folder = log_folder(self.workplace.project(order.project), order.run_id)
        return beat_of(folder, order.log, host=gethostname())

    async def _keep(self, done: Done, order: Order) -> None:
        """Put away a result that is large, however long it takes.

        To fail for it would have the step done again: that a place cannot be reached is mended by
        waiting. Errors: CancelledError when the step is ended meanwhile.
        """
        is_told = False
        while True:
            try:
                await self.converter.encode([plain(done)])
                return
            except Refused as refused:
                if not is_told:
                    is_told = True
                    self.workplace.tell(f"is done, and waits: {refused}", order)
            activity.heartbeat()
            try:
                await asyncio.sleep(_beat_s(self.workplace.beat_s))
            except asyncio.CancelledError:
                if activity.is_worker_shutdown():
                    raise ApplicationError("the worker has gone", type="worker") from None
                raise

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.workplace.threads, work)

    def _find(self, order: CallOrder) -> Found:
        plans = self.workplace.plans(self.workplace.project(order.project))
        try:
            return Found(plan=plan_to_data(plans.resolve(order.workflow)))
        except Unresolved as unresolved:
            return Found(error=str(unresolved))


def carry_out(order: Order, workplace: Workplace, cancellation: Cancellation) -> ActionResult:
    """Perform a step in the calling thread. Errors: Refused when its log cannot be written."""
    step = step_from_json(order.step)
    if not isinstance(step, ActionStep):
        raise ValueError(f"{order.address} is not an acting step")
    project = workplace.project(order.project)
    try:
        secrets = _secrets(order, workplace)
    except MissingSecret as missing:
        return failed(error_text("TR870", name=missing))
    log = LogFiles(log_folder(project, order.run_id, make=True), order.log, held=_KEEP_ALL)
    request = ActionRequest(
        step=step,
        address=order.address,
        attempt=order.attempt,
        run_id=order.run_id,
        idempotency_key=order.idempotency_key,
        names=order.names,
        secrets=secrets,
        environment=workplace.environment,
        project=project,
        workflow_dir=_moved(order.workflow_dir, order.project, project),
        log=log,
        echo=workplace.echo,
        cancellation=cancellation,
        register=workplace.guardian.register,
        find_step_type=workplace.find_step_type,
    )
    try:
        return perform(request)
    except Refused:
        raise
    except Exception as failure:
        return failed(error_text("TR813", reason=f"{type(failure).__name__}: {failure}"))
    finally:
        log.close()


def log_folder(project: Path, run_id: str, *, make: bool = False) -> Path:
    """Return where a worker keeps the output of a run's steps. Errors: Refused with TR908."""
    folder = project / ".treadle" / RUNS / run_id
    if make:
        try:
            make_own_folder(project)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Refused.because("TR908", path=folder, reason=error.strerror) from error
    return folder


def _secrets(order: Order, workplace: Workplace) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, secret in order.secrets.items():
        text = workplace.secret(secret.source)
        if text is not None:
            found[name] = text
        elif secret.is_required:
            raise MissingSecret(secret.source)
    return found


def _moved(folder: str | None, from_project: str, to_project: Path) -> str | None:
    """Return a folder of the project as it stands where the step runs."""
    if folder is None:
        return None
    old, path = Path(from_project), Path(folder)
    return str(to_project / path.relative_to(old)) if path.is_relative_to(old) else folder


def _beat_s(longest_s: float) -> float:
    timeout = activity.info().heartbeat_timeout
    return longest_s if timeout is None else min(longest_s, timeout.total_seconds() / _BEATS)
