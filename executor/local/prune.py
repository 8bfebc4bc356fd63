"""Removes runs that are over from a project's folder.

A run disappears in one step: its folder is renamed first, to a name that is no run's. What a
killed removal left behind goes with the next one.
"""

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import time

from msgspec import Struct

from treadle.executor.errors import Refused
from treadle.executor.local.index import Row
from treadle.executor.local.lock import RunLock
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.state import Run, RunStatus

# A failed run can go on: what it has done would be lost.
OVER = (RunStatus.COMPLETED, RunStatus.ABORTED, RunStatus.CANCELLED)

INCOMING = ".incoming-"  # an import at work

_REMOVED = ".removed-"
_LONGEST_IMPORT_S = 86_400


class Rule(Struct, frozen=True, kw_only=True):
    """Which runs are to go.

    Shapes: the latest `keep` of the runs with these statuses stay, whatever their age.
    Units: `before` is an ISO 8601 time in UTC, None for any age.
    """

    statuses: Sequence[RunStatus] = OVER
    before: str | None = None
    keep: int = 0


class Candidate(Struct, frozen=True, kw_only=True):
    """A run that is to go. Units: bytes on the disk that this frees."""

    row: Row
    size: int


def candidates(store: Store, rule: Rule) -> tuple[Candidate, ...]:
    """Return the runs that a rule is about, the oldest first; runs at work are none of them."""
    rows = [row for row in store.rows() if row.status in {s.value for s in rule.statuses}]
    old = [row for row in rows[rule.keep :] if rule.before is None or row.updated_at < rule.before]
    found = (Candidate(row=row, size=disk_usage(store.runs / row.run_id)) for row in old)
    return tuple(reversed(tuple(found)))


def remove(store: Store, chosen: Sequence[Candidate], rule: Rule) -> Iterator[Candidate]:
    """Remove runs, and yield each that is gone.

    One that somebody works on, or that is not what it was, stays.
    """
    _sweep(store)
    for candidate in chosen:
        folder = RunFolder(store.runs / candidate.row.run_id)
        with suppress(Refused, OSError):
            lock = RunLock(folder.lock, folder.id)
            try:
                _, run = store.load(folder)
                is_same = run.updated_at == candidate.row.updated_at
                if not is_same or _status_at_rest(run) not in rule.statuses:
                    continue
                gone = store.runs / f"{_REMOVED}{secrets.token_hex(8)}"
                os.rename(folder.path, gone)
            finally:
                lock.release()
            store.index.forget(folder.id)
            yield candidate
            shutil.rmtree(gone, ignore_errors=True)


def disk_usage(folder: Path) -> int:
    """Return what removing a folder frees; a file that another run shares stays.

    Units: bytes.
    """
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                status = os.lstat(os.path.join(place, name))
                if status.st_nlink == 1:
                    total += status.st_blocks * 512
    return total


def _status_at_rest(run: Run) -> RunStatus:
    """Return the status of a run whose lock is ours: nobody works on it."""
    return RunStatus.INTERRUPTED if run.status is RunStatus.RUNNING else run.status


def _sweep(store: Store) -> None:
    with suppress(OSError), os.scandir(store.runs) as entries:
        for entry in entries:
            is_left = entry.name.startswith(INCOMING) and _is_old(entry)
            if entry.name.startswith(_REMOVED) or is_left:
                shutil.rmtree(entry.path, ignore_errors=True)


def _is_old(entry: "os.DirEntry[str]") -> bool:
    """Whether no import can be at work in a folder any more."""
    return entry.stat().st_mtime < time() - _LONGEST_IMPORT_S
