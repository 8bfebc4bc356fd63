"""`treadle export` and `treadle import`: from one folder to another, by a file."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
steps:
  - {id: build, type: shell, run: 'echo built'}
  - {id: ask, type: gate, message: "Go?"}
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def paused(treadle, write: Write) -> None:
    """A run `r1` that waits at its gate."""
    write("flow.yml", FLOW)
    treadle("run", "flow.yml", "--run-id", "r1")


def test_a_run_is_handed_over(treadle, paused: None, project: Path) -> None:
    ended = treadle("export", "@latest")
    assert (0, "") == (ended.code, ended.out)
    assert ended.err.startswith("run r1 (demo, paused) is in r1.run.zip, ")
    assert 0o600 == (project / "r1.run.zip").stat().st_mode & 0o777
    (project / "there").mkdir()
    there = ("--project", "there")
    imported = treadle("import", "r1.run.zip", "--json", *there)
    assert ("r1", "paused") == (imported.data["run_id"], imported.data["status"])
    assert "imported run r1 (demo, paused)\nnext: treadle resume r1" in imported.err
    assert "built\n" == treadle("logs", "r1", *there).out
    assert "completed" in treadle("resume", "r1", "--choice", "approve", *there).err
    again = treadle("import", "r1.run.zip", "--run-id", "r2", *there)
    assert "imported run r2 (demo, paused), which was r1\n" in again.err


def test_an_archive_goes_through_a_pipe(treadle, paused: None, project: Path) -> None:
    treadle("export", "r1", "--no-logs", "-o", "short.zip")
    command = [sys.executable, "-m", "treadle.cli", "export", "r1", "--no-logs", "-o", "-"]
    made = subprocess.run(command, capture_output=True, check=True)
    assert (project / "short.zip").read_bytes() != b"" != made.stdout
    command = [sys.executable, "-m", "treadle.cli", "import", "-", "--run-id", "piped"]
    read = subprocess.run(command, input=made.stdout, capture_output=True, check=True)
    assert b"imported run piped (demo, paused), which was r1" in read.stderr
    assert "nothing was printed\n" == treadle("logs", "piped").err


def test_what_stands_at_the_place_of_the_file_stays_what_it_is(
    treadle, paused: None, project: Path
) -> None:
    (project / "link.zip").symlink_to("real.zip")
    os.mkfifo("pipe")
    reading = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE)
    for output in ("link.zip", "pipe"):
        ended = treadle("export", "r1", "-o", output)
        assert (0, True) == (ended.code, f"is in {output}, " in ended.err)
    assert reading.communicate(timeout=20)[0].startswith(b"PK")
    assert (project / "pipe").is_fifo()
    assert (project / "link.zip").is_symlink()
    assert (project / "real.zip").read_bytes().startswith(b"PK")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_stdout_that_takes_no_more_is_told_as_by_every_verb(treadle, paused: None) -> None:
    command = f"{sys.executable} -m treadle.cli export r1 -o -"
    full = subprocess.run(f"{command} >/dev/full", shell=True, capture_output=True, text=True)
    told = "treadle: the output cannot be written: No space left on device\n"
    assert (1, told) == (full.returncode, full.stderr)
    ended = subprocess.Popen(command.split(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ended.stdout is not None
    ended.stdout.close()
    _, err = ended.communicate(timeout=20)
    assert (141, b"") == (ended.returncode, err)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export", "nope"), "TR904"),
        (("export", "r1", "-o", "missing/x.zip"), "TR908"),
        (("export", "r1", "-o", "."), "TR908"),
        (("import", "missing.zip"), "TR101"),
        (("import", "flow.yml"), "TR917"),
        (("import", "."), "TR101"),
    ],
)
def test_what_cannot_be_done_is_refused(
    treadle, paused: None, project: Path, words: tuple[str, ...], code: str
) -> None:
    before = sorted(project.iterdir())
    ended = treadle(*words)
    assert (2, "", True) == (ended.code, ended.out, f"error {code}: " in ended.err)
    assert before == sorted(project.iterdir())
