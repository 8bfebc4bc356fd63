"""Processes of runs: one owner, signals that pause, nobody left behind, nothing leaked.

Every runner here is a real process that is really signalled or killed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.executor.local.plans import plan_of
from tests.executor.local.processes import is_gone
from treadle.executor import resume, run, status
from treadle.executor.local.lock import is_held
from treadle.plan.plan_file import write_plan

HAS_PROC = Path("/proc/self/fd").exists()
only_with_proc = pytest.mark.skipif(not HAS_PROC, reason="processes have no files here")

# The first attempt of `slow` goes on for a minute, with a child of its own; the second ends.
SLOW = """
steps:
  - {id: first, type: shell, run: echo first >> log}
  - id: slow
    type: shell
    run: |
      echo slow >> log
      [ "$TREADLE_ATTEMPT" = 1 ] || exit 0
      TRAP
      sleep 60 & echo "$$ $!" > pids.new; mv pids.new pids
      wait; wait
  - {id: last, type: shell, run: echo last >> log}
"""
STUBBORN = SLOW.replace("TRAP", "trap '' TERM INT; echo $$ > stubborn")
OBEDIENT = SLOW.replace("TRAP", ":")

Started = subprocess.Popen[str]
Start = Callable[..., Started]


@pytest.fixture
def treadle(tmp_path: Path) -> Iterator[Start]:
    """Return what starts the program, in a process group of its own, for the project."""
    started: list[Started] = []

    def start(*words: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", "treadle.cli", *words, "--project", str(tmp_path), "--no-input"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
            text=True,
            process_group=0,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def at_work(text: str, project: Path, treadle: Start) -> tuple[Started, list[int]]:
    """Start a run whose step is slow; return its runner, and the step's processes."""
    write_plan(project / "flow.plan.json", plan_of(text))
    runner = treadle("run", "flow.plan.json", "--run-id", "r1")
    until((project / "pids").exists, "the slow step begins")
    return runner, [int(word) for word in (project / "pids").read_text().split()]


def log(project: Path) -> list[str]:
    return (project / "log").read_text().split()


def hold_that_it_goes_on(project: Path) -> None:
    """Hold that the run ends as it should, and that only the step in flight ran again."""
    assert resume("r1", project=project).status == "completed"
    assert log(project) == ["first", "slow", "slow", "last"]


@only_with_proc
@pytest.mark.parametrize(
    "number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_pauses_the_run_and_ends_its_processes(
    number: signal.Signals, code: int, tmp_path: Path, treadle: Start
) -> None:
    runner, step = at_work(OBEDIENT, tmp_path, treadle)
    runner.send_signal(number)
    _, said = runner.communicate(timeout=20)
    assert (runner.returncode, status("r1", project=tmp_path).status) == (code, "paused"), said
    assert [is_gone(pid) for pid in step] == [True, True]
    assert not is_held(tmp_path / ".treadle" / "runs" / "r1" / "lock")
    hold_that_it_goes_on(tmp_path)


@only_with_proc
def test_a_hangup_that_is_kept_away_does_not_pause_and_a_cancellation_does(
    tmp_path: Path, treadle: Start
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    try:
        runner, _ = at_work(OBEDIENT, tmp_path, treadle)
    finally:
        signal.signal(signal.SIGHUP, before)
    runner.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        runner.communicate(timeout=0.5)
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=20)
    assert (runner.returncode, status("r1", project=tmp_path).status) == (143, "paused")


@only_with_proc
def test_a_second_ctrl_c_kills_what_does_not_obey(tmp_path: Path, treadle: Start) -> None:
    runner, step = at_work(STUBBORN, tmp_path, treadle)
    began = time.monotonic()
    runner.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        runner.wait(timeout=0.5)
    runner.send_signal(signal.SIGINT)
    _, said = runner.communicate(timeout=20)
    assert said.count("another Ctrl-C kills it") == 1, said
    assert time.monotonic() - began < 4.5, "it waited for the end of the grace of 5 s"
    assert runner.returncode == 130
    until(lambda: all(is_gone(pid) for pid in step), "the step is gone")
    hold_that_it_goes_on(tmp_path)


@only_with_proc
@pytest.mark.parametrize("is_whole_group", [False, True])
def test_the_processes_of_a_killed_runner_end_and_theirs(
    is_whole_group: bool, tmp_path: Path, treadle: Start
) -> None:
    runner, step = at_work(STUBBORN, tmp_path, treadle)
    if is_whole_group:
        os.killpg(runner.pid, signal.SIGKILL)
    else:
        runner.kill()
    runner.wait()
    until(lambda: all(is_gone(pid) for pid in step), "the guardian ends the step")
    assert status("r1", project=tmp_path).status == "interrupted"
    hold_that_it_goes_on(tmp_path)


