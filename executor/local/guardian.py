"""Sees to it that the processes of a run do not outlive its runner.

A file beside the journal names itself, so that it is told from a copy, and the process groups that
are at work, a line each; the line of one that has ended is blank until another takes it. A shell
waits on a pipe that nothing is ever written to; when the pipe ends because the runner is gone, it
kills the groups in the file. A resume does the same when the shell was killed as well; a group is
known by its leader's id and the moment at which it was seen alive.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path

from treadle.executor.errors import refusing_disk_errors

_HAS_PROC = sys.platform == "linux"
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_SCRIPT = r"""
read -r _
[ -f "$1" ] || exit 0
while read -r sign group _; do
  case $sign in +) kill -KILL "-$group" 2>/dev/null ;; esac
done < "$1"
"""
_LINE = 79  # what a line holds besides its end
_IS_GROUP, _IS_FILE = "+", "="
_BLANK = b"\n".rjust(_LINE + 1)


class Guardian:
    """Keeps the process groups of one runner."""

    def __init__(self, path: Path) -> None:
        """Begin; `path` is the file that names the groups. Nothing is started yet."""
        self._path = path
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._file: int | None = None
        self._lines: dict[int, int] = {}
        self._blank: list[int] = []

    def register(self, group: int) -> None:
        """Take note of a process group that starts (+group) or has ended (-group).

        Errors: Refused with TR908, for one that starts; it is not known then.
        """
        with self._lock:
            if group > 0:
                with refusing_disk_errors(self._path):
                    self._note(group)
            elif self._file is not None:
                number = self._lines.pop(-group)
                self._blank.append(number)
                os.pwrite(self._file, _BLANK, number * len(_BLANK))

    def close(self) -> None:
        """End the guardian; every group has ended."""
        with self._lock:
            if self._shell is not None:
                if self._shell.stdin is not None:
                    self._shell.stdin.close()
                self._shell.wait()
                self._shell = None
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self._path.unlink(missing_ok=True)

    def _note(self, group: int) -> None:
        if self._file is None:
            self._file = self._begun()
        if self._shell is None:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, "guardian", str(self._path.absolute())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
                bufsize=0,
            )
        number = self._blank[-1] if self._blank else len(self._lines) + 1
        line = _line(_IS_GROUP, str(group), _moment(group))
        os.pwrite(self._file, line, number * len(line))
        self._lines[group] = number
        if self._blank:
            self._blank.pop()

    def _begun(self) -> int:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(file, _line(_IS_FILE, *_identity(os.fstat(file))), 0)
        except BaseException:
            os.close(file)
            raise
        return file


def end_survivors(path: Path) -> int:
    """Kill the groups that a dead runner left behind; return how many there were.

    Only the holder of the run's lock may call this.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        identity = _identity(path.stat())
    except (OSError, ValueError):
        return 0
    groups: dict[int, str] = {}
    is_copy = False
    for line in lines:
        sign, _, rest = line.strip().partition(" ")
        leader, _, moment = rest.partition(" ")
        if sign == _IS_GROUP and leader.isdigit():
            groups[int(leader)] = moment
        elif sign == _IS_FILE:
            is_copy = (leader, moment) != identity
    if is_copy:
        groups.clear()  # they are those of the run whose folder was copied
    run_id = path.parent.name
    ended = sum(
        _kill(leader)
        for leader, moment in groups.items()
        if _is_the_same(leader, moment) or _has_outlived(leader, run_id, moment)
    )
    path.unlink(missing_ok=True)
    return ended


def _line(*words: str) -> bytes:
    return " ".join(words)[:_LINE].ljust(_LINE).encode() + b"\n"


def _identity(file: os.stat_result) -> tuple[str, str]:
    """Return what a copy of a file does not have."""
    return str(file.st_dev), str(file.st_ino)


def _kill(leader: int) -> bool:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _moment(pid: int) -> str:
    """Return what tells a living process from a later one of the same id.

    On Linux that is the time since boot, in ticks, and which boot that was: who comes later has
    started later. Elsewhere it is the start of the process, as `ps` shows it.
    """
    if _HAS_PROC:
        return f"{int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS_A_SECOND)} {_boot()}"
    return _shown_start(pid)


@cache
def _boot() -> str:
    """Return what tells this boot of the machine from every other."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _is_the_same(pid: int, moment: str) -> bool:
    """Whether a process that lives is the one that was seen at a moment."""
    if not moment:
        return False
    if not _HAS_PROC:
        return _shown_start(pid) == moment
    ticks, _, boot = moment.partition(" ")
    try:
        return boot == _boot() and int(_stat(pid)[19]) <= int(ticks)
    except (OSError, ValueError, IndexError):
        return False


def _has_outlived(leader: int, run_id: str, moment: str) -> bool:
    """Whether a group without its leader is at work for a run: its programs say so themselves."""
    if not _HAS_PROC or moment.partition(" ")[2] != _boot() or Path(f"/proc/{leader}").exists():
        return False
    named = f"TREADLE_RUN_ID={run_id}".encode()
    for process in Path("/proc").glob("[1-9]*"):
        try:
            is_member = int(_stat(int(process.name))[2]) == leader
            if is_member and named in (process / "environ").read_bytes().split(b"\0"):
                return True
        except (OSError, ValueError, IndexError):
            continue
    return False


def _stat(pid: int) -> list[str]:
    """Return what Linux tells of a process, from its state on."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()


def _shown_start(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip().replace(" ", "_")
