"""Removing runs: those that are over, old enough and nobody's."""

import os
from pathlib import Path

import pytest

from treadle.compiler import compile_text
from treadle.executor import run
from treadle.executor.local.lock import RunLock
from treadle.executor.local.prune import Rule, candidates, disk_usage, remove
from treadle.executor.local.store import Store
from treadle.executor.state import RunStatus

HEAD = 'workflow: {id: flow, name: Flow, version: "1.0.0"}\n'
DONE = HEAD + "steps: [{id: a, type: shell, run: 'true'}]\n"
FAILED = HEAD + "steps: [{id: a, type: shell, run: 'false'}]\n"
PAUSED = HEAD + "steps: [{id: a, type: gate, message: 'Go?'}]\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A project with three completed runs, a failed one and a paused one."""
    for run_id, text in (
        ("done1", DONE),
        ("done2", DONE),
        ("done3", DONE),
        ("failed", FAILED),
        ("paused", PAUSED),
    ):
        plan = compile_text(text, path="flow.yml").plan
        assert plan is not None
        run(plan, project=tmp_path, run_id=run_id)
    return Store(tmp_path)


def chosen(store: Store, rule: Rule) -> list[str]:
    return [each.row.run_id for each in candidates(store, rule)]


def gone(store: Store, rule: Rule) -> list[str]:
    return [each.row.run_id for each in remove(store, candidates(store, rule), rule)]


def test_only_runs_that_are_over_are_chosen_the_oldest_first(store: Store) -> None:
    assert ["done1", "done2", "done3"] == chosen(store, Rule())
    assert ["failed"] == chosen(store, Rule(statuses=(RunStatus.FAILED,)))
    assert ["done1"] == chosen(store, Rule(keep=2))


def test_younger_runs_stay(store: Store) -> None:
    second = next(row.updated_at for row in store.rows() if row.run_id == "done2")
    assert ["done1"] == chosen(store, Rule(before=second))
    assert [] == chosen(store, Rule(before="2020-01-01T00:00:00+00:00"))


def test_removed_runs_leave_nothing(store: Store) -> None:
    assert ["done1", "done2"] == gone(store, Rule(keep=1))
    assert {"done3", "failed", "paused"} == {path.name for path in store.runs.iterdir()}
    assert {"done3", "failed", "paused"} == {row.run_id for row in store.index.rows()}


def test_a_run_that_somebody_works_on_stays(store: Store) -> None:
    lock = RunLock(store.find("done1").lock, "done1")
    assert ["done2", "done3"] == gone(store, Rule())
    lock.release()
    assert ["done1"] == gone(store, Rule())


def test_a_run_that_went_on_meanwhile_stays(store: Store) -> None:
    found = candidates(store, Rule(statuses=(RunStatus.PAUSED,)))
    assert [] == list(remove(store, found, Rule()))


def test_what_a_killed_removal_left_goes_with_the_next(store: Store) -> None:
    for name in (".removed-0123", ".incoming-old", ".incoming-new"):
        (store.runs / name / "logs").mkdir(parents=True)
    os.utime(store.runs / ".incoming-old", (0, 0))
    assert [] == gone(store, Rule(keep=9))
    left = [path.name for path in store.runs.iterdir() if path.name.startswith(".")]
    assert [".incoming-new"] == left


def test_what_another_run_shares_frees_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_bytes(b"x" * 5000)
    alone = disk_usage(tmp_path / "a")
    os.link(tmp_path / "a" / "one", tmp_path / "shared")
    assert (True, 0) == (alone >= 5000, disk_usage(tmp_path / "a"))
