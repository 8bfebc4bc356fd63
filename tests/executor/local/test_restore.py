"""A run out of its snapshot: the same as out of its events, and never believed over them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from treadle.compiler import compile_text
from treadle.executor import Refused, resume, run, status
from treadle.executor.local.check import check
from treadle.executor.local.host import Host
from treadle.executor.local.mending import Request, go_back
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.snapshot import without_done_items
from treadle.plan.expression import Json

WORKFLOW = f"""
schema_version: "1.0"
workflow: {{id: flow, name: Flow, version: "1.0.0"}}
steps:
  - id: fan
    type: fan-out
    items: {list(range(1_100))}
    step: {{id: t, type: switch, expression: "{{{{ item }}}}", cases: {{}}}}
  - {{id: ask, type: gate, message: Go on}}
  - {{id: more, type: gate, message: And now}}
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a run with a snapshot, and with events behind it."""
    compiled = compile_text(WORKFLOW)
    assert compiled.plan is not None, compiled.diagnostics
    run(compiled.plan, project=tmp_path, run_id="r1")
    assert (tmp_path / ".treadle" / "runs" / "r1" / "snapshot").exists()
    resume("r1", project=tmp_path, choices={"ask": "approve"})
    return Store(tmp_path)


def folder_of(store: Store) -> RunFolder:
    return RunFolder(store.runs / "r1")


def is_restored(store: Store) -> bool:
    """Whether loading the run takes its snapshot; the state is the same either way."""
    folder = folder_of(store)
    _, found = store.load(folder)
    _, whole = store.load_whole(folder)
    same = replace(whole, program=found.program)
    assert without_done_items(found) == without_done_items(same)
    return found != same


def gate_of(store: Store) -> Json:
    gate = status("r1", project=store.project).gate
    return gate["step_id"] if gate is not None else None


def codes(action: Callable[[], object]) -> list[str]:
    try:
        action()
    except Refused as refused:
        return [reason.code for reason in refused.problems]
    return []


def change(store: Store, statement: str) -> None:
    with closing(sqlite3.connect(folder_of(store).journal)) as connection, connection:
        connection.execute(statement)


def test_the_events_behind_a_snapshot_are_applied(store: Store) -> None:
    assert is_restored(store)
    assert gate_of(store) == "more"


def test_a_run_shows_the_same_with_and_without_its_snapshot(store: Store) -> None:
    shown = status("r1", project=store.project).to_json()
    folder_of(store).snapshot.unlink()
    assert not is_restored(store)
    assert status("r1", project=store.project).to_json() == shown


def test_a_journal_that_was_changed_before_the_snapshot_is_told(store: Store) -> None:
    change(store, "UPDATE transactions SET body = replace(body, 'fan', 'fun') WHERE number = 1")
    assert codes(lambda: store.load(folder_of(store))) == ["TR901"]


def test_a_snapshot_of_a_transaction_that_is_not_there_is_left_alone(store: Store) -> None:
    change(store, "DELETE FROM transactions WHERE number > 1")
    assert not is_restored(store)


def test_a_plan_that_was_changed_is_told(store: Store) -> None:
    plan = folder_of(store).plan
    plan.write_bytes(plan.read_bytes().replace(b"And now", b"Or not!"))
    assert codes(lambda: store.load(folder_of(store))) == ["TR602"]


def test_a_plan_file_that_only_looks_different_is_read_with_care(store: Store) -> None:
    plan = folder_of(store).plan
    plan.write_bytes(plan.read_bytes() + b"\n")
    assert is_restored(store)


def test_the_check_of_a_run_takes_no_snapshot(store: Store) -> None:
    checked = check(store, folder_of(store))
    assert len(checked.run.scopes["/fan/i9"].names) > 0


def test_going_back_takes_no_snapshot_and_what_is_behind_it_takes_none_either(
    store: Store,
) -> None:
    assert is_restored(store)
    host = Host(project=store.project, environment={})
    request = Request(name="r1", given={})
    go_back(request, "/fan/i3/t", host=host, approve=lambda prospect: True)
    assert not is_restored(store)
    assert gate_of(store) == "ask"
