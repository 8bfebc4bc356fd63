"""Copies of runs: whole or not there, and the run they are made of as it was."""

import fcntl
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.executor.local.plans import plan_of
from treadle.executor import Refused, run, status
from treadle.executor.decide import Decision
from treadle.executor.local.fork import fork
from treadle.executor.local.host import Host
from treadle.executor.local.lock import RunLock, shared
from treadle.executor.local.mending import Request, go_back
from treadle.executor.local.store import Store
from treadle.executor.local.transfer import export_run, import_run
from treadle.executor.outcome import status_object
from treadle.executor.prospect import Prospect
from treadle.executor.state import RunStatus
from treadle.plan.inputs import Given

FLOW = """
inputs:
  word: {type: string, default: one}
steps:
  - {id: setup, type: shell, run: echo ready; echo setup >> log}
  - id: each
    type: fan-out
    items: [a, b]
    step: {id: item, type: shell, run: 'echo "$TREADLE_IDEMPOTENCY_KEY" >> keys'}
  - id: name
    type: if
    condition: "{{ context.run_id == 'r1' }}"
    then: [{id: first, type: shell, run: echo first >> log}]
  - {id: report, type: shell, env: {W: "{{ inputs.word }}"}, run: 'echo "report $W" >> log'}
"""


def request(**inputs: str) -> Request:
    given = {key: Given(value=value, is_text=False) for key, value in inputs.items()}
    return Request(name="r1", given=given)


def host(project: Path) -> Host:
    return Host(project=project, environment={"PATH": "/usr/bin:/bin"})


def agree(prospect: Prospect) -> bool:
    return True


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("journal.db-")
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a completed run `r1`."""
    assert run(plan_of(FLOW), project=tmp_path, run_id="r1").status == "completed"
    return tmp_path


def test_a_copy_shares_what_is_done_and_runs_the_rest(project: Path) -> None:
    before = files(project / ".treadle/runs/r1")
    rested = fork(request(word="two"), "report", host=host(project), approve=agree, run_id="r2")
    assert (RunStatus.COMPLETED, "r2", "r1") == (
        rested.run.status,
        rested.run.id,
        rested.run.forked_from,
    )
    log = (project / "log").read_text(encoding="utf-8").splitlines()
    assert ["setup", "first", "report one", "report two"] == log
    assert before == files(project / ".treadle/runs/r1")
    shown = status_object(rested.run, rested.run.status)
    assert shown == status("r2", project=project).to_json()


def test_the_logs_of_what_is_done_are_there_and_take_no_room(project: Path) -> None:
    rested = fork(request(), "report", host=host(project), approve=agree)
    first = project / ".treadle/runs/r1/logs/000001.out"
    assert (b"ready\n", first.stat().st_ino) == (
        (rested.folder.logs / "000001.out").read_bytes(),
        (rested.folder.logs / "000001.out").stat().st_ino,
    )


def test_a_copy_works_under_keys_of_its_own(project: Path) -> None:
    fork(request(), "/each/i1/item", host=host(project), approve=agree)
    keys = (project / "keys").read_text(encoding="utf-8").splitlines()
    assert (3, 3) == (len(keys), len(set(keys)))


def test_a_copy_can_be_copied_and_taken_back(project: Path) -> None:
    fork(request(), "report", host=host(project), approve=agree, run_id="r2")
    again = Request(name="r2", given={})
    rested = fork(again, "setup", host=host(project), approve=agree, run_id="r3")
    assert ("r3", "r2") == (rested.run.id, rested.run.forked_from)
    rested = go_back(Request(name="r3", given={}), "report", host=host(project), approve=agree)
    assert RunStatus.COMPLETED is rested.run.status


@pytest.mark.parametrize(
    ("run_id", "step", "code"),
    [("r1", "report", "TR906"), ("../r", "report", "TR907"), ("r2", "nope", "TR936")],
)
def test_a_copy_that_is_refused_is_not_there(
    project: Path, run_id: str, step: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        fork(request(), step, host=host(project), approve=agree, run_id=run_id)
    assert [code] == [reason.code for reason in refused.value.problems]
    assert ["r1"] == os.listdir(project / ".treadle/runs")


@contextmanager
def worked_on(project: Path) -> Iterator[None]:
    lock = os.open(project / ".treadle/runs/r1/lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(lock)


def test_a_run_is_free_again_while_its_copy_is_at_work(project: Path) -> None:
    free: list[bool] = []

    def watch(decision: Decision) -> None:
        lock = RunLock(Store(project).find("r1").lock, "r1")
        lock.release()
        free.append(True)

    around = Host(project=project, environment={"PATH": "/usr/bin:/bin"}, watch=watch)
    fork(request(), "report", host=around, approve=agree, run_id="r2")
    assert free


def test_who_only_reads_a_run_is_not_taken_for_its_last_owner(project: Path) -> None:
    path = Store(project).find("r1").lock
    assert "process" in path.read_text()
    with shared(path, "r1"), pytest.raises(Refused, match="another process"):
        RunLock(path, "r1")


def test_a_run_at_work_is_not_copied(project: Path) -> None:
    with worked_on(project), pytest.raises(Refused) as refused:
        fork(request(), "report", host=host(project), approve=agree)
    assert ["TR903"] == [reason.code for reason in refused.value.problems]


def test_what_is_left_of_a_killed_fork_is_no_run_and_goes_with_the_next(project: Path) -> None:
    left = project / ".treadle/runs/.fork-999999999-r9"
    left.mkdir()
    (left / "journal.db").write_bytes(b"half")
    assert ["r1"] == [row.run_id for row in Store(project).rows()]
    fork(request(), "report", host=host(project), approve=agree, run_id="r2")
    assert ["r1", "r2"] == sorted(os.listdir(project / ".treadle/runs"))


FORK = """
import sys
from pathlib import Path
from treadle.executor.decide import Decision
from treadle.executor.local.fork import fork
from treadle.executor.local.lock import RunLock, shared
from treadle.executor.local.mending import Request
from treadle.executor.local.host import Host
project = Path(sys.argv[1])
host = Host(project=project, environment={"PATH": "/usr/bin:/bin"})
def approve(prospect):
    print("go", flush=True)
    return True
