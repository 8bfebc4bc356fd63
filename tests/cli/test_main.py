"""The end of the program: the status of its command, whatever its libraries still do."""

import subprocess
import sys

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
