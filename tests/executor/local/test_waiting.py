"""Waiting for a run: until its lock is free, or the time is over."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from treadle.compiler import compile_text
from treadle.executor import run
from treadle.executor.local.lock import RunLock
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.local.waiting import wait_for_rest
from treadle.executor.state import RunStatus

FLOW = """
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - {id: ask, type: gate, message: 'Go?'}
"""
HOLDS = """
import sys
from pathlib import Path
from treadle.executor.local.lock import RunLock
lock = RunLock(Path(sys.argv[1]), "r1")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run that is paused."""
    plan = compile_text(FLOW, path="flow.yml").plan
    assert plan is not None
    run(plan, project=tmp_path, run_id="r1")
    return Store(tmp_path).find("r1")


@pytest.fixture
def owner(folder: RunFolder) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that works on the run until its stdin ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder.lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert b"held\n" == process.stdout.readline()
        yield process


def test_a_run_that_rests_is_not_waited_for(tmp_path: Path, folder: RunFolder) -> None:
    assert RunStatus.PAUSED is wait_for_rest(Store(tmp_path), folder)[1]


def test_the_kernel_wakes_who_waits_without_a_limit(
    tmp_path: Path, folder: RunFolder, owner: "subprocess.Popen[bytes]"
) -> None:
    assert owner.stdin is not None
    owner.stdin.close()
    assert RunStatus.PAUSED is wait_for_rest(Store(tmp_path), folder)[1]


def test_a_wait_ends_when_its_time_is_over(
    tmp_path: Path, folder: RunFolder, owner: "subprocess.Popen[bytes]"
) -> None:
    moments = iter([0.0, 1.0, 4.0, 5.0])
    looks: list[None] = []
    wait_for_rest(
        Store(tmp_path), folder, 5.0, clock=lambda: next(moments), pause=lambda: looks.append(None)
    )
    assert 2 == len(looks)


def test_who_only_looks_never_keeps_an_owner_away(tmp_path: Path, folder: RunFolder) -> None:
    looker = "from treadle.executor.local.lock import is_held\nfrom pathlib import Path\n"
    looker += "import sys\nprint('looking', flush=True)\nwhile True: is_held(Path(sys.argv[1]))"
    with subprocess.Popen(
        [sys.executable, "-c", looker, str(folder.lock)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ends_at = time.monotonic() + 0.3
        taken = 0
        while time.monotonic() < ends_at:
            RunLock(folder.lock, folder.id).release()
            taken += 1
        process.kill()
    assert taken > 10
