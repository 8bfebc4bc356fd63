"""Works on a run whose lock is held, until it rests."""

from contextlib import AbstractContextManager

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.actions.run import perform, ready
from treadle.executor.decide import Decision
from treadle.executor.errors import Refused
from treadle.executor.events import OutsideEvent, RunCreated
from treadle.executor.local.cancel_request import drop_request, take_request
from treadle.executor.local.groups import Conflict, in_group
from treadle.executor.local.guardian import Guardian
from treadle.executor.local.host import Host
from treadle.executor.local.index import Row
from treadle.executor.local.journal import Journal
from treadle.executor.local.process_limit import limited, slot_folder
from treadle.executor.local.runner import Runner
from treadle.executor.local.store import RunFolder, Store, row_of
from treadle.executor.local.surroundings import Surroundings
from treadle.executor.program import Program
from treadle.executor.state import Run, RunStatus
from treadle.plan.inputs import Resolved
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem


class Rested(Struct, frozen=True, kw_only=True):
    """A run that rests: paused, ended, or stopped by the signal of that number."""

    run: Run
    folder: RunFolder
    warnings: tuple[Problem, ...]
    interrupted_by: int | None


def drive(
    program: Program,
    run: Run | None,
    event: OutsideEvent | Decision,
    *,
    host: Host,
    store: Store,
    folder: RunFolder,
    resolved: Resolved,
) -> Rested:
    """Work on a run whose lock is held from an event until it rests.

    Shapes: a decision is an event that is on the disk already, and `run` the state behind it.
    """
    drop_request(folder.cancel)
    journal = Journal(folder.journal, folder.id)
    runner = Runner(
        program=program,
        run=run,
        journal=journal,
        logs=folder.logs,
        guardian=Guardian(folder.groups),
        snapshots=store.snapshots(folder),
        surroundings=_surroundings(host, store=store, folder=folder, resolved=resolved),
    )
    store.index.put(_row(program, run, event))
    try:
        rested = runner.drive(event)
    except Refused as refused:
        raise (refused if runner.run is None else _with_way_on(refused, folder.id)) from None
    finally:
        journal.close()
    store.index.put(row_of(rested, rested.status))
    return Rested(
        run=rested,
        folder=folder,
        warnings=resolved.warnings,
        interrupted_by=runner.interrupted_by,
    )


def _with_way_on(refused: Refused, run_id: str) -> Refused:
    """Return why a run that has begun stopped, with what goes on with it."""
    hint = f"nothing that is done is lost: 'treadle resume {run_id}' goes on once that is mended"
    return Refused(*(replace(each, hint=each.hint or hint) for each in refused.problems))


def _surroundings(
    host: Host, *, store: Store, folder: RunFolder, resolved: Resolved
) -> Surroundings:
    return Surroundings(
        project=host.project,
        environment=host.environment,
        secrets=resolved.secrets,
        perform=limited(
            perform,
            host.max_processes,
            slot_folder(host.environment),
            clock=host.clock,
        ),
        # Who waits for a slot needs a thread to wait in.
        ready=ready if host.max_processes is None else None,
        clock=host.clock,
        plans=host.plans,
        keep_plan=lambda plan: store.keep_plan(folder, plan),
        watch=host.watch,
        echo=host.echo,
        held_back=host.held_back,
        find_step_type=host.find_step_type,
        cancel_request=lambda: take_request(folder.cancel, host.clock),
    )


def _row(program: Program, run: Run | None, event: OutsideEvent | Decision) -> Row:
    """Return what a list shows of a run that begins, or goes on."""
    if run is not None:
        at = run.updated_at if isinstance(event, Decision) else event.at
        return replace(row_of(run, RunStatus.RUNNING), updated_at=at)
    if not isinstance(event, RunCreated):
        raise ValueError("a run begins with run-created")
    return Row(
        run_id=event.run_id,
        workflow_id=program.plan.id,
        status=RunStatus.RUNNING.value,
        created_at=event.at,
        updated_at=event.at,
        started_by=event.started_by,
    )


def in_its_group(
    plan: Plan, resolved: Resolved, *, run_id: str, host: Host, store: Store
) -> AbstractContextManager[None]:
    """Hold a place in the run's concurrency group, where its workflow has one."""

    def cancel_holder(run_id: str) -> bool:
        # Cancelling drives a run, so it stands above this module.
        from treadle.executor.local.cancel import make_way

        return make_way(run_id, project=host.project, environment=host.environment)

    return in_group(
        plan,
        resolved.values,
        store=store,
        run_id=run_id,
        clock=host.clock,
        conflict=Conflict(tell=host.held_up, cancel=cancel_holder),
    )
