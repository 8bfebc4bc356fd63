"""The calls to a Temporal server, with its answers in treadle's own words."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from itertools import count
from typing import Any

from msgspec.structs import replace
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from treadle.executor.errors import Refused
from treadle.executor.events import RunCreated
from treadle.executor.local.index import Row
from treadle.executor.local.store import LATEST
from treadle.executor.state import Run, RunStatus
from treadle.executor.temporal.connection import Target
from treadle.executor.temporal.course import Reader
from treadle.executor.temporal.messages import (
    CANCEL,
    JOURNAL,
    REFUSED,
    RESUME,
    Accepted,
    CancelAsk,
    Opening,
    Page,
    Reasons,
    ResumeAsk,
    plain,
    read,
)
from treadle.executor.temporal.requests import cancelled, refusal_of, resumed

_ANSWER_WITHIN = timedelta(seconds=5)
_PATIENT_ATTEMPTS = 2
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
_NO_WORKER = frozenset({RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
_AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.FAILED_PRECONDITION})

Tell = Callable[[str], None]


async def begin(
    client: Client, target: Target, opening: Opening, created: RunCreated, *, has_attributes: bool
) -> None:
    """Begin a run. Errors: Refused with TR906 when there is one of that id."""
    limits = replace(opening.limits, has_attributes=has_attributes)
    workflow = str(opening.plan["id"])
    pairs = [("TreadleWorkflow", workflow), ("TreadleStatus", RunStatus.RUNNING.value)]
    attributes = TypedSearchAttributes(
        [SearchAttributePair(SearchAttributeKey.for_keyword(n), v) for n, v in pairs]
    )
    try:
        await client.start_workflow(
            workflow,
            plain(replace(opening, limits=limits)),
            id=created.run_id,
            task_queue=target.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=attributes if has_attributes else None,
            memo={
                "workflow": workflow,
                "status": RunStatus.RUNNING.value,
                "started_by": created.started_by,
                "created_at": created.at,
                "updated_at": created.at,
            },
            static_summary=str(opening.plan["name"]),
        )
    except WorkflowAlreadyStartedError as error:
        raise Refused.because("TR906", run=created.run_id) from error


async def resume(client: Client, run_id: str, ask: ResumeAsk, *, run: Run, at: str) -> int:
    """Go on with a run; return the number of the transaction that this has become.

    Shapes: `run` is the run as it was seen last. Errors: Refused as on one machine.
    """
    return await _update(client, run_id, RESUME, plain(ask), lambda: resumed(run, ask, at=at))


async def cancel(client: Client, run_id: str, ask: CancelAsk, *, run: Run, at: str) -> int:
    """End a run; return the number of the transaction behind which it rests."""
    return await _update(client, run_id, CANCEL, plain(ask), lambda: cancelled(run, ask, at=at))


async def cancel_workflow(client: Client, run_id: str) -> None:
    """Have Temporal's own page say that a run was cancelled; it may be closed by now."""
    try:
        await client.get_workflow_handle(run_id).cancel()
    except RPCError:
        return


async def follow(
    client: Client, run_id: str, reader: Reader, *, resting_behind: int, tell: Tell
) -> Run:
    """Read on until a run rests behind the transaction of that number."""
    pause_s = _FIRST_PAUSE_S
    while True:
        before = reader.after
        await read_all(client, run_id, reader, tell=tell)
        run = reader.state()
        if reader.after >= resting_behind and run.status is not RunStatus.RUNNING:
            return run
        is_moving = reader.after > before
        pause_s = _FIRST_PAUSE_S if is_moving else min(_LONGEST_PAUSE_S, pause_s * 1.5)
        await asyncio.sleep(pause_s)


