"""The index of a project's runs: a cache for listing them, which can be lost at any time.

The journals are the truth. Nothing that goes wrong here may ever hurt a run.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import astuple

INDEX_FORMAT = 2

_BUSY_TIMEOUT_S = 2.0
# SQLite quotes what it found in a damaged file, which need not be text.
_FORGOTTEN = (sqlite3.Error, UnicodeDecodeError, OSError)
_COLUMNS = "run_id, workflow_id, status, created_at, updated_at, started_by"
# An index of another format is begun anew: the journals tell what stood in it.
_BEGIN = (
    "DROP TABLE IF EXISTS runs",
    "CREATE TABLE runs (run_id TEXT PRIMARY KEY, workflow_id TEXT NOT NULL, status TEXT NOT NULL,"
    " created_at TEXT NOT NULL, updated_at TEXT NOT NULL, started_by TEXT)",
    f"PRAGMA user_version={INDEX_FORMAT}",
)


class Row(Struct, frozen=True, kw_only=True):
    """One run in a list. Units: ISO 8601 times in UTC."""

    run_id: str
    workflow_id: str
    status: str
    created_at: str
    updated_at: str
    started_by: str | None = None


class Index:
    """A table of rows in a SQLite file."""

    def __init__(self, path: Path) -> None:
        """Look at the index at `path`; nothing is opened yet."""
        self._path = path

    def put(self, row: Row) -> None:
        """Remember the latest state of a run; a failure is forgotten."""
        with suppress(*_FORGOTTEN), closing(self._connect()) as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO runs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", astuple(row)
            )

    def forget(self, run_id: str) -> None:
        """Drop a run that was removed; a failure is forgotten as well."""
        with suppress(*_FORGOTTEN), closing(self._connect()) as connection:
            connection.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))

    def rows(self) -> tuple[Row, ...]:
        """Return what is remembered, nothing when there is no readable index."""
        with (
            suppress(*_FORGOTTEN),
            closing(sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)) as found,
        ):
            return tuple(_rows(found.execute(f"SELECT {_COLUMNS} FROM runs")))
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
            connection.execute("PRAGMA synchronous=OFF")  # for the change of mode, too
            connection.execute("PRAGMA journal_mode=WAL")
            if not _is_begun(connection):
                _begin(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _is_begun(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == INDEX_FORMAT)


def _begin(connection: sqlite3.Connection) -> None:
    """Make the table, but for when another process has made it since somebody looked."""
    connection.execute("BEGIN IMMEDIATE")
    if not _is_begun(connection):
        for statement in _BEGIN:
            connection.execute(statement)
    connection.execute("COMMIT")


def _rows(found: Iterable[tuple[str, str, str, str, str, str | None]]) -> Iterable[Row]:
    for run_id, workflow_id, status, created_at, updated_at, started_by in found:
        yield Row(
            run_id=run_id,
            workflow_id=workflow_id,
            status=status,
            created_at=created_at,
            updated_at=updated_at,
            started_by=started_by,
        )
