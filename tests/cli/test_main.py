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


def test_every_other_command_ends_as_programs_do() -> None:
    assert (2, "taken apart\n") == ended("status", "nothing-of-that-name")
