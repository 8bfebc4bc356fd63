"""The loop that reads the pipes of one process and ends its group when it is time to.

Nothing blocks but `poll`, which a cancellation from another thread interrupts.
"""

import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

from treadle.executor.actions.masking import Mask
from treadle.executor.ports import Cancellation, OutputLog
from treadle.plan.steps import NO_CAPTURE_LIMIT

if sys.platform == "linux":
    import fcntl

GRACE_S = 5.0
DRAIN_S = 2.0  # after SIGKILL only a process outside the group can still hold a pipe
_CHUNK = 256 * 1024
_DEFAULT_PIPE = 64 * 1024
_LARGE_PIPE = 1024 * 1024
_LONGEST_POLL_MS = 86_400_000


class End(StrEnum):
    """Why a program ended."""

    EXITED = "exited"
    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"


class Sink:
    """Where the bytes of one stream go: the log, the echo, and the head that is kept."""

    __slots__ = ("_echo", "_keep", "_log", "_name", "head", "mask", "size")

    def __init__(
        self,
        name: str,
        keep: int,
        *,
        log: OutputLog,
        echo: Callable[[bytes], None] | None,
        mask: Mask,
    ) -> None:
        self.mask = mask
        self.head = bytearray()
        self.size = 0
        self._name = name
        self._keep = keep
        self._log = log
        self._echo = echo

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._show(self.mask.feed(data))

    def finish(self) -> None:
        """Take the end of the stream."""
        self._show(self.mask.finish())

    def _show(self, data: bytes) -> None:
        if not data:
            return
        self._log.write(self._name, data)
        if self._echo is not None:
            self._echo(data)
        self.size += len(data)
        if self._keep == NO_CAPTURE_LIMIT:
            self.head += data
        elif len(self.head) < self._keep:
            self.head += data[: self._keep - len(self.head)]


class _Stage(StrEnum):
    """How far the ending of a process group has come."""

    RUNNING = "running"
    ASKED = "asked"
    KILLED = "killed"


class Pump:
    """The loop over the pipes of one process; nothing here blocks but `poll`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        sinks: Mapping[int, Sink],
        wake: int,
        timeout_s: float | None,
    ) -> None:
        self._process = process
        self._open = dict(sinks)
        self._wake = wake
        self._poller = select.poll()
        for descriptor in (*sinks, wake):
            self._poller.register(descriptor, select.POLLIN)
        self._end = End.EXITED
        self._stage = _Stage.RUNNING
        self._due = math.inf if timeout_s is None else time.monotonic() + timeout_s
        self._exit_watch = -1
        self._grown: set[int] = set()

    def until_ended(self, cancellation: Cancellation) -> End:
        """Read until the pipes have ended and the process is reaped."""
        try:
            while not self._is_over():
                wait_ms = self._escalate(cancellation)
                for descriptor, _ in self._poller.poll(wait_ms):
                    self._serve(descriptor)
        finally:
            if self._exit_watch >= 0:
                os.close(self._exit_watch)
        for sink in self._open.values():
            sink.finish()
        if self._stage is not _Stage.RUNNING:
            # Whoever outlived the leader's grace without a pipe of ours would go on unseen.
            signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
        return self._end

    def _is_over(self) -> bool:
        if self._stage is _Stage.KILLED and time.monotonic() >= self._due:
            return True
        if self._open:
            return False
        if self._process.poll() is not None:
            return True
        if self._exit_watch < 0 and sys.platform == "linux":
            self._exit_watch = os.pidfd_open(self._process.pid)
            self._poller.register(self._exit_watch, select.POLLIN)
        return False

    def _escalate(self, cancellation: Cancellation) -> int | None:
        """Take the next step towards the end if it is due; return how long to wait then."""
        now = time.monotonic()
        is_due = now >= self._due
        if self._stage is _Stage.RUNNING and (is_due or cancellation.is_set):
            self._end = End.CANCELLED if cancellation.is_set else End.TIMED_OUT
            self._stage = _Stage.ASKED
            self._due = now + GRACE_S
            is_due = False
            signal_group(self._process.pid, signal.SIGTERM)
        if self._stage is _Stage.ASKED and (is_due or cancellation.is_kill):
            self._stage = _Stage.KILLED
            self._due = now + DRAIN_S
            signal_group(self._process.pid, signal.SIGKILL)
        if not self._open and self._exit_watch < 0:
            return 1  # without a descriptor for its exit the process has to be looked at
        if self._due == math.inf:
            return None
        return min(_LONGEST_POLL_MS, max(0, math.ceil((self._due - now) * 1000)))

    def _serve(self, descriptor: int) -> None:
        if descriptor == self._wake:
            os.read(descriptor, 64)
            return
        sink = self._open.get(descriptor)
        if sink is None:
            return
        data = os.read(descriptor, _CHUNK)
        if not data:
            self._poller.unregister(descriptor)
            del self._open[descriptor]
            sink.finish()
            return
        sink.feed(data)
        if len(data) >= _DEFAULT_PIPE and descriptor not in self._grown:
            self._grown.add(descriptor)
            _enlarge(descriptor)


class Wake:
    """A pipe that interrupts `poll` from another thread, safe to ring after it was closed."""

    __slots__ = ("_lock", "_writer", "reader")

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self._lock = threading.RLock()  # rung by signal handlers, too

    def ring(self) -> None:
        """Interrupt the wait."""
        with self._lock:
            if self._writer >= 0:
                os.write(self._writer, b"!")

    def close(self) -> None:
        """Close both ends."""
        with self._lock:
            os.close(self.reader)
            os.close(self._writer)
            self._writer = -1


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to every process of a group that there may be."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # Gone already; macOS says PermissionError when only zombies are left.
        return


def _enlarge(descriptor: int) -> None:
    """Give a busy pipe more room; a process over its share of pipe memory goes without."""
    if sys.platform == "linux":
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _LARGE_PIPE)
        except OSError:
            return
