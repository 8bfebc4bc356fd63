"""``treadle status --check``: whole runs pass, damaged ones are told, and others are not hurt."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import validate

from treadle import schemas
from treadle.executor.errors import Refused
from treadle.executor.local.store import RunFolder, Store

FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - {id: pick, type: if, condition: "{{ true }}", then: [{id: a, type: shell, run: echo a}]}
  - {id: ask, type: gate, message: "On?"}
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def runs(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    for run_id in ("r1", "r2"):
        assert treadle("run", "flow.yml", "--run-id", run_id).code == 0


def edit(project: Path, run_id: str, old: str, new: str, *, hashes_too: bool) -> None:
    """Change the text of a run's journal; with new hashes nothing but the sense tells."""
    path = project / f".treadle/runs/{run_id}/journal.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute("SELECT number, body, hash FROM transactions").fetchall()
        assert any(old in body for _, body, _ in rows)
        previous = ""
        for number, body, row_hash in rows:
            edited = body.replace(old, new)
            chained = sha256(f"{previous}\n{edited}".encode()).hexdigest()
            previous = chained if hashes_too else row_hash
            connection.execute(
                "UPDATE transactions SET body = ?, hash = ? WHERE number = ?",
                (edited, previous, number),
            )


@pytest.mark.usefixtures("runs")
def test_whole_runs_pass(treadle) -> None:
    ended = treadle("status", "--check")
    assert (0, "") == (ended.code, ended.err)
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert [line.split()[1:4] for line in lines] == [[r, "flow", "whole"] for r in ("r2", "r1")]
    assert treadle("status", "r1", "--check").out.split("whole")[1].strip() == (
        "2 transactions, 7 events"
    )


@pytest.mark.usefixtures("runs")
def test_a_changed_row_is_told_and_hurts_no_other_run(treadle, project: Path) -> None:
    edit(project, "r1", '"exit_code":0', '"exit_code":1', hashes_too=False)
    ended = treadle("status", "--check", "--json")
    assert 1 == ended.code
    validate(ended.data, schemas.load("outcome"))
    by_id = {each["run_id"]: each for each in json.loads(ended.out)["runs"]}
    assert {"run_id": "r2", "whole": True, "transactions": 2, "events": 7} == by_id["r2"]
    assert (False, "TR901") == (by_id["r1"]["whole"], by_id["r1"]["code"])
    assert 0 == treadle("status", "r2", "--check").code


@pytest.mark.usefixtures("runs")
def test_a_decision_that_was_not_to_be_made_is_told_though_loading_believes_it(
    treadle, project: Path
) -> None:
    edit(project, "r1", '"condition_result":true', '"condition_result":false', hashes_too=True)
    store = Store(project)
    try:
        store.load_whole(RunFolder(store.runs / "r1"))
    except Refused as refused:
        pytest.fail(f"loading tells it as well: {refused}")
    ended = treadle("status", "r1", "--check")
    assert 1 == ended.code
    assert "error TR930: the journal of run 'r1' tells what cannot have happened" in ended.err


@pytest.mark.usefixtures("runs")
def test_a_run_that_cannot_be_listed_is_checked_whatever_is_asked_for(
    treadle, project: Path
) -> None:
    (project / ".treadle/index.db").unlink()
    (project / ".treadle/runs/r1/journal.db").write_bytes(b"no database" * 100)
    ended = treadle("status", "--check", "--status", "completed")
    assert (1, 1) == (ended.code, ended.out.count("TR901"))


def test_without_runs_there_is_nothing_to_check(treadle, project: Path) -> None:
    ended = treadle("status", "--check")
    assert (0, "", "no run to check\n") == (ended.code, ended.out, ended.err)
    assert not (project / ".treadle").exists()


def test_gates_are_not_checked(treadle, project: Path) -> None:
    assert 2 == treadle("status", "--check", "--pending").code
