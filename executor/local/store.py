"""Where the runs of a project are kept: ``.treadle/runs/<id>/`` and an index that can be rebuilt.

| file of a run | holds |
|---|---|
| journal.db | every event, in transactions |
| plan.json | the plan, as it was compiled; the latest one of a run whose plan was replaced |
| plans/DIGEST.json | every plan of such a run, and those of workflows that expressions named |
| snapshot | the state behind one of the transactions: a cache, see snapshots.py |
| lock | who works on it |
| cancel.json | the wish that it be cancelled, for whoever works on it |
| groups | the process groups at work, while there are any |
| logs/NNNNNN.out, .err | the raw output of each attempt |

Reading never creates anything. The folder is private (mode 0700) and ignored by git.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from treadle.executor.errors import Refused, refusing_disk_errors
from treadle.executor.events import RunCreated
from treadle.executor.local import journal as journals
from treadle.executor.local import plan_files
from treadle.executor.local.index import Index, Row
from treadle.executor.local.lock import RunLock, is_held
from treadle.executor.local.logs import sync_folder
from treadle.executor.local.project import make_own_folder
from treadle.executor.local.restore import restored
from treadle.executor.local.snapshots import Snapshot, Snapshots, read_snapshot
from treadle.executor.program import Program
from treadle.executor.replay import ImpossibleError, replay
from treadle.executor.state import Run, RunStatus
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.plan import Plan
from treadle.plan.plan_file import parse_known_plan
from treadle.plan.problems import Problem

# What a run that was listed once may still be; any other word in the index is damage.
_AT_REST = frozenset(status.value for status in RunStatus if status.is_final or status.is_resumable)
RUN_ID = lazy_pattern(r"[A-Za-z0-9][A-Za-z0-9_-]*")
LATEST = "@latest"


Replay: TypeAlias = Callable[..., Run | None]


class RunFolder(Struct, frozen=True):
    """The files of one run."""

    path: Path

    @property
    def id(self) -> str:
        """The id of the run."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """The database of events."""
        return self.path / "journal.db"

    @property
    def plan(self) -> Path:
        """The plan as it was compiled."""
        return self.path / "plan.json"

    @property
    def plans(self) -> Path:
        """The folder of all plans of a run whose plan was replaced."""
        return self.path / "plans"

    @property
    def lock(self) -> Path:
        """The file that the owner of the run has locked."""
        return self.path / "lock"

    @property
    def cancel(self) -> Path:
        """The wish that the run be cancelled, until somebody takes note of it."""
        return self.path / "cancel.json"

    @property
    def groups(self) -> Path:
        """The process groups at work."""
        return self.path / "groups"

    @property
    def snapshot(self) -> Path:
        """The state as it was behind one of the transactions: a cache."""
        return self.path / "snapshot"

    @property
    def logs(self) -> Path:
        """The folder of raw output."""
        return self.path / "logs"


class Unreadable(Struct, frozen=True, kw_only=True):
    """A run that cannot be read, and why."""

    run_id: str
    problem: Problem


class Listing(Struct, frozen=True, kw_only=True):
    """The runs of a project: the latest first, and by their ids those that cannot be read."""

    rows: tuple[Row, ...]
    unreadable: tuple[Unreadable, ...] = ()


class Store:
    """The runs of one project."""

    def __init__(self, project: Path) -> None:
        """Look at the runs of a project folder; nothing is created."""
        self.project = project
        self.folder = project / ".treadle"
        self.runs = self.folder / "runs"
        self.index = Index(self.folder / "index.db")
        # The hashes of the files of plans that were found right, or written, by the runs' ids.
        self._plan_files: dict[str, str] = {}
        self._restored: set[str] = set()

    def create(self, run_id: str, plan: Plan) -> tuple[RunFolder, RunLock]:
        """Make the folder of a new run, which the caller owns from now on.

        Errors: Refused with TR903 (the id is at work), TR906 (it is in use), TR907 (not an id)
        or TR908 (the disk).
        """
        if RUN_ID.fullmatch(run_id) is None:
            raise Refused.because("TR907", run=run_id)
        folder = RunFolder(self.runs / run_id)
        with refusing_disk_errors(folder.path):
            is_first = not self.folder.exists()
            self.make_private()
            folder.path.mkdir(mode=0o700, exist_ok=True)
        # Whoever looked whether the id is free before having the lock could write over a run.
        lock = RunLock(folder.lock, folder.id)
        try:
            if folder.journal.exists() and _first_event(folder) is not None:
                raise Refused.because("TR906", run=run_id)
            with refusing_disk_errors(folder.path):
                folder.logs.mkdir(exist_ok=True)
                self._plan_files[run_id] = plan_files.write_at_once(folder.plan, plan)
                for made in (self.runs, *((self.folder, self.project) if is_first else ())):
                    sync_folder(made)
        except BaseException:
            lock.release()
            raise
        return folder, lock

    def find(self, name: str) -> RunFolder:
        """Return the run of that id, unique beginning of an id, or the latest (``@latest``).

        Errors: Refused with TR904 (none), TR907 (not an id) or TR909 (several).
        """
        if name == LATEST:
            rows = self.rows()
            if not rows:
                raise Refused.because("TR904", run=name)
            return RunFolder(self.runs / rows[0].run_id)
        if RUN_ID.fullmatch(name) is None:
            raise Refused.because("TR907", run=name)
        ids = list(self._ids())
        if name in ids:
            return RunFolder(self.runs / name)
        longer = sorted(run_id for run_id in ids if run_id.startswith(name))
        if len(longer) > 1:
            shown = ", ".join(longer[:5]) + (", …" if len(longer) > 5 else "")
            raise Refused.because("TR909", run=name, runs=shown)
        if not longer:
            raise Refused.because("TR904", run=name, hint=self._instead_of(name, ids))
        return RunFolder(self.runs / longer[0])

    def _instead_of(self, name: str, ids: Sequence[str]) -> str | None:
        """Return what to write instead of a name that is no run's."""
        of_workflow = [row for row in self.rows() if row.workflow_id == name]
        if of_workflow:
            return f"that is a workflow; its latest run is '{of_workflow[0].run_id}'"
        from difflib import get_close_matches  # 2 ms, for a mistake only

        near = get_close_matches(name, ids, 1)
        if near:
            return f"did you mean '{near[0]}'?"
        return "'treadle status' lists the runs" if ids else None

    def load(self, folder: RunFolder) -> tuple[Program, Run]:
        """Return a run's plan and state; with a snapshot only the events behind it are applied.

        Who goes back in the run needs `load_whole`: a snapshot leaves out what only that asks for.
        Errors: as by `load_whole`.
        """
        snapshot = read_snapshot(folder.snapshot)
        program = self._known_program(folder, snapshot) if snapshot is not None else None
        if snapshot is not None and program is not None:
            run = restored(
                snapshot,
                program,
                journal=folder.journal,
                run_id=folder.id,
                programs=plan_files.programs(folder.plans, program),
            )
            if run is not None:
                self._restored.add(folder.id)
                return run.program, run
        return self.load_whole(folder)

    def load_whole(self, folder: RunFolder, *, follow: Replay = replay) -> tuple[Program, Run]:
        """Return a run's plan and state out of all of its events.

        Shapes: `follow` replays the journal: by applying what stands there, or by deciding again.
        Errors: Refused with TR601-603, TR901, TR902, TR904, TR930, TR931 or TR985.
        """
        source = _plan_text(folder)
        program = plan_files.program_of(source)
        self._plan_files[folder.id] = sha256(source).hexdigest()
        try:
            transactions = journals.read(folder.journal, folder.id)
            run = follow(program, transactions, programs=plan_files.programs(folder.plans, program))
        except ImpossibleError as error:
            raise Refused.because("TR930", run=folder.id, reason=error) from error
        if run is None:
            raise Refused.because("TR904", run=folder.id)
        if run.id != folder.id:
            raise Refused.because("TR931", run=folder.id, other=run.id)
        return run.program, run

    def replace_plan(self, folder: RunFolder, old: Plan, new: Plan) -> None:
        """Put a new plan into a run's folder, beside all plans it had.

        Which plan counts is for the journal to say: the run can be read at every moment.
        Errors: Refused with TR908.
        """
        with refusing_disk_errors(folder.plan):
            for plan in (old, new):
                plan_files.keep(folder.plans, plan)
            self._plan_files[folder.id] = plan_files.write_at_once(folder.plan, new)

    def snapshots(self, folder: RunFolder) -> Snapshots:
        """Return who writes the snapshots of a run, for the holder of its lock."""
        return Snapshots(
            path=folder.snapshot,
            journal=folder.journal,
            plan_file=self._plan_files.get(folder.id, ""),
            is_there=folder.id in self._restored,
        )

    def _known_program(self, folder: RunFolder, snapshot: Snapshot) -> Program | None:
        """Return the program of a run's plan; a file that was found right is not checked again."""
        try:
            source = folder.plan.read_bytes()
            digest = sha256(source).hexdigest()
            is_known = digest == snapshot.plan_file
            program = (
                Program.of(parse_known_plan(source)) if is_known else plan_files.program_of(source)
            )
        except (OSError, Refused):
            return None
        self._plan_files[folder.id] = digest
        return program

    def keep_plan(self, folder: RunFolder, plan: Plan) -> None:
        """Keep the plan of a workflow that a run calls. Errors: Refused with TR908."""
        with refusing_disk_errors(folder.plans):
            plan_files.keep(folder.plans, plan)

    def shown_status(self, folder: RunFolder, run: Run) -> RunStatus:
        """Return a run's status; one that runs without a living process is interrupted."""
        if run.status is RunStatus.RUNNING and not is_held(folder.lock):
            return RunStatus.INTERRUPTED
        return run.status

    def rows(self) -> tuple[Row, ...]:
        """Return a line for every run that can be read, the latest first."""
        return self.listing().rows

    def listing(self) -> Listing:
        """Return a line for every run; the index answers for those that rest.

        A run that the index does not know, or knows to be at work, is read; a folder in which
        nothing was begun is no run.
        """
        known = {row.run_id: row for row in self.index.rows() if row.status in _AT_REST}
        rows, unreadable = [], []
        for run_id in self._ids():
            found = known.get(run_id) or self._looked_up(run_id)
            if isinstance(found, Row):
                rows.append(found)
            elif found is not None:
                unreadable.append(found)
        rows.sort(key=lambda row: (row.updated_at, row.run_id), reverse=True)
        unreadable.sort(key=lambda each: each.run_id)
        return Listing(rows=tuple(rows), unreadable=tuple(unreadable))

    def _looked_up(self, run_id: str) -> Row | Unreadable | None:
        folder = RunFolder(self.runs / run_id)
        try:
            _, run = self.load(folder)
        except Refused as refused:
            first = refused.problems[0]
            return None if first.code == "TR904" else Unreadable(run_id=run_id, problem=first)
        return row_of(run, self.shown_status(folder, run))

    def _ids(self) -> Iterator[str]:
        """Yield the ids of the runs. Errors: Refused with TR101 when nobody can tell."""
        try:
            with os.scandir(self.runs) as entries:
                for entry in entries:
                    if RUN_ID.fullmatch(entry.name) is not None and entry.is_dir():
                        yield entry.name
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise Refused.because("TR101", path=self.runs, reason=error.strerror) from error

    def make_private(self) -> None:
        """Make the folder of the runs, for nobody else. Errors: Refused with TR908; OSError."""
        if self.folder.is_symlink() or self.runs.is_symlink():
            raise Refused.because("TR908", path=self.folder, reason="it is a symbolic link")
        make_own_folder(self.project)
        self.runs.mkdir(mode=0o700, exist_ok=True)


def row_of(run: Run, status: RunStatus) -> Row:
    """Return what a list shows of a run."""
    return Row(
        run_id=run.id,
        workflow_id=run.program.plan.id,
        status=status.value,
        created_at=run.created_at,
        updated_at=run.updated_at,
        started_by=run.started_by,
    )


def _plan_text(folder: RunFolder) -> bytes:
    """Return the file of a run's plan. Errors: Refused with TR904 or TR985."""
    try:
        if folder.plan.exists() and folder.journal.exists():
            return folder.plan.read_bytes()
    except OSError as error:
        place = Path(error.filename or folder.path).name
        reason = f"{place}: {error.strerror}"
        raise Refused.because("TR985", run=folder.id, reason=reason) from error
    # Whoever made the folder was killed before it wrote anything.
    raise Refused.because("TR904", run=folder.id)


def _first_event(folder: RunFolder) -> RunCreated | None:
    for events in journals.read(folder.journal, folder.id):
        first = events[0]
        return first if isinstance(first, RunCreated) else None
    return None
