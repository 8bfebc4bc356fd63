"""Lists of the runs of a task queue, by what Temporal's own lists know: no worker is asked.

A list shows runs a moment later than they are. What the server can choose by, it chooses by; the
rest is for whoever reads the rows:

| filter | the server |
|---|---|
| the workflow | knows it as the type |
| running, paused | knows them where it has treadle's search attributes |
| another status | cannot: an older workflow of the same run may have had it |
| since | leaves out what was closed before |
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from treadle.executor.errors import Refused
from treadle.executor.local.index import Row
from treadle.executor.local.pending import PendingGate
from treadle.executor.local.store import LATEST
from treadle.executor.state import RunStatus
from treadle.executor.temporal.connection import Target, has_attributes
from treadle.executor.temporal.messages import OF_STATUS
from treadle.executor.temporal.trouble import refused_by

_OPEN = frozenset({RunStatus.RUNNING, RunStatus.PAUSED})
_A_PAGE = 1_000  # what the server answers with at once: those at work, then the last closed
_NEED_WORKFLOW = (RunStatus.RUNNING.value, RunStatus.PAUSED.value)
_AT_WORK = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW)


class Wanted(Struct, frozen=True, kw_only=True):
    """Which runs are meant. Units: `since` is an ISO 8601 time in UTC."""

    statuses: Sequence[RunStatus] = ()
    workflow: str | None = None
    since: str | None = None


class Listed(Struct, frozen=True, kw_only=True):
    """A run in a list. Shapes: `gates` is None for one that does not list those that wait."""

    row: Row
    gates: tuple[PendingGate, ...] | None


EVERY = Wanted()


async def find(client: Client, target: Target, name: str) -> str:
    """Return the id that a name stands for: an id, its unique beginning or ``@latest``.

    Errors: Refused with TR904 or TR909.
    """
    if name == LATEST:
        latest = await listed(client, target, at_most=_A_PAGE)
        if not latest:
            raise Refused.because("TR904", run=name)
        return latest[0].row.run_id
    try:
        await client.get_workflow_handle(name).describe()
        return name
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            raise refused_by(error, target.address) from error
    if not name or "'" in name:
        raise Refused.because("TR904", run=name)
    query = f"{_of_queue(target)} AND WorkflowId STARTS_WITH '{name}'"
    found = sorted({each.id async for each in _found(client, target, query)})
    if len(found) > 1:
        raise Refused.because("TR909", run=name, runs=", ".join(found[:5]))
    if not found:
        raise Refused.because("TR904", run=name)
    return found[0]


async def listed(
    client: Client, target: Target, wanted: Wanted = EVERY, *, at_most: int | None = None
) -> tuple[Listed, ...]:
    """Return the runs of a task queue, the latest first; more than are wanted may be there.

    Errors: Refused with TR872.
    """
    is_known = bool(wanted.statuses) and await has_attributes(client)
    query = " AND ".join((_of_queue(target), *_conditions(wanted, is_known=is_known)))
    found: dict[str, Listed] = {}
    async for each in _found(client, target, query):
        # A run that went on in another workflow is listed once for each, the latest first.
        if each.id not in found:
            found[each.id] = await _listed(each)
        if at_most is not None and len(found) == at_most:
            break
    return tuple(
        sorted(found.values(), key=lambda r: (r.row.updated_at, r.row.run_id), reverse=True)
    )


def _of_queue(target: Target) -> str:
    return f"TaskQueue = {_quoted(target.task_queue)}"


def _conditions(wanted: Wanted, *, is_known: bool) -> Iterator[str]:
    if wanted.workflow is not None:
        yield f"WorkflowType = {_quoted(wanted.workflow)}"
    if wanted.since is not None:
        yield f"(ExecutionStatus = 'Running' OR CloseTime >= {_quoted(wanted.since)})"
    if wanted.statuses and _OPEN.issuperset(wanted.statuses):
        yield "ExecutionStatus = 'Running'"
        if is_known:
            words = ", ".join(_quoted(status.value) for status in wanted.statuses)
            yield f"{OF_STATUS} IN ({words})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


async def _found(client: Client, target: Target, query: str) -> AsyncIterator[WorkflowExecution]:
    try:
        async for each in client.list_workflows(query):
            yield each
    except RPCError as error:
        raise refused_by(error, target.address) from error


async def _listed(execution: WorkflowExecution) -> Listed:
    memo = await execution.memo()
    row = _row(execution, memo)
    is_paused = row.status == RunStatus.PAUSED.value
    gates = memo.get("gates") if is_paused else []
    if gates is None:
        return Listed(row=row, gates=None)
    return Listed(row=row, gates=tuple(_gate(row, gate) for gate in gates))


def _row(execution: WorkflowExecution, memo: Mapping[str, Any]) -> Row:
    started_at = execution.start_time.isoformat(timespec="milliseconds")
    status = str(memo.get("status", RunStatus.RUNNING.value))
    if status in _NEED_WORKFLOW and execution.status not in _AT_WORK:
        status = RunStatus.INTERRUPTED.value
    return Row(
        run_id=execution.id,
        workflow_id=str(memo.get("workflow", execution.workflow_type)),
        status=status,
        created_at=str(memo.get("created_at", started_at)),
        updated_at=str(memo.get("updated_at", started_at)),
        started_by=memo.get("started_by"),
    )


def _gate(row: Row, gate: Mapping[str, Any]) -> PendingGate:
    return PendingGate(
        run_id=row.run_id,
        workflow_id=row.workflow_id,
        step_id=str(gate["step_id"]),
        address=str(gate["address"]),
        message=gate["message"],
        options=tuple(gate["options"]),
        since=str(gate["since"]),
        due=gate["due"],
    )
