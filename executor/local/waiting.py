"""Waits until a run rests, whoever works on it: the run's lock tells."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from treadle.executor.local.store import RunFolder, Store
from treadle.executor.state import Run, RunStatus

_LOOK_AGAIN_S = 0.1


def wait_for_rest(
    store: Store,
    folder: RunFolder,
    timeout_s: float | None = None,
    *,
    clock: Callable[[], float] = monotonic,
    pause: Callable[[], None] = lambda: sleep(_LOOK_AGAIN_S),
) -> tuple[Run, RunStatus]:
    """Return a run and its status when it rests; it is RUNNING when the time was over before.

    Without a time limit the kernel wakes the waiter: nothing is polled.
    Errors: Refused when the run cannot be read; KeyboardInterrupt.
    """
    ends_at = None if timeout_s is None else clock() + timeout_s
    while True:
        is_over = not _wait_for_lock(folder.lock, ends_at, clock=clock, pause=pause)
        _, run = store.load(folder)
        status = store.shown_status(folder, run)
        # Somebody may have gone on with the run since it was free.
        if is_over or status is not RunStatus.RUNNING:
            return run, status


def _wait_for_lock(
    lock: Path, ends_at: float | None, *, clock: Callable[[], float], pause: Callable[[], None]
) -> bool:
    """Wait for the holder of a lock to go; return False when the time was over before."""
    try:
        file = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        if ends_at is None:
            # Shared, so that any number can wait and the next owner sees who only looks.
            fcntl.flock(file, fcntl.LOCK_SH)
            return True
        while not _is_free(file):
            if clock() >= ends_at:
                return False
            pause()
        return True
    finally:
        os.close(file)


def _is_free(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
