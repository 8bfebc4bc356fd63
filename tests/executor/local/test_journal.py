"""The journal: what is written is durable, in order, and never half believed."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from treadle.executor.errors import Refused
from treadle.executor.events import Continued, RunPaused
from treadle.executor.local.journal import Journal, read

FIRST = (Continued(at="2026-01-01T00:00:00+00:00"), RunPaused())
SECOND = (Continued(at="2026-01-01T00:00:01+00:00"),)
THIRD = (RunPaused(),)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "journal.db", "r1")
    journal.append([FIRST, SECOND])
    journal.append([THIRD])
    journal.close()
    return tmp_path / "journal.db"


def codes(action: Callable[[], object]) -> list[str]:
    try:
        action()
    except Refused as refused:
        return [reason.code for reason in refused.problems]
    return []


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_transactions_come_back_as_they_were_written(path: Path) -> None:
    assert list(read(path, "r1")) == [FIRST, SECOND, THIRD]


def test_a_journal_goes_on_where_it_stopped(path: Path) -> None:
    journal = Journal(path, "r1")
    journal.append([SECOND])
    journal.close()
    assert list(read(path, "r1")) == [FIRST, SECOND, THIRD, SECOND]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE transactions SET body = '[]' WHERE number = 2",
        "UPDATE transactions SET hash = 'x' WHERE number = 1",
        "DELETE FROM transactions WHERE number = 2",
        "UPDATE transactions SET number = number + 10 WHERE number = 3",
        "DROP TABLE transactions",
    ],
)
def test_a_changed_journal_is_told_and_not_believed(path: Path, damage: str) -> None:
    change(path, damage)
    assert codes(lambda: list(read(path, "r1"))) in (["TR901"], ["TR908"])


def test_two_rows_that_changed_places_are_noticed(path: Path) -> None:
    for statement in (
        "UPDATE transactions SET number = 0 WHERE number = 1",
        "UPDATE transactions SET number = 1 WHERE number = 2",
        "UPDATE transactions SET number = 2 WHERE number = 0",
    ):
        change(path, statement)
    assert codes(lambda: list(read(path, "r1"))) == ["TR901"]


def test_a_file_that_is_no_database_is_damaged(path: Path) -> None:
    path.write_bytes(b"not a database, whatever its name says" * 100)
    assert codes(lambda: list(read(path, "r1"))) == ["TR901"]


def test_a_newer_format_is_refused(path: Path) -> None:
    change(path, "PRAGMA user_version = 99")
    assert codes(lambda: list(read(path, "r1"))) == ["TR902"]
    assert codes(lambda: Journal(path, "r1")) == ["TR902"]


def test_a_file_whose_maker_was_killed_before_it_wrote_is_an_empty_journal(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    sqlite3.connect(path).close()
    path.touch()
    assert list(read(path, "r1")) == []
    journal = Journal(path, "r1")
    journal.append([FIRST])
    journal.close()
    assert list(read(path, "r1")) == [FIRST]


def test_a_file_whose_maker_was_killed_in_the_middle_of_a_write_is_read(tmp_path: Path) -> None:
    made = tmp_path / "made.db"
    maker = sqlite3.connect(made, isolation_level=None)
    maker.execute("PRAGMA cache_size=1")
    maker.execute("CREATE TABLE other (x TEXT)")
    maker.execute("BEGIN IMMEDIATE")
    maker.executemany("INSERT INTO other VALUES (?)", [("y" * 3000,)] * 50)
    path = tmp_path / "journal.db"
    path.write_bytes(made.read_bytes())
    Path(f"{path}-journal").write_bytes(Path(f"{made}-journal").read_bytes())
    maker.close()
    assert list(read(path, "r1")) == []


def test_a_reading_that_was_broken_off_can_be_ended_by_another_thread(path: Path) -> None:
    reading = read(path, "r1")
    assert next(reading) == FIRST
    with ThreadPoolExecutor(1) as other:
        other.submit(reading.close).result()  # type: ignore[attr-defined] # it is a generator
