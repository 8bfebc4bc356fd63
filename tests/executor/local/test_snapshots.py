"""The file of a snapshot: when it is written, and what is not believed."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from treadle.compiler import compile_text
from treadle.executor import resume, run
from treadle.executor.local import snapshots
from treadle.executor.local.journal import Journal
from treadle.executor.local.snapshots import Snapshot, Snapshots, read_snapshot
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.state import RunStatus
from treadle.plan.plan import Plan

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'


@pytest.fixture(autouse=True)
def _few_events_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tenth of the usual number of events be worth a snapshot."""
    monkeypatch.setattr(snapshots, "_MIN_EVENTS", 400)


def plan_of(count: int) -> Plan:
    """Return a plan of about four events an item, with a gate behind them."""
    text = f"""{HEADER}
steps:
  - id: fan
    type: fan-out
    items: {list(range(count))}
    step: {{id: t, type: switch, expression: "{{{{ item }}}}", cases: {{}}}}
  - {{id: ask, type: gate, message: Go on}}
  - {{id: last, type: gate, message: And now}}
"""
    compiled = compile_text(text)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def snapshot_of(project: Path) -> Snapshot | None:
    return read_snapshot(project / ".treadle" / "runs" / "r1" / "snapshot")


def last_of(project: Path) -> int:
    journal = Journal(project / ".treadle" / "runs" / "r1" / "journal.db", "r1")
    try:
        return journal.last[0]
    finally:
        journal.close()


def test_a_short_run_has_none(tmp_path: Path) -> None:
    run(plan_of(5), project=tmp_path, run_id="r1")
    assert not (tmp_path / ".treadle" / "runs" / "r1" / "snapshot").exists()


def test_a_long_run_that_rests_has_one_of_its_last_transaction(tmp_path: Path) -> None:
    text = (
        HEADER
        + "steps:\n"
        + "".join(f"  - {{id: s{number}, type: slot, name: n{number}}}\n" for number in range(100))
    )
    plan = compile_text(text).plan
    assert plan is not None
    run(plan, project=tmp_path, run_id="r1")
    found = snapshot_of(tmp_path)
    assert found is not None
    assert found.number == last_of(tmp_path)
    assert sorted(path.name for path in (tmp_path / ".treadle" / "runs" / "r1").iterdir()) == [
        *("journal.db", "lock", "logs", "plan.json", "snapshot")
    ]


def test_a_few_events_more_leave_it_as_it_is(tmp_path: Path) -> None:
    run(plan_of(110), project=tmp_path, run_id="r1")
    before = snapshot_of(tmp_path)
    resume("r1", project=tmp_path, choices={"ask": "approve"})
    assert snapshot_of(tmp_path) == before


def test_one_that_is_not_believed_is_written_anew(tmp_path: Path) -> None:
    run(plan_of(200), project=tmp_path, run_id="r1")
    (tmp_path / ".treadle" / "runs" / "r1" / "snapshot").write_bytes(b"torn")
    resume("r1", project=tmp_path, choices={"ask": "approve"})
    found = snapshot_of(tmp_path)
    assert found is not None
    assert found.number == last_of(tmp_path)


def test_at_work_it_is_time_after_twice_the_events_of_what_the_last_one_holds(
    tmp_path: Path,
) -> None:
    run(plan_of(210), project=tmp_path, run_id="r1")
    store = Store(tmp_path)
    folder = RunFolder(store.runs / "r1")
    state = replace(store.load(folder)[1], status=RunStatus.RUNNING)
    keeper = Snapshots(path=tmp_path / "snapshot", journal=folder.journal)
    seen = []
    for number in range(1, 8):
        keeper.keep(state, last=(number, "hash"), events=201)
        found = read_snapshot(tmp_path / "snapshot")
        seen.append(None if found is None else found.number)
    assert len(state.occurrences) == 212
    assert seen == [None, 2, 2, 2, 5, 5, 5]


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_file_with_a_changed_byte_is_not_believed(tmp_path: Path, place: int) -> None:
    run(plan_of(110), project=tmp_path, run_id="r1")
    path = tmp_path / ".treadle" / "runs" / "r1" / "snapshot"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert read_snapshot(path) is None


def test_a_file_of_other_code_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(plan_of(110), project=tmp_path, run_id="r1")
    monkeypatch.setattr(snapshots, "SNAPSHOT_FORMAT", 2)
    assert snapshot_of(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 100])
def test_what_is_no_snapshot_is_not_believed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "snapshot").write_bytes(content)
    assert read_snapshot(tmp_path / "snapshot") is None
    assert read_snapshot(tmp_path / "nothing") is None


def test_a_run_whose_snapshot_cannot_be_written_goes_on(tmp_path: Path) -> None:
    run(plan_of(2), project=tmp_path, run_id="r0")
    (tmp_path / ".treadle" / "runs" / "r1" / "snapshot").mkdir(parents=True)
    assert run(plan_of(110), project=tmp_path, run_id="r1").status == "paused"
