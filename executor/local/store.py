"""Where the runs of a project are kept: ``.treadle/runs/<id>/`` and an index that can be rebuilt.

| file of a run | holds |
|---|---|
| journal.db | every event, in transactions |
| plan.json | the plan, as it was compiled |
| lock | who works on it |
| groups | the process groups at work, while there are any |
| logs/NNNNNN.out, .err | the raw output of each attempt |

Reading never creates anything. The folder is private (mode 0700) and ignored by git.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from treadle.executor.errors import Reason, Refused
from treadle.executor.events import RunCreated
from treadle.executor.local import journal as journals
from treadle.executor.local.index import Index, Row
from treadle.executor.local.lock import is_held
from treadle.executor.program import Program
from treadle.executor.replay import replay
from treadle.executor.state import Run, RunStatus
from treadle.plan.plan import Plan
from treadle.plan.plan_file import PlanError, read_plan, write_plan

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
LATEST = "@latest"


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
    def lock(self) -> Path:
        """The file that the owner of the run has locked."""
        return self.path / "lock"

    @property
    def groups(self) -> Path:
        """The process groups at work."""
        return self.path / "groups"

    @property
    def logs(self) -> Path:
        """The folder of raw output."""
        return self.path / "logs"


class Store:
    """The runs of one project."""

    def __init__(self, project: Path) -> None:
        """Look at the runs of a project folder; nothing is created."""
        self.project = project
        self.folder = project / ".treadle"
        self.runs = self.folder / "runs"
        self.index = Index(self.folder / "index.db")

    def create(self, run_id: str, plan: Plan) -> RunFolder:
        """Make the folder of a new run.

        Errors: Refused with TR906 (the id is in use), TR907 (not an id) or TR908 (the disk).
        """
        if RUN_ID.fullmatch(run_id) is None:
            raise Refused.because("TR907", run=run_id)
        folder = RunFolder(self.runs / run_id)
        try:
            self._make_private()
            folder.path.mkdir(mode=0o700, exist_ok=True)
            if folder.journal.exists() and _first_event(folder) is not None:
                raise Refused.because("TR906", run=run_id)
            folder.logs.mkdir(exist_ok=True)
            write_plan(folder.plan, plan)
        except OSError as error:
            raise Refused.because(
                "TR908", path=error.filename or folder.path, reason=error.strerror
            ) from error
        return folder

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
            raise Refused.because("TR904", run=name)
        return RunFolder(self.runs / longer[0])

    def load(self, folder: RunFolder) -> tuple[Program, Run]:
        """Return a run's plan and state.

        Errors: Refused with TR601-603, TR901, TR902 or TR904.
        """
        if not folder.plan.exists():
            raise Refused.because("TR904", run=folder.id)
        try:
            program = Program.of(read_plan(folder.plan))
        except PlanError as error:
            text = str(error)
            raise Refused(Reason(code=error.code, message=text, hint=error.hint)) from error
        try:
            run = replay(program, journals.read(folder.journal, folder.id))
        except ValueError as error:
            raise Refused.because("TR901", run=folder.id, reason=error) from error
        if run is None:
            raise Refused.because("TR904", run=folder.id)
        return program, run

    def shown_status(self, folder: RunFolder, run: Run) -> RunStatus:
        """Return a run's status; one that runs without a living process is interrupted."""
        if run.status is RunStatus.RUNNING and not is_held(folder.lock):
            return RunStatus.INTERRUPTED
        return run.status

    def rows(self) -> tuple[Row, ...]:
        """Return a line for every run, the latest first; damaged runs are left out."""
        known = {row.run_id: row for row in self.index.rows()}
        rows = []
        for run_id in self._ids():
            row = known.get(run_id)
            if row is None or row.status == RunStatus.RUNNING.value:
                row = self._row(run_id)
            if row is not None:
                rows.append(row)
        return tuple(sorted(rows, key=lambda row: (row.updated_at, row.run_id), reverse=True))

    def _row(self, run_id: str) -> Row | None:
        folder = RunFolder(self.runs / run_id)
        with suppress(Refused):
            program, run = self.load(folder)
            return Row(
                run_id=run_id,
                workflow_id=program.plan.id,
                status=self.shown_status(folder, run).value,
                updated_at=run.updated_at,
            )
        return None

    def _ids(self) -> Iterator[str]:
        with suppress(OSError), os.scandir(self.runs) as entries:
            for entry in entries:
                if RUN_ID.fullmatch(entry.name) is not None and entry.is_dir():
                    yield entry.name

    def _make_private(self) -> None:
        if self.folder.is_symlink() or self.runs.is_symlink():
            raise Refused.because("TR908", path=self.folder, reason="it is a symbolic link")
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700, parents=False, exist_ok=True)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        self.runs.mkdir(mode=0o700, exist_ok=True)


def _first_event(folder: RunFolder) -> RunCreated | None:
    for events in journals.read(folder.journal, folder.id):
        first = events[0]
        return first if isinstance(first, RunCreated) else None
    return None
