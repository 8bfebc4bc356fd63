"""Sees to it that the processes of a run do not outlive its runner.

A shell on a pipe knows the process groups that are at work; when the pipe ends because the runner
is gone, it kills them. A file beside the journal repeats them, so that a resume can end a group
even when the shell was killed as well; a group is known by its leader's id and start time.
"""

import os
import signal
import subprocess
import threading
from pathlib import Path

_SCRIPT = r"""
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) case $groups in
         *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
       esac ;;
  esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
"""


class Guardian:
    """Keeps the process groups of one runner."""

    def __init__(self, path: Path) -> None:
        """Begin; `path` is the file that repeats the groups. Nothing is started yet."""
        self._path = path
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._file: int | None = None

    def register(self, group: int) -> None:
        """Take note of a process group that starts (+group) or has ended (-group)."""
        sign, leader = ("+", group) if group > 0 else ("-", -group)
        with self._lock:
            shell, file = self._started()
            started = _start_time(leader) if sign == "+" else ""
            os.write(file, f"{sign} {leader} {started}\n".encode())
            if shell.stdin is not None:
                try:
                    os.write(shell.stdin.fileno(), f"{sign} {leader}\n".encode())
                except BrokenPipeError:
                    # Somebody killed the shell: the file still lets a resume find the group.
                    shell.stdin = None

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

    def _started(self) -> tuple[subprocess.Popen[bytes], int]:
        if self._shell is None:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
                bufsize=0,
            )
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._file = os.open(self._path, flags, 0o600)
        return self._shell, self._file


def end_survivors(path: Path) -> int:
    """Kill the groups that a dead runner left behind; return how many there were.

    Only the holder of the run's lock may call this.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return 0
    groups: dict[int, str] = {}
    for line in lines:
        sign, _, rest = line.partition(" ")
        leader, _, started = rest.partition(" ")
        if not leader.isdigit():
            continue
        if sign == "+":
            groups[int(leader)] = started
        else:
            groups.pop(int(leader), None)
    ended = sum(_kill(leader, started) for leader, started in groups.items())
    path.unlink(missing_ok=True)
    return ended


def _kill(leader: int, started: str) -> bool:
    if not started or _start_time(leader) != started:
        return False
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _start_time(pid: int) -> str:
    """Return when a process started, in a form that two processes of one id do not share."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        if Path("/proc/self").exists():
            return ""
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip().replace(" ", "_")
