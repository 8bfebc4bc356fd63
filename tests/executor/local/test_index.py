"""The index: a cache that may be old, damaged or gone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from treadle.executor.local.index import Index, Row

ROW = Row(
    run_id="r1",
    workflow_id="flow",
    status="paused",
    created_at="2026-01-01T00:00:00.000+00:00",
    updated_at="2026-01-01T00:00:01.000+00:00",
    started_by="ann",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.db"


def test_a_row_comes_back_until_it_is_forgotten(path: Path) -> None:
    index = Index(path)
    assert () == index.rows()
    index.put(ROW)
    index.forget("other")
    assert (ROW,) == index.rows()
    index.forget("r1")
    assert () == index.rows()


def test_an_index_of_an_older_version_is_begun_anew(path: Path) -> None:
    with closing(sqlite3.connect(path)) as older:
        older.execute(
            "CREATE TABLE runs (run_id TEXT PRIMARY KEY,"
            " workflow_id TEXT NOT NULL, status TEXT NOT NULL, updated_at TEXT NOT NULL)"
        )
        older.execute("INSERT INTO runs VALUES ('r0', 'flow', 'paused', '2025')")
        older.commit()
    index = Index(path)
    assert () == index.rows()
    index.put(ROW)
    assert (ROW,) == index.rows()


def test_a_file_that_is_no_index_is_begun_anew(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough to be read as one" * 20)
    index = Index(path)
    assert () == index.rows()
    index.put(ROW)
    assert (ROW,) == index.rows()