fork(Request(name="r1", given={}), "report", host=host, approve=approve, run_id=sys.argv[2])
"""


def test_a_fork_that_is_killed_at_any_moment_leaves_a_whole_copy_or_none(project: Path) -> None:
    before = files(project / ".treadle/runs/r1")
    found = 0
    for number in range(12):
        run_id = f"k{number}"
        with subprocess.Popen(
            [sys.executable, "-c", FORK, str(project), run_id], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"go\n"
            try:
                process.wait(timeout=0.002 * number)
            except subprocess.TimeoutExpired:
                process.kill()
        if (project / ".treadle/runs" / run_id).exists():
            found += 1
            wait_until_free(project / ".treadle/runs" / run_id / "lock")
            shown = status(run_id, project=project).to_json()
            assert "r1" == shown["forked_from"]
            assert shown["status"] in ("interrupted", "completed")
            assert {"setup", "item"} < {r["address"].rsplit("/")[-1] for r in _results(shown)}
    assert before == files(project / ".treadle/runs/r1")
    assert found + 1 == len(Store(project).rows())


def test_a_copy_keeps_its_origin_when_it_is_handed_over_under_another_id(project: Path) -> None:
    fork(request(), "report", host=host(project), approve=agree, run_id="r2")
    store, archive = Store(project), io.BytesIO()
    export_run(store, store.find("r2"), archive, with_logs=True)
    archive.seek(0)
    imported = import_run(store, archive, shown="r2.zip", run_id="r3").run
    assert ("r3", "r1") == (imported.id, imported.forked_from)


def wait_until_free(lock: Path) -> None:
    """Wait for the guardian of a killed process, which ends what is left of its steps."""
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)


def _results(shown: dict[str, object]) -> list[dict[str, str]]:
    results = shown["results"]
    assert isinstance(results, dict)
    return list(results.values())
