"""The index of a project's runs: a cache for listing them, which can be lost at any time.

The journals are the truth. Nothing that goes wrong here may ever hurt a run.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct

_BUSY_TIMEOUT_S = 2.0


class Row(Struct, frozen=True, kw_only=True):
    """One run in a list. Units: an ISO 8601 time in UTC."""

    run_id: str
    workflow_id: str
    status: str
    updated_at: str


class Index:
    """A table of rows in a SQLite file."""

    def __init__(self, path: Path) -> None:
        """Look at the index at `path`; nothing is opened yet."""
        self._path = path

    def put(self, row: Row) -> None:
        """Remember the latest state of a run; a failure is forgotten."""
        with suppress(sqlite3.Error, OSError), closing(self._connect()) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)",
                (row.run_id, row.workflow_id, row.status, row.updated_at),
            )

    def rows(self) -> tuple[Row, ...]:
        """Return what is remembered, nothing when there is no readable index."""
        if not self._path.exists():
            return ()
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)) as found,
        ):
            return tuple(_rows(found.execute("SELECT * FROM runs")))
        return ()

    def _connect(self) -> sqlite3.Connection:
        """Open the index; one that is no database is thrown away and begun anew."""
        try:
            return self._opened()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            return self._opened()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS runs (run_id TEXT PRIMARY KEY,"
                " workflow_id TEXT NOT NULL, status TEXT NOT NULL, updated_at TEXT NOT NULL)"
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _rows(found: Iterable[tuple[str, str, str, str]]) -> Iterable[Row]:
    for run_id, workflow_id, status, updated_at in found:
        yield Row(run_id=run_id, workflow_id=workflow_id, status=status, updated_at=updated_at)
