"""The check of a run: whole runs pass, and what loading would not notice is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from treadle.compiler import compile_text
from treadle.executor import run
from treadle.executor.errors import Refused
from treadle.executor.local.check import check
from treadle.executor.local.store import RunFolder, Store

WORKFLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - {id: a, type: shell, run: echo a}
  - {id: ask, type: gate, message: "On?"}
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    compiled = compile_text(WORKFLOW)
    assert compiled.plan is not None, compiled.diagnostics
    run(compiled.plan, project=tmp_path, run_id="r1")
    return Store(tmp_path)


def told(store: Store) -> str:
    with pytest.raises(Refused) as refused:
        check(store, RunFolder(store.runs / "r1"))
    return str(refused.value)


def test_a_whole_run_passes_and_tells_how_much_it_holds(store: Store) -> None:
    checked = check(store, RunFolder(store.runs / "r1"))
    assert (checked.run.id, checked.transactions, checked.events) == ("r1", 2, 5)


def test_a_log_that_no_attempt_has_written_is_told(store: Store) -> None:
    (store.runs / "r1" / "logs" / "000007.out").touch()
    assert told(store) == (
        "the journal of run 'r1' is damaged: no attempt of the run has written 000007.out"
    )


def test_a_page_that_belongs_to_nothing_is_told(store: Store) -> None:
    path = store.runs / "r1" / "journal.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE other (x TEXT)")
        connection.execute("INSERT INTO other VALUES (?)", ("y" * 20_000,))
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'other'")
    assert "is damaged: *** in database main ***" in told(store)
