"""`run --detach`, `wait` and `logs --follow`: runs of other processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs: {n: {type: integer, default: 1}}
steps:
  - {id: hold, type: shell, run: 'echo began; read line < pipe; echo $line'}
  - {id: ask, type: gate, message: "Go?", if: "{{ inputs.n == 1 }}"}
"""

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def flow(project: Path, write: Write) -> Path:
    """A workflow whose first step waits for a line in a pipe."""
    os.mkfifo(project / "pipe")
    return write("flow.yml", FLOW)


def call(*words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    """Call the program in a process of its own: a detached run must not be one of the suite."""
    command = [sys.executable, "-m", "treadle.cli", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert code == ended.returncode, ended.stderr
    return ended


def begin(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "treadle.cli", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_run_goes_on_in_the_background(project: Path) -> None:
    ended = call("run", "flow.yml", "--detach", "--run-id", "r1")
    assert "r1\n" == ended.stdout
    assert "next: treadle logs r1 --follow\nnext: treadle wait r1\n" in ended.stderr
    waited = call("wait", "r1", "--timeout", "0.1", code=124)
    assert "r1 is still at work after 100 ms" in waited.stderr
    with begin("logs", "r1", "-f") as following, begin("wait", "r1") as waiting:
        assert following.stdout is not None
        assert "began\n" == following.stdout.readline()
        (project / "pipe").write_text("line\n")
        out, _ = following.communicate(timeout=30)
        _, told = waiting.communicate(timeout=30)
    assert ("line\n", 0, True) == (out, waiting.returncode, "paused at ask" in told)
    assert 3 == call("wait", "r1", "--detailed-exitcode", code=3).returncode
    log = (project / ".treadle" / "runs" / "r1" / "detached.log").read_text()
    assert "✓ hold" in log and "paused at ask" in log
    resumed = call("resume", "r1", "--choice", "approve", "--detach", "--json")
    assert "r1" == json.loads(resumed.stdout)["run_id"]
    assert "completed" == json.loads(call("wait", "r1", "--json").stdout)["status"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "flow.yml", "-i", "n=x"), "TR702"),
        (("run", "flow.yml", "--run-id", "a/b"), "TR907"),
        (("run", "none.yml"), "TR101"),
        (("resume", "none"), "TR904"),
    ],
)
def test_what_is_refused_is_refused_here(words: tuple[str, ...], code: str, project: Path) -> None:
    ended = call(*words, "--detach", code=2)
    assert ("", True) == (ended.stdout, f"error {code}: " in ended.stderr)
    assert not list((project / ".treadle" / "runs").glob("*"))


def test_the_end_of_an_interrupted_run_is_not_waited_for(project: Path) -> None:
    call("run", "flow.yml", "--detach", "--run-id", "r1")
    holder = int((project / ".treadle" / "runs" / "r1" / "lock").read_text().split()[1])
    os.kill(holder, 9)
    assert "interrupted" in call("wait", "r1", code=1).stderr
    assert "interrupted" in call("logs", "r1", "-f").stderr


def test_only_the_output_of_a_step_is_followed(project: Path) -> None:
    call("run", "flow.yml", "-i", "n=2", "--detach", "--run-id", "r1")
    with begin("logs", "r1", "ask", "-f") as following:
        (project / "pipe").write_text("line\n")
        assert ("", 0) == (following.communicate(timeout=30)[0], following.returncode)
    assert "no step 'other'" in call("logs", "r1", "other", "-f", code=2).stderr
