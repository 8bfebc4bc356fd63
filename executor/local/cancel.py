"""Cancels a run: by its own process when there is one, else here.

The process that works on the run ends what is in flight, does the `finally` and goes; this one
waits for that. A run that rests is brought to its end by this process.
"""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.errors import Refused, refuse_problems
from treadle.executor.events import CancelRequested
from treadle.executor.local.cancel_request import drop_request, leave_request
from treadle.executor.local.drive import Rested, drive, in_its_group
from treadle.executor.local.guardian import end_survivors
from treadle.executor.local.host import Host, user
from treadle.executor.local.lock import RunLock
from treadle.executor.local.session import merged_inputs
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.program import Program
from treadle.executor.state import Run, RunStatus
from treadle.plan.inputs import Given, InputSet, Resolved
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.plan import OnConflict, Plan
from treadle.plan.reads import inputs_read
from treadle.plan.steps import walk

_HOLDER = lazy_pattern(r"process ([0-9]+) on (.+)")
_LOOK_AGAIN_S = 0.05


class Patience(Struct, frozen=True, kw_only=True):
    """How long a process may take until it takes note: longer than the grace of its steps.

    Units: seconds. Once it has taken note its `finally` may take as long as it likes.
    """

    limit_s: float = 30.0
    clock: Callable[[], float] = monotonic
    pause: Callable[[], None] = lambda: sleep(_LOOK_AGAIN_S)


def cancel(
    name: str,
    *,
    host: Host,
    reason: str | None = None,
    environment: Callable[[Plan], Mapping[str, Given]] | None = None,
    patience: Patience | None = None,
) -> Rested:
    """End a run for good, after its `finally`, whoever works on it.

    Shapes: `name` and `environment` are as for `resume`: a `finally` may need secrets again.
    Errors: Refused with TR910 (it has ended), TR911 (no answer), TR912 (out of reach), or as
    `resume`.
    """
    store = Store(host.project)
    folder = store.find(name)
    _, run = store.load(folder)
    _check_open(folder, run)
    lock, was_asked = _owned(folder, host=host, reason=reason, patience=patience or Patience())
    try:
        program, run = store.load(folder)
        if was_asked and run.status is RunStatus.CANCELLED:
            return Rested(run=run, folder=folder, warnings=(), interrupted_by=None)
        _check_open(folder, run)
        resolved = _secrets(program, run, host=host, environment=environment)
        event = CancelRequested(at=host.clock(), by=user(), reason=reason)
        with in_its_group(
            _waiting(program.plan), resolved, run_id=folder.id, host=host, store=store
        ):
            end_survivors(folder.groups)
            return drive(
                program, run, event, host=host, store=store, folder=folder, resolved=resolved
            )
    finally:
        lock.release()


def make_way(run_id: str, *, project: Path, environment: Mapping[str, str]) -> bool:
    """Cancel a run for another one of its group; return False while nothing of it is recorded.

    One that has ended meanwhile is out of the way, and one that is in its `finally` soon will be:
    that is not cut off.
    Errors: as for `cancel`, but for TR904 and TR910.
    """
    store = Store(project)
    try:
        _, run = store.load(store.find(run_id))
        if run.closing is None:
            cancel(
                run_id,
                host=Host(project=project, environment=environment),
                reason="replaced by another run of its group",
            )
    except Refused as refused:
        code = refused.problems[0].code
        if code not in ("TR904", "TR910"):
            raise
        return code == "TR910"
    return True


def _waiting(plan: Plan) -> Plan:
    """Return a plan under which a `finally` takes its turn, and a run without one needs none."""
    if plan.concurrency is None or not plan.closing:
        return replace(plan, concurrency=None)
    return replace(plan, concurrency=replace(plan.concurrency, on_conflict=OnConflict.WAIT))


def _check_open(folder: RunFolder, run: Run) -> None:
    if run.status.is_final:
        raise Refused.because("TR910", run=folder.id, status=run.status.value)


def _secrets(
    program: Program,
    run: Run,
    *,
    host: Host,
    environment: Callable[[Plan], Mapping[str, Given]] | None,
) -> Resolved:
    """Return the secrets that there are. Errors: Refused for those that a `finally` reads."""
    plan = program.plan
    if not plan.closing:
        return Resolved(values=run.inputs, secrets={})
    resolved = merged_inputs(plan, run, {}, host=host, lenient=True, environment=environment)
    secrets = InputSet(plan.inputs).secrets
    for step in walk(plan.closing):
        read = inputs_read(step)
        secrets -= read if read is not None else secrets
    refuse_problems([each for each in resolved.problems if each.field not in secrets])
    return resolved


def _owned(
    folder: RunFolder, *, host: Host, reason: str | None, patience: Patience
) -> tuple[RunLock, bool]:
    """Return the lock of a run, and whether its owner was asked to cancel before."""
    was_asked, ends_at = False, patience.clock() + patience.limit_s
    while True:
        try:
            return RunLock(folder.lock, folder.id), was_asked
        except Refused as refused:
            if refused.problems[0].code != "TR903":
                raise
            is_busy = refused
        holder = _holder(folder.lock)
        if not was_asked and holder is not None:
            was_asked = _ask(folder, holder, host=host, reason=reason)
        if patience.clock() >= ends_at and not was_asked:
            raise is_busy
        if patience.clock() >= ends_at and folder.cancel.exists():
            drop_request(folder.cancel)
            raise Refused.because("TR911", run=folder.id)
        patience.pause()


def _ask(folder: RunFolder, holder: tuple[int, str], *, host: Host, reason: str | None) -> bool:
    """Leave a wish and tell the owner of the run to look; return whether it is still there."""
    process, machine = holder
    if machine != os.uname().nodename:
        raise _out_of_reach(folder, holder, "it runs on another machine")
    if not _has_open(process, folder.lock):
        return False
    try:
        leave_request(folder.cancel, by=user(), at=host.clock(), reason=reason)
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:
        drop_request(folder.cancel)
        return False
    except OSError as error:
        with suppress(OSError):
            drop_request(folder.cancel)
        raise _out_of_reach(folder, holder, str(error.strerror)) from error
    return True


def _holder(lock: Path) -> tuple[int, str] | None:
    """Return the process and the machine that a lock names, None while it names nobody."""
    with suppress(OSError):
        found = _HOLDER.fullmatch(lock.read_text(encoding="utf-8", errors="replace").strip())
        if found is not None:
            return int(found[1]), found[2]
    return None


def _has_open(process: int, lock: Path) -> bool:
    """Whether a process has a lock open: a text that a dead owner left may name a stranger."""
    if not Path("/proc/self/fd").is_dir():
        return True
    try:
        files = list(Path(f"/proc/{process}/fd").iterdir())
    except PermissionError:
        return True
    except OSError:
        return False
    for file in files:
        with suppress(OSError):
            if file.samefile(lock):
                return True
    return False


def _out_of_reach(folder: RunFolder, holder: tuple[int, str], reason: str) -> Refused:
    named = f"process {holder[0]} on {holder[1]}"
    return Refused.because("TR912", run=folder.id, holder=named, reason=reason)
