"""The journal of a run: an append-only table of transactions in a SQLite file of its own.

A transaction is durable when `append` returns (write-ahead log, synchronous=FULL). Each row
carries a hash over its own text and the row before it, since SQLite checks no page's contents: a
row that was torn, changed, moved or taken out of the middle is noticed when the journal is read.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from math import isfinite
from pathlib import Path

from treadle.executor.errors import Refused
from treadle.executor.event_json import from_json, to_text
from treadle.executor.events import Event

JOURNAL_FORMAT = 1
_FIRST_HASH = ""
_NOT_BEGUN = 0  # the format of a file whose maker was killed before it wrote anything
_BUSY_TIMEOUT_S = 10.0
# A log that is begun anew this often does not grow, and to flush a file that does not grow takes
# two thirds of the time: 0.19 ms instead of 0.27 a commit.
_PAGES_TO_A_CHECKPOINT = 100
# SQLite quotes what it found in a damaged file, which need not be text.
_SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
_PRIMARY_CODE = 0xFF
# What the disk or the system refuses; every other error tells that the file is not what it was.
_NOT_THE_FILE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_TOOBIG,
    }
)
# What becomes of making a file on a full disk.
_NO_ROOM = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_SELECT = "SELECT number, body, hash FROM transactions WHERE number > ? ORDER BY number"
_INSERT = "INSERT INTO transactions VALUES (?, ?, ?)"


class Journal:
    """A journal that is open for writing; only the holder of the run's lock has one."""

    def __init__(self, path: Path, run_id: str) -> None:
        """Open the journal at `path`, or begin it.

        Errors: Refused with TR901, TR902 or TR908.
        """
        self._path = path
        self._run_id = run_id
        try:
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        except _SQLITE_ERRORS as error:
            raise _refusal(error, path=path, run_id=run_id) from error
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_TO_A_CHECKPOINT}")
            self._begin_file()
            _check_format(self._connection, run_id)
            self._number, self._hash = self._last()
        except _SQLITE_ERRORS as error:
            self.close()
            raise _refusal(error, path=path, run_id=run_id) from error
        except Refused:
            self.close()
            raise

    def append(self, transactions: Iterable[Sequence[Event]]) -> None:
        """Write transactions, all or none; durable on return. Errors: Refused with TR908."""
        number, previous = self._number, self._hash
        rows = []
        for events in transactions:
            body = to_text(events)
            number, previous = number + 1, _row_hash(previous, body)
            rows.append((number, body, previous))
        try:
            if len(rows) == 1:
                # One statement is a transaction of its own.
                self._connection.execute(_INSERT, rows[0])
            else:
                self._connection.execute("BEGIN")
                self._connection.executemany(_INSERT, rows)
                self._connection.execute("COMMIT")
        except _SQLITE_ERRORS as error:
            raise _refusal(error, path=self._path, run_id=self._run_id) from error
        self._number, self._hash = number, previous

    @property
    def last(self) -> tuple[int, str]:
        """The number of the last transaction, and the hash of its row."""
        return self._number, self._hash

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _begin_file(self) -> None:
        if _version(self._connection) != _NOT_BEGUN:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(
            "CREATE TABLE transactions"
            " (number INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL)"
        )
        self._connection.execute(f"PRAGMA user_version={JOURNAL_FORMAT}")
        self._connection.execute("COMMIT")

    def _last(self) -> tuple[int, str]:
        row = self._connection.execute(
            "SELECT number, hash FROM transactions ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return (row[0], row[1]) if row is not None else (0, _FIRST_HASH)


def copy(path: Path, target: Path, run_id: str) -> None:
    """Copy a journal as it stands. Errors: Refused with TR901, TR908 or TR985."""
    try:
        source = _opened_to_read(path)
    except _SQLITE_ERRORS as error:
        raise _refusal_to_read(error, run_id=run_id) from error
    try:
        with closing(source), closing(sqlite3.connect(target, isolation_level=None)) as made:
            source.backup(made)
            # One file that says all, without a write-ahead log beside it.
            made.execute("PRAGMA journal_mode=DELETE")
    except _SQLITE_ERRORS as error:
        raise _refusal(error, path=path, run_id=run_id) from error


def read(path: Path, run_id: str, *, after: int = 0) -> Iterator[tuple[Event, ...]]:
    """Yield the transactions of a journal, each checked against the chain of hashes.

    Shapes: the first `after` transactions are left out; they were read before. A file that was
    made and never begun has none.

    Errors: Refused with TR901 (damaged), TR902 (written by a newer version) or TR985.
    """
    for number, body, _ in _rows(path, run_id, after=after):
        yield _events(body, number=number, run_id=run_id)


def read_behind(
    path: Path, run_id: str, *, number: int, row_hash: str
) -> tuple[tuple[Event, ...], ...] | None:
    """Return the transactions behind the one of that number, None when its hash is another one.

    The chain is checked from the first transaction on, as by `read`.
    Errors: as by `read`.
    """
    rows = tuple(_rows(path, run_id))
    if not 0 < number <= len(rows) or rows[number - 1][2] != row_hash:
        return None
    return tuple(_events(body, number=at, run_id=run_id) for at, body, _ in rows[number:])


def _rows(path: Path, run_id: str, *, after: int = 0) -> Iterator[tuple[int, str, str]]:
    """Yield the number, text and hash of each row, checked against the row before it."""
    try:
        connection = _opened_to_read(path)
        try:
            if _version(connection) == _NOT_BEGUN:
                return
            _check_format(connection, run_id)
            previous = _hash_of(connection, after)
            rows = connection.execute(_SELECT, (after,))
            for expected, (number, body, row_hash) in enumerate(rows, start=after + 1):
                if number != expected:
                    raise _damaged(run_id, f"transaction {expected} is missing")
                previous = _row_hash(previous, body)
                if row_hash != previous:
                    raise _damaged(run_id, f"transaction {number} was changed")
                yield number, body, row_hash
        finally:
            connection.close()
    except _SQLITE_ERRORS as error:
        raise _refusal_to_read(error, run_id=run_id) from error


def _hash_of(connection: sqlite3.Connection, number: int) -> str:
    found = connection.execute("SELECT hash FROM transactions WHERE number = ?", (number,))
    row = found.fetchone()
    return str(row[0]) if row is not None else _FIRST_HASH


def check_pages(path: Path, run_id: str) -> None:
    """Have SQLite look at every page of a journal. Errors: Refused with TR901 or TR985."""
    try:
        with closing(_opened_to_read(path)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except _SQLITE_ERRORS as error:
        raise _refusal_to_read(error, run_id=run_id) from error
    if found != "ok":
        raise _damaged(run_id, " ".join(found.split()))


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError(f"{digits[:40]} is no number that a run can hold")
    return number


_READER = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def _events(body: str, *, number: int, run_id: str) -> tuple[Event, ...]:
    try:
        return tuple(from_json(data) for data in _READER.decode(body))
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise _damaged(run_id, f"transaction {number} cannot be read: {error}") from error


def _opened_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal that is only read.

    In a folder that may not be written to, and on a full disk, SQLite cannot make the file by which
    readers and writers know of each other; where no log is left it does not need one, since nobody
    writes there. A file whose maker was killed while he made it has to be brought in order first.
    """
    has_log = _has_log(path)
    try:
        if has_log or os.access(path.parent, os.W_OK):
            return _connected(path, "ro")
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & _PRIMARY_CODE
        if code == sqlite3.SQLITE_READONLY:
            return _connected(path, "rw")
        if has_log or code not in _NO_ROOM:
            raise
    return _connected(path, "ro&immutable=1")


def _has_log(path: Path) -> bool:
    """Whether there is a write-ahead log with something in it; it may go at any moment."""
    try:
        return os.stat(f"{path}-wal").st_size > 0
    except OSError:
        return False


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    """Open a journal, and read a first word of it."""
    # A reading that was broken off is ended by whichever thread collects the garbage.
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, check_same_thread=False
    )
    try:
        _version(connection)
    except _SQLITE_ERRORS:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check_format(connection: sqlite3.Connection, run_id: str) -> None:
    if _version(connection) > JOURNAL_FORMAT:
        raise Refused.because("TR902", run=run_id)


def _row_hash(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def _damaged(run_id: str, reason: str) -> Refused:
    return Refused.because("TR901", run=run_id, reason=reason)


def _refusal(error: sqlite3.Error | UnicodeDecodeError, *, path: Path, run_id: str) -> Refused:
    if _is_of_the_disk(error):
        return Refused.because("TR908", path=path, reason=error)
    return _damaged(run_id, str(error))


def _refusal_to_read(error: sqlite3.Error | UnicodeDecodeError, *, run_id: str) -> Refused:
    if _is_of_the_disk(error):
        return Refused.because("TR985", run=run_id, reason=error)
    return _damaged(run_id, str(error))


def _is_of_the_disk(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE in _NOT_THE_FILE
