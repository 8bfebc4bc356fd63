"""One owner a run: a lock that the kernel frees when its holder dies.

The text in the file (process id and host) is information for people, never the lock itself.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from treadle.executor.errors import Refused, refusing_disk_errors

_LOOKS = 100
_LOOK_S = 0.002


class RunLock:
    """An exclusive lock on a run, held until `release` or the end of the process."""

    def __init__(self, path: Path, run_id: str) -> None:
        """Take the lock. Errors: Refused with TR903 that says who holds it, or TR908."""
        with refusing_disk_errors(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _taken(self._file):
            refused = _busy(self._file, run_id)
            os.close(self._file)
            raise refused
        # The text is for people only: a full disk must not keep anybody from a run.
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            holder = f"process {os.getpid()} on {os.uname().nodename}\n"
            os.pwrite(self._file, holder.encode(), 0)

    def release(self) -> None:
        """Free the lock."""
        os.close(self._file)


@contextmanager
def shared(path: Path, run_id: str) -> Iterator[None]:
    """Keep everybody from working on a run that is only read meanwhile.

    Errors: Refused with TR903 when somebody works on it, or TR985.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield  # nobody has ever worked on it here
        return
    except OSError as error:
        reason = f"{path.name}: {error.strerror}"
        raise Refused.because("TR985", run=run_id, reason=reason) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise _busy(file, run_id) from None
        yield
    finally:
        os.close(file)


def _busy(file: int, run_id: str) -> Refused:
    holder = "another process"
    if not _shared(file):  # else the text is that of somebody who held it before
        holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip() or holder
    hint = f"'treadle wait {run_id}' waits until it rests, 'treadle cancel {run_id}' ends it"
    return Refused.because("TR903", run=run_id, holder=holder, hint=hint)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock at `path`."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _shared(file)
    finally:
        os.close(file)


def _taken(file: int) -> bool:
    """Take the lock; whoever only looks whether it is held has it for a moment, and shared."""
    for _ in range(_LOOKS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if not _shared(file):
                return False
            sleep(_LOOK_S)
        else:
            return True
    return False


def _shared(file: int) -> bool:
    """Whether those who hold the lock, if any, only read or look."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True
