"""A disk that is full or refuses, and a clock that goes back: a clear error, and the run goes on.

The runners are real processes: a limit on the size of files stands for a disk that is full, and
without the powers of root the modes of files count for everybody.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.executor.local.plans import plan_of
from treadle.executor import resume, run, status
from treadle.executor.errors import Refused
from treadle.executor.local.host import Host
from treadle.executor.local.session import start
from treadle.executor.local.store import Store
from treadle.plan.plan_file import write_plan

MANY = """
steps:
  - id: rounds
    type: while
    condition: true
    max_iterations: 60
    steps: [{id: tick, type: shell, run: "echo x >> log; head -c 2000 /dev/zero | tr '\\\\0' y"}]
  - {id: last, type: shell, run: echo done}
"""
LOUD = """
steps:
  - {id: first, type: shell, run: echo first >> log}
  - id: loud
    type: shell
    continue_on_error: true
    run: echo loud >> log; head -c 300000 /dev/zero
  - {id: last, type: shell, run: echo last >> log}
"""
GATE = """
steps:
  - {id: a, type: shell, run: echo a}
  - {id: ask, type: gate, message: "On?"}
"""
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from treadle.cli import main
main()
"""
POWERLESS = """
import ctypes, sys
version, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capset(version, none) == 0
from treadle.cli import main
main()
"""


def limited(size: int, *words: str, project: Path) -> tuple[int, str]:
    """Carry out a command that cannot make a file larger than that; return what it says."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(size), *words, "--project", str(project), "--no-input"],
        cwd=project,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stderr


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    write_plan(tmp_path / "flow.plan.json", plan_of(MANY))
    code, said = limited(90_000, "run", "flow.plan.json", "--run-id", "r1", project=tmp_path)
    assert (code, "error TR908: cannot write " in said) == (2, True), said
    assert "journal.db" in said and "Traceback" not in said
    cut = status("r1", project=tmp_path)
    assert cut.status == "interrupted"
    code, said = limited(90_000, "resume", "r1", project=tmp_path)
    assert (code, "error TR908" in said) == (2, True), said
    done = resume("r1", project=tmp_path)
    assert done.status == "completed"
    assert {name: done.results[name] for name in cut.results if name != "rounds"} == {
        name: cut.results[name] for name in cut.results if name != "rounds"
    } | {"tick": done.results["tick"]}
    ran = (tmp_path / "log").read_text().count("x")
    assert 60 <= ran <= 62, "an action in flight runs once more a crash, and no other"


def test_output_that_does_not_fit_on_the_disk_is_no_result_of_the_step(tmp_path: Path) -> None:
    write_plan(tmp_path / "flow.plan.json", plan_of(LOUD))
    code, said = limited(200_000, "run", "flow.plan.json", "--run-id", "r1", project=tmp_path)
    assert (code, "logs/000002.out': File too large" in said) == (2, True), said
    cut = status("r1", project=tmp_path)
    assert (cut.status, sorted(cut.results)) == ("interrupted", ["first"])
    done = resume("r1", project=tmp_path)
    assert (done.status, done.results["loud"]["status"]) == ("completed", "completed")
    assert (tmp_path / "log").read_text().split() == ["first", "loud", "loud", "last"]


def test_a_run_is_shown_from_a_full_disk(tmp_path: Path) -> None:
    run(plan_of(GATE), project=tmp_path, run_id="r1")
    for words in (("status", "r1"), ("status", "--check"), ("status", "--pending")):
        code, said = limited(0, *words, project=tmp_path)
        assert (code, "TR" in said) == (0, False), said


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take away the right to change a folder and what is in it."""
    paths = [folder, *folder.rglob("*")]
    before = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(before[path] & 0o555)
    try:
        yield
    finally:
        for path in paths:
            path.chmod(before[path])


def powerless(*words: str, project: Path) -> tuple[int, str, str]:
    """Carry out a command that may do no more than the modes of files allow, even for root."""
    done = subprocess.run(
        [sys.executable, "-c", POWERLESS, *words, "--project", str(project), "--no-input"],
        cwd=project,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="root is told by its capabilities")
