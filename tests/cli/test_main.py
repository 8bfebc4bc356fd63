"""The end of the program: the status of its command, whatever its libraries still do."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = (
    "import atexit, sys; atexit.register(print, 'taken apart'); sys.argv[1:] = {words!r};"
    " from treadle.cli import program; program()"
)


def ended(*words: str) -> tuple[int, str]:
    program = PROGRAM.format(words=list(words))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_temporals_threads_never_meet_an_interpreter_that_is_taken_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("temporalio")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    assert (2, "") == ended("status", "--on", "temporal")


def test_no_command_waits_for_the_interpreter_to_be_taken_apart() -> None:
    assert (2, "") == ended("status", "nothing-of-that-name")


def test_a_process_waits_for_a_thread_that_is_at_work() -> None:
    work = "threading.main_thread().join(), print('late')"
    thread = f"import threading; threading.Thread(target=lambda: ({work})).start()"
    program = f"{thread}; {PROGRAM.format(words=['schema', 'nope'])}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (2, "late\ntaken apart\n") == (done.returncode, done.stdout)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_the_caller_has_closed_costs_no_run(
    closed: str, treadle, project: Path
) -> None:
    steps = 'steps: [{id: a, type: shell, run: "echo out; echo err >&2"}]\n'
    Path("w.yml").write_text('workflow: {id: w, name: W, version: "1.0.0"}\n' + steps)
    words = f"{sys.executable} -m treadle.cli"
    for number, options in enumerate(("", "--json", "--detach")):
        command = f"{words} run w.yml --run-id r{number} {options} {closed}"
        assert 0 == subprocess.run(["sh", "-c", command], cwd=project).returncode
        assert 0 == treadle("wait", f"r{number}").code
    assert "out\nerr\n" == treadle("logs", "r0").out
