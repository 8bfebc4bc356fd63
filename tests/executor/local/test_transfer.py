"""Handing runs over: what is exported is imported as it was, and nothing else is."""

import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from zipfile import ZIP_BZIP2, ZipFile, ZipInfo

import pytest

from treadle.compiler import compile_text
from treadle.executor import Refused, resume, run, status
from treadle.executor.local import archive, transfer
from treadle.executor.local.lock import RunLock
from treadle.executor.local.store import Store
from treadle.executor.local.transfer import export_run, import_run
from treadle.executor.state import RunStatus

FLOW = """
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - {id: build, type: shell, run: 'echo built'}
  - {id: ask, type: gate, message: 'Go?'}
  - {id: ship, type: shell, run: 'echo {{ steps.build.output.stdout }}'}
"""

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project with a run `r1` that waits at its gate."""
    plan = compile_text(FLOW, path="flow.yml").plan
    assert plan is not None
    (tmp_path / "here").mkdir()
    run(plan, project=tmp_path / "here", run_id="r1")
    return tmp_path / "here"


@pytest.fixture
def there(tmp_path: Path) -> Store:
    """Another project."""
    (tmp_path / "there").mkdir()
    return Store(tmp_path / "there")


def exported(project: Path, *, with_logs: bool = True) -> bytes:
    store, target = Store(project), io.BytesIO()
    export_run(store, store.find("r1"), target, with_logs=with_logs)
    return target.getvalue()


def imported(store: Store, content: bytes, run_id: str | None = None) -> RunStatus:
    return import_run(store, io.BytesIO(content), shown="x.zip", run_id=run_id).status


def refusal(store: Store, content: bytes) -> tuple[str, str]:
    """Return why an archive is refused, which leaves nothing behind."""
    with pytest.raises(Refused) as refused:
        imported(store, content)
    assert [] == list(store.runs.iterdir())
    reason = refused.value.problems[0]
    return reason.code, reason.message.removeprefix("cannot import 'x.zip': ")


def changed(content: bytes, change: Change) -> bytes:
    """Return an archive with other members."""
    with ZipFile(io.BytesIO(content)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    change(members)
    target = io.BytesIO()
    with ZipFile(target, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return target.getvalue()


def with_journal(content: bytes, sql: str, place: Path) -> bytes:
    """Return an archive whose journal was changed by a line of SQL."""

    def change(members: dict[str, bytes]) -> None:
        path = place / "edited.db"
        path.write_bytes(members["journal.db"])
        with closing(sqlite3.connect(path)) as journal, journal:
            journal.executescript(sql)
        members["journal.db"] = path.read_bytes()

    return changed(content, change)


def test_a_run_goes_on_where_it_was_exported(here: Path, there: Store) -> None:
    assert RunStatus.PAUSED is imported(there, exported(here))
    before, after = status("r1", project=here), status("r1", project=there.project)
    assert before.to_json() == after.to_json()
    logs = there.find("r1").logs
    assert "built\n" == (logs / "000001.out").read_text()
    ended = resume("r1", project=there.project, choices={"ask": "approve"})
    assert "built\n" == ended.results["ship"]["output"]["stdout"]  # type: ignore[index, call-overload]
    assert RunStatus.PAUSED is status("r1", project=here).status


def test_a_run_may_get_another_id(here: Path, there: Store) -> None:
    imported(there, exported(here), "other")
    assert "other" == status("other", project=there.project).run_id
    ended = resume("other", project=there.project, choices={"ask": "approve"})
    assert RunStatus.COMPLETED is ended.status


def test_the_same_run_gives_the_same_bytes_and_logs_may_be_left_out(here: Path) -> None:
    assert exported(here) == exported(here)
    with ZipFile(io.BytesIO(exported(here, with_logs=False))) as made:
        assert ["run.json", "journal.db", "plan.json"] == made.namelist()
        assert {"run_id": "r1", "status": "paused", "format": 1} == {
            name: json.loads(made.read("run.json"))[name] for name in ("run_id", "status", "format")
        }


def test_a_run_at_work_is_exported_as_of_now(here: Path, there: Store) -> None:
    lock = RunLock(Store(here).find("r1").lock, "r1")
    try:
        content = exported(here)
    finally:
        lock.release()
    assert RunStatus.PAUSED is imported(there, content)


def test_a_journal_that_is_damaged_is_not_exported(here: Path) -> None:
    journal = Store(here).find("r1").journal
    journal.write_bytes(b"x" * 16 + journal.read_bytes()[16:])
    with pytest.raises(Refused) as refused:
        exported(here)
    assert "TR901" == refused.value.problems[0].code


def test_a_run_that_is_imported_takes_the_place_of_an_older_one_in_the_list(here: Path) -> None:
    content = exported(here)
    resume("r1", project=here, choices={"ask": "approve"})
    store = Store(here)
    shutil.rmtree(store.find("r1").path)
    imported(store, content)
    assert ["paused"] == [row.status for row in store.rows()]


def test_what_a_step_prints_while_its_run_is_exported_is_left_out(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Store(here).find("r1").logs / "000001.out"

    def sized(path: Path) -> tuple[Path, int]:
        found = measured(path)
        if path == log:
            log.write_bytes(b"built\n" * 100)
        return found

    measured = transfer._sized
    monkeypatch.setattr(transfer, "_sized", sized)
    with ZipFile(io.BytesIO(exported(here))) as made:
        assert b"built\n" == made.read("logs/000001.out")


def test_an_id_that_is_in_use_is_refused(here: Path, there: Store) -> None:
    imported(there, exported(here))
    with pytest.raises(Refused) as refused:
        imported(there, exported(here))
    reason = refused.value.problems[0]
    assert ("TR906", "'--run-id' gives it another one") == (reason.code, reason.hint)
    with pytest.raises(Refused) as refused:
        imported(there, exported(here), "../r2")
    assert "TR907" == refused.value.problems[0].code


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE transactions SET body = replace(body, 'built', 'bu1lt')", "was changed"),
        ("DELETE FROM transactions WHERE number = 1", "transaction 1 is missing"),
        ("DELETE FROM transactions WHERE number = 2", "does not end as it should"),
        ("DELETE FROM transactions", "no run is called"),
        ("CREATE TRIGGER t AFTER INSERT ON transactions BEGIN SELECT 1; END", "more than tables"),
        ("DROP TABLE transactions", "no such table"),
    ],
)
def test_a_journal_that_was_changed_is_refused(
    sql: str, told: str, here: Path, there: Store, tmp_path: Path
) -> None:
    code, message = refusal(there, with_journal(exported(here), sql, tmp_path))
    assert "TR917" == code
    assert told in message


def set_member(name: str, data: bytes) -> Change:
    def change(members: dict[str, bytes]) -> None:
        members[name] = data

    return change


def drop_member(name: str) -> Change:
    def change(members: dict[str, bytes]) -> None:
        del members[name]

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (set_member("../evil", b""), "'../evil' has no place in a run"),
        (set_member("/etc/passwd", b""), "'/etc/passwd' has no place in a run"),
        (set_member("logs/../../x.out", b""), "'logs/../../x.out' has no place in a run"),
        (set_member("lock", b""), "'lock' has no place in a run"),
        (set_member("run.json", b"{"), "'run.json' is not JSON"),
        (set_member("run.json", b"[]"), "'run.json' names no format"),
        (set_member("run.json", b'{"format": true}'), "'run.json' names no format"),
        (set_member("journal.db", b"nonsense" * 100), None),
        (set_member("plan.json", b"{}"), None),
        (drop_member("run.json"), "'run.json' is missing"),
        (drop_member("journal.db"), "'journal.db' is missing"),
        (drop_member("plan.json"), "'plan.json' is missing"),
    ],
)
def test_an_archive_with_other_files_is_refused(
    change: Change, expected: str | None, here: Path, there: Store
) -> None:
    code, message = refusal(there, changed(exported(here), change))
    assert "TR917" == code
    assert expected in (None, message)


def test_an_archive_of_a_later_version_is_refused(here: Path, there: Store) -> None:
    content = changed(exported(here), set_member("run.json", b'{"format": 2}'))
    assert "TR918" == refusal(there, content)[0]


@pytest.mark.parametrize("length", [0, 10, 500, -30])
def test_a_file_that_was_cut_off_is_refused(length: int, here: Path, there: Store) -> None:
    assert "TR917" == refusal(there, exported(here)[:length])[0]


def test_a_flipped_bit_is_noticed(here: Path, there: Store) -> None:
    content = bytearray(exported(here))
    with ZipFile(io.BytesIO(bytes(content))) as made:
        at = made.getinfo("journal.db").header_offset + 200
    content[at] ^= 1
    assert "TR917" == refusal(there, bytes(content))[0]


def test_what_is_too_large_is_refused_before_it_is_unpacked(
    here: Path, there: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 100)
    assert "it is larger than any run" == refusal(there, exported(here))[1]
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    assert "it has more files than any run" == refusal(there, exported(here))[1]


def test_only_our_packing_is_read(there: Store) -> None:
    target = io.BytesIO()
    with ZipFile(target, "w") as made:
        made.writestr(ZipInfo("run.json"), b"{}", compress_type=ZIP_BZIP2)
    assert "'run.json' is not packed as we pack" == refusal(there, target.getvalue())[1]