def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    write_plan(tmp_path / "flow.plan.json", plan_of(LOUD))
    with read_only(tmp_path):
        code, _, said = powerless("run", "flow.plan.json", project=tmp_path)
    assert (code, ".treadle': Permission denied" in said) == (2, True), said
    assert [path.name for path in tmp_path.iterdir()] == ["flow.plan.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="root is told by its capabilities")
def test_a_run_that_may_only_be_read_is_shown_and_exported_and_not_resumed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run(plan_of(GATE), project=tmp_path, run_id="r1")
    archive = tmp_path_factory.mktemp("elsewhere") / "r1.zip"
    with read_only(tmp_path):
        code, shown, said = powerless("status", "r1", "--json", project=tmp_path)
        assert (code, json.loads(shown or "{}").get("status")) == (0, "paused"), said
        code, shown, said = powerless("status", project=tmp_path)
        assert (code, "r1" in shown) == (0, True), said
        code, _, said = powerless("export", "r1", "-o", str(archive), project=tmp_path)
        assert (code, archive.exists()) == (0, True), said
        code, _, said = powerless("resume", "r1", "--choice", "approve", project=tmp_path)
        assert (code, "TR908" in said, "Permission denied" in said) == (2, True, True), said
    assert resume("r1", choices={"ask": "approve"}, project=tmp_path).status == "completed"


@pytest.mark.skipif(sys.platform != "linux", reason="root is told by its capabilities")
@pytest.mark.parametrize(
    ("hidden", "words", "code"),
    [
        (".treadle", ("status",), "TR101"),
        (".treadle", ("status", "--check"), "TR101"),
        (".treadle", ("resume", "r1"), "TR101"),
        (".treadle", ("run", "flow.plan.json"), "TR908"),
        (".treadle/runs", ("status", "--json"), "TR101"),
        (".treadle/runs", ("run", "flow.plan.json"), "TR908"),
        (".treadle/runs/r1", ("status", "r1"), "TR985"),
        (".treadle/runs/r1", ("fork", "r1", "--from", "a", "--yes"), "TR985"),
        (".treadle/runs/r1/logs", ("status", "--check"), "TR985"),
        (".treadle/runs/r1/journal.db", ("export", "r1", "-o", "-"), "TR985"),
    ],
)
def test_what_another_user_keeps_to_himself_is_told(
    tmp_path: Path, hidden: str, words: tuple[str, ...], code: str
) -> None:
    write_plan(tmp_path / "flow.plan.json", plan_of(GATE))
    run(plan_of(GATE), project=tmp_path, run_id="r1")
    path = tmp_path / hidden
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        left, _, said = powerless(*words, project=tmp_path)
    finally:
        path.chmod(mode)
    assert (left, code in said) == (1 if "--check" in words and code == "TR985" else 2, True), said


def test_a_clock_that_goes_back_costs_nothing(tmp_path: Path) -> None:
    times = [datetime(2026, 1, 1, tzinfo=UTC)]

    def backwards() -> str:
        times.append(times[-1] - timedelta(hours=1))
        return times[-1].isoformat(timespec="milliseconds")

    plan = plan_of(GATE)
    host = Host(project=tmp_path, environment=dict(os.environ), clock=backwards)
    assert start(plan, {}, host=host, run_id="r1").run.status == "paused"
    shown = status("r1", project=tmp_path)
    assert shown.results["a"]["finished_at"] < shown.results["a"]["started_at"]  # type: ignore[operator]
    assert [row.run_id for row in Store(tmp_path).rows()] == ["r1"]
    assert resume("r1", choices={"ask": "approve"}, project=tmp_path).status == "completed"


def test_a_folder_in_the_place_of_the_journal_is_told(tmp_path: Path) -> None:
    run(plan_of("steps: [{id: a, type: shell, run: echo a}]"), project=tmp_path, run_id="r1")
    journal = tmp_path / ".treadle" / "runs" / "r1" / "journal.db"
    journal.unlink()
    journal.mkdir()
    with pytest.raises(Refused) as refused:
        status("r1", project=tmp_path)
    assert [reason.code for reason in refused.value.problems] == ["TR985"]
