"""Processes of tests: the program in one of its own, and what is there to see of others."""

import subprocess
import sys
import time
from pathlib import Path


def treadle(project: Path, *words: str) -> "subprocess.Popen[bytes]":
    """Start the program for a project, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "treadle.cli", *words, "--project", str(project), "--no-input"],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has taken note of it yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"
