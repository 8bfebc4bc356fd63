"""Hands runs from one project to another: `export_run` writes an archive, `import_run` reads one.

What is imported has been proven: every row of its journal has the hash it should have, and the
whole journal was replayed. The run appears in one step, or not at all.
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.errors import Refused, refusing_disk_errors
from treadle.executor.events import Event, RunCreated, RunForked
from treadle.executor.local import journal as journals
from treadle.executor.local.archive import JOURNAL, damaged, unpack, write_archive
from treadle.executor.local.journal import Journal
from treadle.executor.local.prune import INCOMING
from treadle.executor.local.store import RUN_ID, RunFolder, Store, row_of
from treadle.executor.state import Run, RunStatus

_NAMING = (RunCreated, RunForked)


class Imported(Struct, frozen=True, kw_only=True):
    """A run that was imported. Shapes: `exported_id` is the id it had in the archive."""

    run: Run
    folder: RunFolder
    status: RunStatus
    exported_id: str


def export_run(store: Store, folder: RunFolder, target: BinaryIO, *, with_logs: bool) -> Run:
    """Write the archive of a run as of now; a run at work goes on undisturbed.

    Errors: Refused when the run cannot be read (TR908); OSError of the target, without a name.
    """
    if not folder.journal.exists():
        raise Refused.because("TR904", run=folder.id)
    with TemporaryDirectory(prefix="treadle-") as place:
        copy = RunFolder(Path(place) / folder.id)
        with refusing_disk_errors(folder.path):
            copy.path.mkdir()
            journals.copy(folder.journal, copy.journal, folder.id)
            _copy_plans(folder.path, copy.path)
            _, run = store.load_whole(copy)
            manifest = {
                "run_id": run.id,
                "workflow_id": run.program.plan.id,
                "status": run.status.value,
                "updated_at": run.updated_at,
            }
            members = dict(_members(copy, folder.logs if with_logs else None))
        try:
            write_archive(target, manifest, members)
        except OSError as error:
            if error.filename is None:
                raise  # of the target, which only the caller can name
            path, reason = error.filename, error.strerror or error
            raise Refused.because("TR908", path=path, reason=reason) from error
    return run


def import_run(store: Store, source: BinaryIO, *, shown: str, run_id: str | None) -> Imported:
    """Add the run of an archive to a project, under its own id or another.

    Shapes: `shown` is how messages call the archive.
    Errors: Refused with TR906 (the id is in use), TR907, TR908, TR917 or TR918.
    """
    if run_id is not None and RUN_ID.fullmatch(run_id) is None:
        raise Refused.because("TR907", run=run_id)
    with _incoming(store) as place:
        unpacked = RunFolder(place / "unpacked")
        unpacked.path.mkdir()
        manifest = unpack(source, unpacked.path, shown=shown)
        exported_id = str(manifest.get("run_id"))
        chosen = run_id or exported_id
        if RUN_ID.fullmatch(chosen) is None:
            raise Refused.because("TR907", run=chosen)
        if (store.runs / chosen).exists():
            hint = "'--run-id' gives it another one"
            raise Refused.because("TR906", run=chosen, hint=hint)
        made = RunFolder(place / chosen)
        run = _rebuilt(store, unpacked, made, exported_id, shown=shown)
        if (run.status.value, run.updated_at) != (
            manifest.get("status"),
            manifest.get("updated_at"),
        ):
            raise damaged(shown, "its journal does not end as it should")
        _move_in(made.path, store.runs / chosen)
    folder = RunFolder(store.runs / chosen)
    status = store.shown_status(folder, run)
    # The list may know another run that had this id once.
    store.index.put(row_of(run, run.status))
    return Imported(run=run, folder=folder, status=status, exported_id=exported_id)


def _copy_plans(source: Path, copy: Path) -> None:
    for name in _plan_files(source):
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(source / name, copy / name)


def _plan_files(folder: Path) -> Iterator[str]:
    yield "plan.json"
    yield from sorted(f"plans/{path.name}" for path in (folder / "plans").glob("*.json"))


def _members(copy: RunFolder, logs: Path | None) -> Iterator[tuple[str, tuple[Path, int]]]:
    """Yield what goes into an archive, each file with the size that it has now."""
    yield JOURNAL, _sized(copy.journal)
    for name in _plan_files(copy.path):
        yield name, _sized(copy.path / name)
    if logs is not None and logs.is_dir():
        for path in sorted(logs.iterdir()):
            if path.suffix in (".out", ".err") and path.is_file():
                yield f"logs/{path.name}", _sized(path)


def _sized(path: Path) -> tuple[Path, int]:
    return path, path.stat().st_size


def _rebuilt(
    store: Store, unpacked: RunFolder, made: RunFolder, exported_id: str, *, shown: str
) -> Run:
    """Make the folder of a run anew out of an archive's files, and prove it.

    The journal is written anew: no file of a stranger's database is ever kept.
    """
    made.path.mkdir(mode=0o700)
    try:
        for name in _plan_files(unpacked.path):
            (made.path / name).parent.mkdir(mode=0o700, exist_ok=True)
            os.replace(unpacked.path / name, made.path / name)
        _check_tables(unpacked.journal)
        transactions = journals.read(unpacked.journal, exported_id)
        journal = Journal(made.journal, made.id)
        try:
            journal.append(_renamed(transactions, made.id))
        finally:
            journal.close()
        if (unpacked.path / "logs").is_dir():
            os.replace(unpacked.path / "logs", made.logs)
        made.logs.mkdir(mode=0o700, exist_ok=True)
        return store.load_whole(made)[1]
    except Refused as refused:
        raise damaged(shown, str(refused)) from refused
    except (FileNotFoundError, sqlite3.Error) as error:
        missing = getattr(error, "filename", None)
        reason = f"'{Path(missing).name}' is missing" if missing else f"its journal: {error}"
        raise damaged(shown, reason) from error


def _check_tables(path: Path) -> None:
    """Refuse a database that has more than the tables of a journal: it may run code of its own.

    Errors: sqlite3.Error; FileNotFoundError.
    """
    if not path.exists():
        raise FileNotFoundError(2, "no such file", JOURNAL)
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as journal:
        journal.execute("PRAGMA trusted_schema=OFF")
        kinds = {kind for (kind,) in journal.execute("SELECT type FROM sqlite_master")}
    if not kinds <= {"table", "index"}:
        raise sqlite3.DatabaseError("it has more than tables")


def _renamed(transactions: Iterator[tuple[Event, ...]], run_id: str) -> Iterator[tuple[Event, ...]]:
    kept = list(transactions)
    # The id of a copy is that of the latest fork, not that of the run it was copied from.
    last = max((n for n, events in enumerate(kept) if isinstance(events[0], _NAMING)), default=0)
    for number, events in enumerate(kept):
        first, *others = events
        if number == last and isinstance(first, RunCreated | RunForked):
            yield (replace(first, run_id=run_id), *others)
        else:
            yield events


@contextmanager
def _incoming(store: Store) -> Iterator[Path]:
    """Make a folder beside the runs whose name is no run's; nothing of it stays."""
    place = store.runs / f"{INCOMING}{secrets.token_hex(8)}"
    try:
        with refusing_disk_errors(place):
            store.make_private()
            place.mkdir(mode=0o700)
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _move_in(made: Path, target: Path) -> None:
    """Let a run appear in one step.

    Errors: Refused with TR906 when somebody has made a run of that id meanwhile.
    """
    try:
        target.mkdir(mode=0o700)
        os.rename(made, target)
    except FileExistsError as error:
        raise Refused.because("TR906", run=target.name) from error