async def read_all(client: Client, run_id: str, reader: Reader, *, tell: Tell) -> None:
    """Read everything that is there of a run. Errors: Refused with TR904 or TR875."""
    handle = client.get_workflow_handle(run_id)
    is_told = False
    for attempt in count():
        try:
            asked = plain(reader.ask())
            given = await handle.query(JOURNAL, asked, rpc_timeout=_ANSWER_WITHIN)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Refused.because("TR904", run=run_id) from error
            if error.status not in _NO_WORKER | _AWAY:
                raise Refused.because("TR875", run=run_id, reason=error.message) from error
            if attempt >= _PATIENT_ATTEMPTS and await _is_failing(handle):
                reason = "its workers fail to go on with it, and their logs say why"
                raise Refused.because("TR875", run=run_id, reason=reason) from error
            if not is_told:
                is_told = True
                what = "the server" if error.status is RPCStatusCode.UNAVAILABLE else "a worker"
                tell(f"waiting for {what} to answer for run {run_id}")
            await asyncio.sleep(_LONGEST_PAUSE_S)
            continue
        except WorkflowQueryFailedError as error:
            raise Refused.because("TR875", run=run_id, reason=str(error)) from error
        if not reader.read(read(Page, given)):
            return


async def _is_failing(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether workers have tried several times to go on with a run, and could not."""
    try:
        described = await handle.describe()
    except RPCError:
        return False
    return described.raw_description.pending_workflow_task.attempt >= _PATIENT_ATTEMPTS


async def find(client: Client, target: Target, name: str) -> str:
    """Return the id that a name stands for: an id, its unique beginning or ``@latest``.

    Errors: Refused with TR904 or TR909.
    """
    if name == LATEST:
        latest = await rows(client, target, limit=1)
        if not latest:
            raise Refused.because("TR904", run=name)
        return latest[0].run_id
    try:
        await client.get_workflow_handle(name).describe()
        return name
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            raise _unreachable(target, error) from error
    if not name or "'" in name:
        raise Refused.because("TR904", run=name)
    found = sorted({each.id async for each in _listed(client, target, beginning=name)})
    if len(found) > 1:
        raise Refused.because("TR909", run=name, runs=", ".join(found[:5]))
    if not found:
        raise Refused.because("TR904", run=name)
    return found[0]


async def rows(client: Client, target: Target, *, limit: int | None = None) -> tuple[Row, ...]:
    """Return a line for every run of a task queue, the latest first."""
    found: dict[str, Row] = {}
    try:
        async for each in _listed(client, target):
            # A run that went on in a new history is listed once for each.
            found.setdefault(each.id, await _row(each))
            if limit is not None and len(found) == limit:
                break
    except RPCError as error:
        raise _unreachable(target, error) from error
    return tuple(sorted(found.values(), key=lambda r: (r.updated_at, r.run_id), reverse=True))


def new_id() -> str:
    """Return an id that no run has."""
    return os.urandom(4).hex()


def _listed(
    client: Client, target: Target, *, beginning: str | None = None
) -> AsyncIterator[WorkflowExecution]:
    query = f"TaskQueue = '{target.task_queue}'"
    if beginning is not None:
        query += f" AND WorkflowId STARTS_WITH '{beginning}'"
    return client.list_workflows(query)


async def _row(execution: WorkflowExecution) -> Row:
    memo = await execution.memo()
    started_at = execution.start_time.isoformat(timespec="milliseconds")
    return Row(
        run_id=execution.id,
        workflow_id=str(memo.get("workflow", execution.workflow_type)),
        status=str(memo.get("status", RunStatus.RUNNING.value)),
        created_at=str(memo.get("created_at", started_at)),
        updated_at=str(memo.get("updated_at", started_at)),
        started_by=memo.get("started_by"),
    )


async def _update(
    client: Client, run_id: str, name: str, ask: Any, judge: Callable[[], object]
) -> int:
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(run_id)
    try:
        return read(Accepted, await handle.execute_update(name, ask)).transaction
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        if isinstance(cause, ApplicationError) and cause.type == REFUSED and cause.details:
            raise refusal_of(read(Reasons, cause.details[0])) from error
        raise Refused.because("TR875", run=run_id, reason=str(cause)) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise Refused.because("TR875", run=run_id, reason="no worker answers") from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            judge()  # the workflow is closed, and the run says why nothing can follow
        raise Refused.because("TR875", run=run_id, reason=error.message) from error


def _unreachable(target: Target, error: RPCError) -> Refused:
    return Refused.because("TR872", address=target.address, reason=error.message)
