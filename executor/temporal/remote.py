"""The calls to a Temporal server, with its answers in treadle's own words."""

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from temporalio.api.common.v1 import WorkflowExecution as WorkflowExecutionName
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
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
from treadle.executor.state import Run, RunStatus
from treadle.executor.temporal.connection import Target, has_attributes
from treadle.executor.temporal.course import Reader
from treadle.executor.temporal.messages import (
    JOURNAL,
    OF_STATUS,
    OF_WORKFLOW,
    REFUSED,
    Accepted,
    Opening,
    Page,
    Reasons,
    plain,
    read,
)
from treadle.executor.temporal.requests import refusal_of
from treadle.executor.temporal.showing import about
from treadle.plan.expression import Json
from treadle.plan.plan import Plan

_ANSWER_WITHIN = timedelta(seconds=5)
_PATIENT_ATTEMPTS = 2
_EVENTS_OF_A_FAILURE = 10
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
_NO_WORKER = frozenset({RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
_AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.FAILED_PRECONDITION})

Tell = Callable[[str], None]


class Beginning(Struct, frozen=True, kw_only=True):
    """What a workflow on Temporal says of its run.

    Shapes: `inputs` are those that it begins with; `is_again` says that there was a workflow of
    this id, which is closed.
    """

    run_id: str
    plan: Plan
    inputs: Mapping[str, Json]
    started_by: str | None
    created_at: str
    updated_at: str
    is_again: bool = False


class Execution(Struct, frozen=True, kw_only=True):
    """The latest workflow of a run. Shapes: `id` is Temporal's own; `closed` is how it ended."""

    id: str
    closed: str | None


async def begin(client: Client, target: Target, opening: Opening, begun: Beginning) -> None:
    """Begin a run, or go on with one whose workflow is closed.

    Errors: Refused with TR906 when there is one of that id, TR880 when somebody else was quicker.
    """
    limits = replace(opening.limits, has_attributes=await has_attributes(client))
    workflow = begun.plan.id
    again, never = WorkflowIDReusePolicy.ALLOW_DUPLICATE, WorkflowIDReusePolicy.REJECT_DUPLICATE
    pairs = [(OF_WORKFLOW, workflow), (OF_STATUS, RunStatus.RUNNING.value)]
    attributes = TypedSearchAttributes(
        [SearchAttributePair(SearchAttributeKey.for_keyword(n), v) for n, v in pairs]
    )
    try:
        await client.start_workflow(
            workflow,
            plain(replace(opening, limits=limits, shows_gates=True)),
            id=begun.run_id,
            task_queue=target.task_queue,
            id_reuse_policy=again if begun.is_again else never,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=attributes if limits.has_attributes else None,
            memo={
                "workflow": workflow,
                "status": RunStatus.RUNNING.value,
                "started_by": begun.started_by,
                "created_at": begun.created_at,
                "updated_at": begun.updated_at,
                "gates": [],
            },
            static_summary=begun.plan.name,
            static_details=about(
                begun.plan, begun.inputs, run_id=begun.run_id, by=begun.started_by
            ),
        )
    except WorkflowAlreadyStartedError as error:
        code = "TR880" if begun.is_again else "TR906"
        raise Refused.because(code, run=begun.run_id) from error


async def execution(client: Client, run_id: str) -> Execution:
    """Return the latest workflow of a run. Errors: Refused with TR904 or TR875."""
    try:
        found = await client.get_workflow_handle(run_id).describe()
    except RPCError as error:
        code = "TR904" if error.status is RPCStatusCode.NOT_FOUND else "TR875"
        raise Refused.because(code, run=run_id, reason=error.message) from error
    return Execution(id=found.run_id or "", closed=_closed(found.status))


def shown_status(run: Run, latest: Execution) -> RunStatus:
    """Return the status to show: a run that needs a workflow and has none is interrupted."""
    needs_workflow = run.status in (RunStatus.RUNNING, RunStatus.PAUSED)
    return RunStatus.INTERRUPTED if needs_workflow and latest.closed is not None else run.status


async def is_known(client: Client, run_id: str) -> bool:
    """Whether there is a run of that id. Errors: Refused with TR875."""
    try:
        await execution(client, run_id)
    except Refused as refused:
        if refused.problems[0].code == "TR904":
            return False
        raise
    return True


async def until_closed(client: Client, run_id: str) -> Execution:
    """Return the workflow of a run that has ended, when it is closed: it takes a moment."""
    while True:
        found = await execution(client, run_id)
        if found.closed is not None:
            return found
        await asyncio.sleep(_FIRST_PAUSE_S)


async def update(client: Client, run_id: str, name: str, ask: Struct) -> int | None:
    """Ask something of a run; return the number of the transaction that this has become.

    Shapes: None when its workflow is closed. Errors: Refused by the run, or with TR875.
    """
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(run_id)
    try:
        return read(Accepted, await handle.execute_update(name, plain(ask))).transaction
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        if isinstance(cause, ApplicationError) and cause.type == REFUSED and cause.details:
            raise refusal_of(read(Reasons, cause.details[0])) from error
        raise Refused.because("TR875", run=run_id, reason=str(cause)) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise Refused.because("TR875", run=run_id, reason="no worker answers") from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise Refused.because("TR875", run=run_id, reason=error.message) from error


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
        if not is_moving and pause_s >= _LONGEST_PAUSE_S:
            how = (await execution(client, run_id)).closed
            await read_all(client, run_id, reader, tell=tell)
            if how is not None and reader.state().status is RunStatus.RUNNING:
                raise Refused.because("TR882", run=run_id, how=how)
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
                reason = f"its workers fail to go on with it: {await _failure(client, run_id)}"
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


async def _failure(client: Client, run_id: str) -> str:
    """Return what a worker has said when it failed to go on with a run for the first time."""
    latest = await client.workflow_service.get_workflow_execution_history_reverse(
        GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace,
            execution=WorkflowExecutionName(workflow_id=run_id),
            maximum_page_size=_EVENTS_OF_A_FAILURE,
        )
    )
    said = (e.workflow_task_failed_event_attributes.failure.message for e in latest.history.events)
    return next((text.partition("\n")[0] for text in said if text), "their logs say why")


def new_id() -> str:
    """Return an id that no run has."""
    return os.urandom(4).hex()


def _closed(status: WorkflowExecutionStatus | None) -> str | None:
    """Return how a workflow ended, None when it has not: a run goes on in the next history."""
    if status in (None, WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW):
        return None
    return str(status.name).lower().replace("_", " ") if status is not None else None
