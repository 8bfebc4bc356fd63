"""A limit of the step processes of a user on one machine, whatever runs and projects they are of.

Each action takes a slot around its work. Waiting for one is no part of the step: its duration and
its time limit begin behind it, and a step that is cancelled stops waiting.
"""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from treadle.executor.local import slots
from treadle.executor.local.slots import Slot
from treadle.executor.ports import CANCELLED, ActionRequest, ActionResult, Cancellation

_LOOK_AGAIN_S = 0.05

Perform = Callable[[ActionRequest], ActionResult]


def slot_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of the slots of this user on this machine."""
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "treadle" / "processes"
    home = environment.get("HOME") or os.path.expanduser("~")
    cache = environment.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return Path(cache) / "treadle" / "processes"


def limited(
    perform: Perform, limit: int | None, folder: Path, *, clock: Callable[[], str]
) -> Perform:
    """Return what performs actions, at most `limit` at once among all that use the folder.

    A folder that cannot be used limits nothing: a run must not fail for it. An action that had to
    wait tells when it began, by the clock of the run.
    """
    if limit is None:
        return perform
    queue = _Queue(limit, folder)

    def waiting(request: ActionRequest) -> ActionResult:
        asked_at = clock()
        try:
            slot = queue.wait(request.cancellation)
        except OSError:
            return perform(request)
        if slot is None:
            return CANCELLED
        began_at = clock()
        try:
            result = perform(request)
        finally:
            slot.release()
        return replace(result, began_at=began_at) if began_at != asked_at else result

    return waiting


class _Queue:
    """The actions of this process that wait; only the first of them looks at the slots."""

    def __init__(self, limit: int, folder: Path) -> None:
        self._limit = limit
        self._folder = folder
        self._first = threading.Lock()

    def wait(self, cancellation: Cancellation) -> Slot | None:
        """Return a slot, None when the action was cancelled. Errors: OSError."""
        is_cancelled = threading.Event()
        cancellation.on_cancel(is_cancelled.set)
        try:
            while not is_cancelled.is_set():
                if self._first.acquire(timeout=_LOOK_AGAIN_S):
                    try:
                        return self._taken(is_cancelled)
                    finally:
                        self._first.release()
            return None
        finally:
            cancellation.forget(is_cancelled.set)

    def _taken(self, is_cancelled: threading.Event) -> Slot | None:
        while not is_cancelled.is_set():
            slot = slots.take(self._folder, self._limit)
            if slot is not None:
                return slot
            is_cancelled.wait(_LOOK_AGAIN_S)
        return None
