"""Processes of a run do not outlive its runner."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.executor.local.processes import is_gone
from treadle.executor.errors import Refused
from treadle.executor.local.guardian import Guardian, end_survivors
from treadle.executor.local.lock import RunLock, is_held


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return False


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], process_group=0)


RUNNER = """
import os, subprocess, sys, time
from pathlib import Path
from treadle.executor.local.guardian import Guardian
guardian = Guardian(Path(sys.argv[1]))
shell = subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], process_group=0,
                         stdout=subprocess.PIPE, text=True)
guardian.register(shell.pid)
print(shell.pid, shell.stdout.readline().strip(), flush=True)
time.sleep(60)
"""


def test_when_a_runner_is_killed_its_processes_and_theirs_end(tmp_path: Path) -> None:
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path / "groups")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert runner.stdout is not None
    shell, grandchild = (int(word) for word in runner.stdout.readline().split())
    runner.kill()
    runner.wait()
    runner.stdout.close()
    assert eventually(lambda: is_gone(shell) and is_gone(grandchild))


def test_a_group_that_has_ended_is_left_alone(tmp_path: Path) -> None:
    guardian = Guardian(tmp_path / "groups")
    other = sleeper()
    guardian.register(other.pid)
    guardian.register(-other.pid)
    guardian.close()
    assert other.poll() is None
    other.kill()
    other.wait()


def noted(path: Path) -> list[list[str]]:
    """Return the groups of a file, behind the line that names the file."""
    first, *lines = path.read_text(encoding="ascii").splitlines()
    assert first.startswith("= ")
    return [line.split()[:2] for line in lines if line.strip()]


def test_a_group_that_cannot_be_noted_is_refused_and_no_other_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*words: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    guardian = Guardian(tmp_path / "groups")
    guardian.register(1_000_001)
    with monkeypatch.context() as changed, pytest.raises(Refused) as refused:
        changed.setattr(os, "pwrite", full)
        guardian.register(1_000_002)
    assert "TR908" == refused.value.problems[0].code
    guardian.register(1_000_003)
    assert [["+", "1000001"], ["+", "1000003"]] == noted(tmp_path / "groups")
    guardian.close()


def test_the_file_does_not_grow_with_the_groups_that_have_ended(tmp_path: Path) -> None:
    guardian = Guardian(tmp_path / "groups")
    guardian.register(os.getpid())
    one = (tmp_path / "groups").stat().st_size
    for number in range(100):
        guardian.register(1_000_000 + number)
        guardian.register(-(1_000_000 + number - 1) if number else -os.getpid())
    assert (tmp_path / "groups").stat().st_size == one + one // 2
    assert noted(tmp_path / "groups") == [["+", "1000099"]]
    guardian.register(-1_000_099)
    guardian.close()


def test_a_resume_ends_what_a_killed_guardian_left(tmp_path: Path) -> None:
    left = sleeper()
    guardian = Guardian(tmp_path / "groups")
    guardian.register(left.pid)
    assert end_survivors(tmp_path / "groups") == 1
    assert left.wait() == -signal.SIGKILL
    assert not (tmp_path / "groups").exists()
    guardian.close()


def test_a_resume_in_a_copy_of_the_run_leaves_the_original_alone(tmp_path: Path) -> None:
    at_work = sleeper()
    guardian = Guardian(tmp_path / "groups")
    guardian.register(at_work.pid)
    shutil.copy2(tmp_path / "groups", tmp_path / "copied")
    assert end_survivors(tmp_path / "copied") == 0
    assert at_work.poll() is None
    os.rename(tmp_path / "groups", tmp_path / "moved")
    assert end_survivors(tmp_path / "moved") == 1
    assert at_work.wait() == -signal.SIGKILL
    guardian.close()


def test_a_process_that_got_the_number_later_is_never_killed(tmp_path: Path) -> None:
    other = sleeper()
    boot = Path("/proc/sys/kernel/random/boot_id")
    now = boot.read_text(encoding="ascii").strip() if boot.exists() else ""
    (tmp_path / "groups").write_text(f"+ {other.pid} 1 {now}\n", encoding="ascii")
    assert end_survivors(tmp_path / "groups") == 0
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes have no files here")
def test_a_group_of_another_boot_is_never_killed(tmp_path: Path) -> None:
    other = sleeper()
    another_boot = "00000000-0000-4000-8000-000000000000"
    (tmp_path / "groups").write_text(f"+ {other.pid} 99999999 {another_boot}\n", encoding="ascii")
    assert end_survivors(tmp_path / "groups") == 0
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes have no files here")
@pytest.mark.parametrize("run_id, ended", [("r1", 1), ("another", 0)])
def test_a_group_whose_leader_is_gone_ends_only_for_its_own_run(
    tmp_path: Path, run_id: str, ended: int
) -> None:
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 60 > /dev/null & echo $!; read _"],
        process_group=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"TREADLE_RUN_ID": "r1", "PATH": os.environ["PATH"]},
        text=True,
    )
    assert leader.stdout is not None
    left = int(leader.stdout.readline())
    folder = tmp_path / run_id
    folder.mkdir()
    guardian = Guardian(folder / "groups")
    guardian.register(leader.pid)
    leader.communicate("\n")
    assert end_survivors(folder / "groups") == ended
    if not ended:
        os.kill(left, signal.SIGKILL)
    assert eventually(lambda: is_gone(left))
    guardian.close()


def test_a_lock_has_one_holder_and_says_who(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    lock = RunLock(path, "r1")
    assert is_held(path)
    with pytest.raises(Refused, match=f"process {os.getpid()} on ") as refused:
        RunLock(path, "r1")
    assert [reason.code for reason in refused.value.problems] == ["TR903"]
    lock.release()
    assert not is_held(path)


def test_a_lock_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path;"
        "from treadle.executor.local.lock import RunLock;"
        "lock = RunLock(Path(sys.argv[1]), 'r1'); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert is_held(path)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    RunLock(path, "r1").release()
