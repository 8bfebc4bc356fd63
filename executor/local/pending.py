"""The gates of a project's runs that wait for somebody's answer."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from msgspec import Struct

from treadle.executor.errors import Refused
from treadle.executor.local.index import Row
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.open_steps import open_gates
from treadle.executor.state import Run, RunStatus
from treadle.plan.expression import Json
from treadle.plan.steps import GateStep


class PendingGate(Struct, frozen=True, kw_only=True):
    """A gate that waits.

    Units: ISO 8601 times in UTC; `since` is when it began to wait, `due` its deadline, if any.
    """

    run_id: str
    workflow_id: str
    step_id: str
    address: str
    message: Json
    options: tuple[str, ...]
    since: str
    due: str | None


def pending_gates(store: Store, rows: Sequence[Row]) -> tuple[PendingGate, ...]:
    """Return the gates that wait in paused runs among `rows`, the longest waiting first.

    A run that cannot be read has none.
    """
    found: list[PendingGate] = []
    for row in rows:
        if row.status == RunStatus.PAUSED.value:
            with suppress(Refused):
                found += open_gates_of(store.load(RunFolder(store.runs / row.run_id))[1])
    return in_order(found)


def in_order(gates: Sequence[PendingGate]) -> tuple[PendingGate, ...]:
    """Return gates in the order in which people want to see them: the longest waiting first."""
    return tuple(sorted(gates, key=lambda gate: (gate.since, gate.run_id, gate.address)))


def open_gates_of(run: Run) -> Iterator[PendingGate]:
    """Yield the gates of a run that wait."""
    for gate in open_gates(run):
        yield PendingGate(
            run_id=run.id,
            workflow_id=run.program.plan.id,
            step_id=gate.qualified,
            address=gate.address,
            message=(gate.output or {}).get("message"),
            options=gate.step.options if isinstance(gate.step, GateStep) else (),
            since=gate.finished_at or run.updated_at,
            due=gate.due,
        )
