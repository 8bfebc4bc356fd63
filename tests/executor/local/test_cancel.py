"""Cancelling: a run that rests, one of another process, one that was killed; in a back-off, too."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.executor.local.plans import plan_of
from tests.executor.local.processes import wait_for
from treadle.executor import Refused, resume, run, status
from treadle.executor.events import TimerFired
from treadle.executor.local.cancel import Patience, cancel
from treadle.executor.local.cancel_request import leave_request, take_request
from treadle.executor.local.host import Host
from treadle.executor.local.journal import read
from treadle.executor.local.lock import RunLock
from treadle.executor.timers import is_due
from treadle.plan.plan_file import write_plan

FINALLY = "finally: [{id: tidy, type: shell, run: 'echo {{ context.status }} >> log'}]\n"
GATE = FINALLY + 'steps: [{id: ask, type: gate, message: "Go?"}]\n'
LONG = FINALLY + "steps: [{id: long, type: shell, run: 'touch started; sleep 60'}]\n"
BACK_OFF = """
steps:
  - id: flaky
    type: shell
    run: 'touch started; test "$TREADLE_ATTEMPT" = 2'
    retry: {max_attempts: 2, delay: 2}
"""
DRIVER = """
import json, sys
from pathlib import Path
from treadle.executor import run
from treadle.plan.plan_file import read_plan
done = run(read_plan(Path(sys.argv[1])), project=sys.argv[2], run_id="r1")
print(json.dumps(done.to_json()))
"""


def host(project: Path) -> Host:
    return Host(project=project, environment=dict(os.environ))


def begin(text: str, project: Path) -> subprocess.Popen[str]:
    path = project / "flow.plan.json"
    write_plan(path, plan_of(text))
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(path), str(project)], stdout=subprocess.PIPE, text=True
    )


def log(project: Path) -> list[str]:
    return (project / "log").read_text(encoding="utf-8").split()


def test_a_paused_run_is_cancelled_here_after_its_finally(tmp_path: Path) -> None:
    run(plan_of(GATE), project=tmp_path, run_id="r1")
    rested = cancel("r1", host=host(tmp_path), reason="no need")
    assert rested.run.status == "cancelled"
    assert (rested.run.error or "").endswith(": no need [TR819]")
    assert log(tmp_path) == ["cancelled"]
    with pytest.raises(Refused, match="is cancelled already"):
        cancel("r1", host=host(tmp_path))
    with pytest.raises(Refused, match="cannot be resumed"):
        resume("r1", project=tmp_path)


def test_a_run_of_another_process_is_cancelled_by_that_process(tmp_path: Path) -> None:
    runner = begin(LONG, tmp_path)
    wait_for(tmp_path / "started")
    rested = cancel("r1", host=host(tmp_path))
    assert (rested.run.status, log(tmp_path)) == ("cancelled", ["cancelled"])
    shown, _ = runner.communicate(timeout=30)
    assert json.loads(shown)["status"] == "cancelled"
    assert not (rested.folder.cancel).exists()


@pytest.mark.parametrize("reads", [False, True])
def test_only_the_secrets_that_finally_reads_are_needed(tmp_path: Path, reads: bool) -> None:
    text = """
inputs: {token: {type: string, secret: true, required: true}}
steps:
  - {id: use, type: shell, run: 'true', env: {T: "{{ inputs.token }}"}}
  - {id: ask, type: gate, message: "Go?"}
