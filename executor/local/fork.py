"""Copies a run under an id of its own, and goes on with the copy from one of its steps.

The copy is made in a folder whose name is no run's id, and gets its id when it is whole and the
first thing that makes it differ is written: whoever is killed before leaves no run behind. The
run that it is made of is only read. What is left of a copy that was never finished is removed by
the next fork.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from treadle.executor.decide import Decision, decide
from treadle.executor.errors import Refused, refusing_disk_errors
from treadle.executor.events import RunForked
from treadle.executor.find_step import find_step
from treadle.executor.local import journal as journals
from treadle.executor.local.drive import Rested, drive, in_its_group
from treadle.executor.local.host import Host, commit, user
from treadle.executor.local.journal import Journal
from treadle.executor.local.lock import RunLock, is_held, shared
from treadle.executor.local.logs import sync_folder
from treadle.executor.local.mending import Aim, Request, allowed_to
from treadle.executor.local.session import new_id
from treadle.executor.local.store import RUN_ID, RunFolder, Store
from treadle.executor.program import Program
from treadle.executor.prospect import Approve
from treadle.executor.state import Run
from treadle.plan.plan_file import read_plan, write_plan

_UNFINISHED = ".fork-"


def fork(
    request: Request, step: str, *, host: Host, approve: Approve, run_id: str | None = None
) -> Rested:
    """Copy a run and run a step of the copy again with everything behind it, until it rests.

    Shapes: `step` is an id or an address; the run may be in any state but at work.
    Errors: Refused when the run, the step, an input or a choice is; TR906 or TR907 for the id of
    the copy, TR938 when it is not approved of; there is no copy then.
    """
    store = Store(host.project)
    source = store.find(request.name)
    chosen_id = run_id if run_id is not None else new_id(store)
    _check_free(store, chosen_id)
    with ExitStack() as reading:
        reading.enter_context(shared(source.lock, source.id))
        program, run = store.load_whole(source)
        address = find_step(run, step).address
        aim = Aim(status=run.status, addresses=(address,), run_id=chosen_id)
        allowed = allowed_to(aim, run, request, host=host, approve=approve)
        resolved = allowed.resolved
        with in_its_group(program.plan, resolved, run_id=chosen_id, host=host, store=store):
            at = host.clock()
            event = RunForked(
                run_id=chosen_id,
                at=at,
                by=user(),
                address=address,
                inputs=allowed.told,
                answers=allowed.answers(at=at),
                commit=commit(host),
            )
            with _copied(store, source, program, run, event) as (folder, decision):
                reading.close()  # the run itself is free again
                return drive(
                    program,
                    decision.run,
                    decision,
                    host=host,
                    store=store,
                    folder=folder,
                    resolved=resolved,
                )


def _check_free(store: Store, run_id: str) -> None:
    if RUN_ID.fullmatch(run_id) is None:
        raise Refused.because("TR907", run=run_id)
    if (store.runs / run_id).exists():
        raise Refused.because("TR906", run=run_id)


@contextmanager
def _copied(
    store: Store, source: RunFolder, program: Program, run: Run, event: RunForked
) -> Iterator[tuple[RunFolder, Decision]]:
    """Make the copy, and hold its lock while somebody works on it."""
    _remove_unfinished(store)
    made = RunFolder(store.runs / f"{_UNFINISHED}{os.getpid()}-{event.run_id}")
    lock: RunLock | None = None
    try:
        try:
            with refusing_disk_errors(made.path):
                made.path.mkdir(mode=0o700)
                lock = RunLock(made.lock, event.run_id)
                decision = _written(source, made, program, run, event)
                whole = _published(store, made, event.run_id)
        finally:
            shutil.rmtree(made.path, ignore_errors=True)
        yield whole, decision
    finally:
        if lock is not None:
            lock.release()


def _written(
    source: RunFolder, made: RunFolder, program: Program, run: Run, event: RunForked
) -> Decision:
    """Write everything of a copy, its first decision included."""
    write_plan(made.plan, program.plan)
    if source.plans.is_dir():
        made.plans.mkdir(mode=0o700)
        for path in sorted(source.plans.glob("*.json")):
            write_plan(made.plans / path.name, read_plan(path))
        sync_folder(made.plans)
    made.logs.mkdir()
    for path in sorted(source.logs.glob("*")):
        _link(path, made.logs / path.name)
    journals.copy(source.journal, made.journal, source.id)
    decision = decide(program, run, event)
    journal = Journal(made.journal, event.run_id)
    try:
        journal.append([decision.events])
    finally:
        journal.close()
    for folder in (made.logs, made.path):
        sync_folder(folder)
    return decision


def _link(path: Path, target: Path) -> None:
    """Let a log stand in two folders: nobody ever writes to it again."""
    try:
        os.link(path, target)
    except OSError:
        # Some file systems have no links.
        shutil.copyfile(path, target)


def _published(store: Store, made: RunFolder, run_id: str) -> RunFolder:
    whole = RunFolder(store.runs / run_id)
    try:
        made.path.rename(whole.path)
    except OSError as error:
        if whole.path.exists():
            raise Refused.because("TR906", run=run_id) from error
        raise
    sync_folder(store.runs)
    return whole


def _remove_unfinished(store: Store) -> None:
    """Remove copies whose makers were killed."""
    with suppress(OSError):
        for path in sorted(store.runs.glob(f"{_UNFINISHED}*")):
            pid = path.name.removeprefix(_UNFINISHED).partition("-")[0]
            is_at_work = pid.isdigit() and Path("/proc", pid).exists()
            if not is_at_work and not is_held(path / "lock"):
                shutil.rmtree(path, ignore_errors=True)
