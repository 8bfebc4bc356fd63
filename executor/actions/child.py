"""One started program: its process, its two pipes, and how it is reaped.

On Linux a program that runs in our own folder is started by `posix_spawn`, which takes half the
time of `subprocess`; everything else goes through `subprocess`.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

_STREAMS = 3  # the descriptors 0, 1 and 2
# Python ignores these two; a program that is started must not.
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ)


class Child(Struct, eq=False):
    """A program at work in a process group of its own.

    Shapes: `stdout` and `stderr` are the reading ends of its pipes; `returncode` is None until
    the process is reaped, and -n after death by signal n.
    """

    pid: int
    stdout: int
    stderr: int
    returncode: int | None = None
    _popen: "subprocess.Popen[bytes] | None" = None

    def poll(self) -> int | None:
        """Reap the process if it has ended; return its exit code, None while it runs."""
        if self.returncode is None:
            self._reap(os.WNOHANG)
        return self.returncode

    def wait(self) -> int:
        """Wait for the process to end, and return its exit code."""
        while self.returncode is None:
            self._reap(0)
        return self.returncode

    def close(self) -> None:
        """Close our ends of the pipes."""
        os.close(self.stdout)
        os.close(self.stderr)

    def _reap(self, flags: int) -> None:
        if self._popen is not None:
            self.returncode = self._popen.poll() if flags else self._popen.wait()
            return
        pid, status = os.waitpid(self.pid, flags)
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)


class Pipes(Struct, frozen=True):
    """The pipes for what a program prints: the reading and the writing end of each."""

    stdout: tuple[int, int]
    stderr: tuple[int, int]

    def close(self) -> None:
        """Close all ends."""
        for end in (*self.stdout, *self.stderr):
            os.close(end)


def open_pipes() -> Pipes:
    """Open the pipes for a program. Errors: OSError; nothing is open then."""
    stdout = os.pipe()
    try:
        return Pipes(stdout, os.pipe())
    except OSError:
        for end in stdout:
            os.close(end)
        raise


def start(
    argv: tuple[str, ...],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    stdin: int | None,
    pipes: Pipes,
) -> Child:
    """Start a program; `stdin` is what it reads, None for nothing. The pipes become the child's.

    Errors: OSError, and ValueError for words that no system call takes.
    """
    (out_reader, out_writer), (err_reader, err_writer) = pipes.stdout, pipes.stderr
    writers = (out_writer, err_writer)
    try:
        if _is_plain(argv, cwd, pipes):
            pid = _spawned(argv, environment, stdin=stdin, writers=writers)
            child = Child(pid, out_reader, err_reader)
        else:
            popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=out_writer,
                stderr=err_writer,
                cwd=cwd,
                env=environment,
                process_group=0,
            )
            child = Child(popen.pid, out_reader, err_reader, _popen=popen)
    except BaseException:
        os.close(out_reader)
        os.close(err_reader)
        raise
    finally:
        for writer in writers:
            os.close(writer)
    return child


def _is_plain(argv: tuple[str, ...], cwd: Path, pipes: Pipes) -> bool:
    """Whether `posix_spawn` can do it: no look-up on PATH, no folder, no stream in the way."""
    return (
        sys.platform == "linux"
        and argv[0].startswith("/")
        and min(*pipes.stdout, *pipes.stderr) >= _STREAMS
        and os.getcwd() == str(cwd)
    )


def _spawned(
    argv: tuple[str, ...],
    environment: Mapping[str, str],
    *,
    stdin: int | None,
    writers: tuple[int, int],
) -> int:
    reading: tuple[Any, ...] = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    if stdin is not None:
        reading = (os.POSIX_SPAWN_DUP2, stdin, 0)
    stdout, stderr = writers
    return os.posix_spawn(
        argv[0],
        argv,
        environment,
        file_actions=(
            reading,
            (os.POSIX_SPAWN_DUP2, stdout, 1),
            (os.POSIX_SPAWN_DUP2, stderr, 2),
            *_closing(),
        ),
        setpgroup=0,
        setsigdef=_DEFAULT_SIGNALS,
    )


@cache
def _closing() -> tuple[tuple[int, int], ...]:
    """Return how a program closes what was open when our own process began: not its business.

    What Python opens is closed by itself when a program is started.
    """
    opened = (int(name) for name in os.listdir("/proc/self/fd"))
    return tuple(
        (os.POSIX_SPAWN_CLOSE, number)
        for number in opened
        if number >= _STREAMS and _is_inheritable(number)
    )


def _is_inheritable(descriptor: int) -> bool:
    try:
        return os.get_inheritable(descriptor)
    except OSError:
        return False  # the one that listed the folder