finally: [{id: tidy, type: shell, run: 'true'ENV}]
"""
    env = ', env: {T: "{{ inputs.token }}"}' if reads else ""
    run(plan_of(text.replace("ENV", env)), {"token": "s"}, project=tmp_path, run_id="r1")
    if reads:
        with pytest.raises(Refused) as refused:
            cancel("r1", host=host(tmp_path))
        assert ["TR706"] == [each.code for each in refused.value.problems]
    else:
        assert "cancelled" == cancel("r1", host=host(tmp_path)).run.status


def test_a_run_that_was_killed_is_cancelled_here(tmp_path: Path) -> None:
    runner = begin(LONG, tmp_path)
    wait_for(tmp_path / "started")
    runner.kill()
    runner.communicate()
    assert cancel("r1", host=host(tmp_path)).run.status == "cancelled"
    assert log(tmp_path) == ["cancelled"]


def test_a_signal_without_a_wish_still_pauses(tmp_path: Path) -> None:
    runner = begin(LONG, tmp_path)
    wait_for(tmp_path / "started")
    runner.send_signal(signal.SIGTERM)
    shown, _ = runner.communicate(timeout=30)
    assert json.loads(shown)["status"] == "paused"


def test_a_run_that_has_completed_cannot_be_cancelled(tmp_path: Path) -> None:
    run(plan_of("steps: [{id: a, type: shell, run: 'true'}]"), project=tmp_path, run_id="r1")
    with pytest.raises(Refused) as refused:
        cancel("r1", host=host(tmp_path))
    assert [reason.code for reason in refused.value.problems] == ["TR910"]


@pytest.mark.parametrize(
    ("holder", "code"),
    [("process 1 on elsewhere", "TR912"), ("process 4194304 on {here}", "TR903"), ("", "TR903")],
)
def test_an_owner_that_cannot_be_asked_is_named_and_nobody_else_is_signalled(
    tmp_path: Path, holder: str, code: str
) -> None:
    run(plan_of(GATE), project=tmp_path, run_id="r1")
    folder = tmp_path / ".treadle" / "runs" / "r1"
    lock = RunLock(folder / "lock", "r1")
    (folder / "lock").write_text(holder.format(here=os.uname().nodename), encoding="utf-8")
    try:
        with pytest.raises(Refused) as refused:
            cancel("r1", host=host(tmp_path), patience=Patience(limit_s=0.0, pause=lambda: None))
    finally:
        lock.release()
    assert [reason.code for reason in refused.value.problems] == [code]
    assert not (folder / "cancel.json").exists()


def test_an_owner_that_takes_no_note_is_given_up_after_a_time(tmp_path: Path) -> None:
    run(plan_of(GATE), project=tmp_path, run_id="r1")
    lock = tmp_path / ".treadle" / "runs" / "r1" / "lock"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal, sys\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "from pathlib import Path\n"
            "from treadle.executor.local.lock import RunLock\n"
            "lock = RunLock(Path(sys.argv[1]), 'r1')\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()\n",
            str(lock),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        with pytest.raises(Refused) as refused:
            cancel("r1", host=host(tmp_path), patience=Patience(limit_s=0.0, pause=lambda: None))
    finally:
        holder.communicate("")
    assert [reason.code for reason in refused.value.problems] == ["TR911"]
    assert not (lock.parent / "cancel.json").exists()


def test_a_wish_is_taken_once_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "cancel.json"
    leave_request(path, by="ann", at="2026-01-01T00:00:00+00:00", reason=None)
    taken = take_request(path, lambda: "2026-01-01T00:00:09+00:00")
    assert taken is not None
    assert (taken.by, taken.at, taken.reason) == ("ann", "2026-01-01T00:00:09+00:00", None)
    assert take_request(path, lambda: "") is None
    for damaged in ("", "[]", '{"by": 1, "reason": null}', "{"):
        path.write_text(damaged, encoding="utf-8")
        assert take_request(path, lambda: "") is None
        assert not path.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_in_a_back_off_keeps_the_time_of_the_next_attempt(
    tmp_path: Path, number: signal.Signals
) -> None:
    runner = begin(BACK_OFF, tmp_path)
    journal = tmp_path / ".treadle" / "runs" / "r1" / "journal.db"
    wait_for(tmp_path / "started")
    deadline = time.monotonic() + 30
    while "retry-scheduled" not in journal_text(journal):
        assert time.monotonic() < deadline, "no retry was scheduled"
        time.sleep(0.01)
    runner.send_signal(number)
    runner.communicate(timeout=2)
    assert status("r1", project=tmp_path).status == (
        "interrupted" if number is signal.SIGKILL else "paused"
    )
    done = resume("r1", project=tmp_path)
    assert (done.status, done.results["flaky"]["attempts"]) == ("completed", 2)
    (due,) = [e.due for e in events_of(journal) if hasattr(e, "due") and e.due]
    (fired,) = [event for event in events_of(journal) if isinstance(event, TimerFired)]
    assert is_due(due, fired.at)


def events_of(journal: Path) -> list[object]:
    return [event for events in read(journal, "r1") for event in events]


def journal_text(journal: Path) -> str:
    return " ".join(
        "retry-scheduled" if type(event).__name__ == "RetryScheduled" else ""
        for event in events_of(journal)
    )