@only_with_proc
def test_a_resume_ends_what_is_left_when_the_guardian_was_killed_as_well(
    tmp_path: Path, treadle: Start
) -> None:
    runner, step = at_work(STUBBORN, tmp_path, treadle)
    (guardian,) = set(children(runner.pid)) - set(step)
    os.kill(guardian, signal.SIGKILL)
    runner.kill()
    runner.wait()
    assert not any(is_gone(pid) for pid in step)
    hold_that_it_goes_on(tmp_path)
    until(lambda: all(is_gone(pid) for pid in step), "the resume ends the step")


def refused(*words: str, treadle: Start) -> str:
    process = treadle(*words)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2, said
    return str(said)


def test_a_run_has_one_owner_and_others_hear_who(tmp_path: Path, treadle: Start) -> None:
    runner, _ = at_work(OBEDIENT, tmp_path, treadle)
    owner = f"error TR903: run 'r1' is being worked on by process {runner.pid} on "
    assert owner in refused("resume", "r1", treadle=treadle)
    assert owner in refused("run", "flow.plan.json", "--run-id", "r1", treadle=treadle)
    assert status("r1", project=tmp_path).status == "running"
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=20)
    assert "TR906" in refused("run", "flow.plan.json", "--run-id", "r1", treadle=treadle)
    hold_that_it_goes_on(tmp_path)


CROWD = """
import os, sys
from pathlib import Path
from treadle.executor import run
from treadle.plan.plan_file import read_plan
project = Path(sys.argv[1])
plan = read_plan(project / "flow.plan.json")
go, ready = os.pipe()
children = []
for number in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        os.close(ready)
        os.read(go, 1)
        try:
            done = run(plan, project=project, run_id=f"n{number}")
            os._exit(0 if done.status == "completed" else 3)
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(4)
    children.append(child)
os.close(ready)
codes = {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}
print(sorted(codes))
"""


def test_fifty_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    from treadle.executor.local.store import Store

    text = """
steps:
  - {id: a, type: shell, run: echo a}
  - {id: each, type: fan-out, items: [1, 2, 3], max_concurrency: 3,
     step: {id: row, type: shell, run: echo row}}
"""
    write_plan(tmp_path / "flow.plan.json", plan_of(text))
    done = subprocess.run(
        [sys.executable, "-c", CROWD, str(tmp_path), "50"], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[0]\n", "")
    store = Store(tmp_path)
    shown = {row.run_id: row.status for row in store.rows()}
    assert shown == {f"n{number}": "completed" for number in range(50)}
    assert sorted(store.index.rows(), key=lambda row: row.run_id) == sorted(
        store.rows(), key=lambda row: row.run_id
    )


def descriptors() -> list[str]:
    names = []
    for entry in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            names.append(f"{entry} {os.readlink(f'/proc/self/fd/{entry}')}")
        except OSError:
            continue  # the folder itself, which is closed by now
    return names


def hold_that_nothing_leaks(steps: int, project: Path) -> None:
    text = f"""
steps:
  - id: rounds
    type: while
    condition: true
    max_iterations: {steps // 6}
    steps:
      - {{id: alone, type: shell, run: "echo out; echo err >&2"}}
      - {{id: fails, type: shell, run: "exit 1", continue_on_error: true}}
      - id: each
        type: fan-out
        items: [1, 2, 3, 4]
        max_concurrency: 4
        step: {{id: row, type: shell, run: "echo row"}}
"""
    plan = plan_of(text)
    run(plan_of("steps: [{id: warm, type: shell, run: echo up}]"), project=project)
    before, family = descriptors(), children(os.getpid())
    assert run(plan, project=project, run_id="long").status == "completed"
    assert descriptors() == before
    assert children(os.getpid()) == family


@only_with_proc
def test_three_hundred_steps_leave_no_child_and_no_descriptor(tmp_path: Path) -> None:
    hold_that_nothing_leaks(300, tmp_path)


@only_with_proc
@pytest.mark.slow
def test_ten_thousand_steps_leave_no_child_and_no_descriptor(
    tmp_path: Path, proof_seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = min(10_000, int(50 * proof_seconds) + 60)
    hold_that_nothing_leaks(steps, tmp_path)
    with capsys.disabled():
        print(f"\n{steps // 6 * 6} steps: no child, no descriptor left")
