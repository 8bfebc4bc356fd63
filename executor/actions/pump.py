"""The loop that reads the pipes of processes and ends their groups when it is time to.

One poller serves any number of processes. Nothing blocks but its `poll`, which a cancellation
from another thread interrupts.
"""

import math
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import StrEnum

from treadle.executor.actions.child import Child, Pipes, open_pipes
from treadle.executor.actions.masking import Mask
from treadle.executor.ports import Cancellation, OutputLog
from treadle.plan.steps import NO_CAPTURE_LIMIT

if sys.platform == "linux":
    import fcntl

GRACE_S = 5.0
DRAIN_S = 2.0  # after SIGKILL only a process outside the group can still hold a pipe
_LARGE_CHUNK = 256 * 1024
_DEFAULT_PIPE = 64 * 1024
_LARGE_PIPE = 1024 * 1024
_LONGEST_POLL_S = 86_400.0
_LOOK_AGAIN_S = 0.001  # without a descriptor for its exit a process has to be looked at
# A core that falls asleep for the half millisecond of a small process wakes up slowly and with
# cold caches: not to let it sleep saves up to a tenth of the time of a small step, and in some
# hours nothing. A core that is the only one is what the process needs.
_AWAKE_S = 0.001 if sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 else 0.0


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


class Poller:
    """Descriptors that are waited for together, each with the watch that reads it."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._watches: dict[int, Watch] = {}
        self._wake = Wake()
        self._poll.register(self._wake.reader, select.POLLIN)
        self._spare: Pipes | None = None
        self._awake_until = 0.0

    def add(self, descriptor: int, watch: "Watch") -> None:
        """Wait for a descriptor from now on."""
        self._watches[descriptor] = watch
        self._poll.register(descriptor, select.POLLIN)

    def drop(self, descriptor: int) -> None:
        """Wait for it no longer."""
        del self._watches[descriptor]
        self._poll.unregister(descriptor)

    def turn(self, watches: "Iterable[Watch]", *, longest_s: float = math.inf) -> None:
        """Wait until something happens to one of the watches or `ring`, and see to it."""
        now = time.monotonic()
        wait_s = min((watch.advance(now) - now for watch in watches), default=math.inf)
        wait_s = min(wait_s, longest_s)
        wait_ms = None if wait_s > _LONGEST_POLL_S else max(0, math.ceil(wait_s * 1000))
        waited_for = len(self._watches)
        self._serve(self._found(wait_ms, now))
        if len(self._watches) < waited_for:
            # One stream has ended: that of the same process follows a few microseconds later.
            self._serve(self._poll.poll(0))

    def stay_awake(self, is_worth_it: bool) -> None:
        """Look without a pause for a moment, if the process that was started is all there is."""
        self._awake_until = time.monotonic() + _AWAKE_S if is_worth_it else 0.0

    def pipes(self) -> Pipes:
        """Return two pipes for a process. Errors: OSError."""
        ready, self._spare = self._spare, None
        return ready if ready is not None else open_pipes()

    def prepare(self) -> None:
        """Open the pipes of the next process now that there is time."""
        if self._spare is None:
            # Whoever needs them is told why they cannot be opened.
            with suppress(OSError):
                self._spare = open_pipes()

    def ring(self) -> None:
        """End a wait from another thread or from a signal handler."""
        self._wake.ring()

    def close(self) -> None:
        """Close what the poller opened itself."""
        self._wake.close()
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def _serve(self, found: list[tuple[int, int]]) -> None:
        for descriptor, what in found:
            watch = self._watches.get(descriptor)
            if watch is not None:
                watch.serve(descriptor, has_data=bool(what & select.POLLIN))
            elif descriptor == self._wake.reader:
                self._wake.settle()

    def _found(self, wait_ms: int | None, now: float) -> list[tuple[int, int]]:
        """Wait, awake at first if that is worth it; return what `poll` found."""
        while wait_ms != 0 and now < self._awake_until:
            if found := self._poll.poll(0):
                return found
            os.sched_yield()  # whoever else needs the core goes first
            now = time.monotonic()
        return self._poll.poll(wait_ms)


class Watch:
    """One process: what it prints goes to its sinks, and its group ends when it is time to."""

    def __init__(
        self,
        child: Child,
        sinks: Mapping[int, Sink],
        *,
        poller: Poller,
        timeout_s: float | None,
        cancellation: Cancellation,
    ) -> None:
        self._child = child
        self._open = dict(sinks)
        self._poller = poller
        self._cancellation = cancellation
        for descriptor in sinks:
            poller.add(descriptor, self)
        self._end = End.EXITED
        self._stage = _Stage.RUNNING
        self._due = math.inf if timeout_s is None else time.monotonic() + timeout_s
        self._exit_watch = -1
        self._grown: set[int] = set()
        self._broken: Exception | None = None

    def is_over(self) -> bool:
        """Whether the pipes have ended and the process is reaped, or nobody waits for it."""
        if self._broken is not None:
            return True
        if self._stage is _Stage.KILLED and time.monotonic() >= self._due:
            return True
        if self._open:
            return False
        if self._child.poll() is not None:
            return True
        if self._exit_watch < 0 and sys.platform == "linux":
            self._exit_watch = os.pidfd_open(self._child.pid)
            self._poller.add(self._exit_watch, self)
        return False

    def advance(self, now: float) -> float:
        """Take the next step towards the end if it is due; return when to look again."""
        is_due = now >= self._due
        if self._stage is _Stage.RUNNING and (is_due or self._cancellation.is_set):
            self._end = End.CANCELLED if self._cancellation.is_set else End.TIMED_OUT
            self._stage = _Stage.ASKED
            self._due = now + GRACE_S
            is_due = False
            signal_group(self._child.pid, signal.SIGTERM)
        if self._stage is _Stage.ASKED and (is_due or self._cancellation.is_kill):
            self._stage = _Stage.KILLED
            self._due = now + DRAIN_S
            signal_group(self._child.pid, signal.SIGKILL)
        if not self._open and self._exit_watch < 0:
            return now + _LOOK_AGAIN_S
        return self._due

    def serve(self, descriptor: int, *, has_data: bool) -> None:
        """Read a descriptor that has data, or has ended; what a sink raises ends the process."""
        sink = self._open.get(descriptor)
        if sink is None:
            return
        is_grown = descriptor in self._grown
        size = _LARGE_CHUNK if is_grown else _DEFAULT_PIPE
        data = os.read(descriptor, size) if has_data else b""
        try:
            if data:
                sink.feed(data)
            else:
                self._poller.drop(descriptor)
                del self._open[descriptor]
                sink.finish()
        except Exception as error:
            self._broken = error
        if len(data) >= _DEFAULT_PIPE and not is_grown:
            self._grown.add(descriptor)
            _enlarge(descriptor)

    def finish(self) -> End:
        """Let go of a process that is over. Errors: what a sink raised; it is killed then."""
        left = self._let_go()
        if self._broken is not None:
            signal_group(self._child.pid, signal.SIGKILL)
            self._child.wait()
            raise self._broken
        for sink in left:
            sink.finish()
        if self._stage is not _Stage.RUNNING:
            # Whoever outlived the leader's grace without a pipe of ours would go on unseen.
            signal_group(self._child.pid, signal.SIGKILL)
            self._child.wait()
        return self._end

    def kill(self) -> None:
        """End a process that nobody will wait for any longer."""
        self._let_go()
        signal_group(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def _let_go(self) -> tuple[Sink, ...]:
        left = tuple(self._open.values())
        for descriptor in self._open:
            self._poller.drop(descriptor)
        self._open.clear()
        if self._exit_watch >= 0:
            self._poller.drop(self._exit_watch)
            os.close(self._exit_watch)
            self._exit_watch = -1
        return left


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

    def settle(self) -> None:
        """Forget what was rung so far."""
        os.read(self.reader, 4096)

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
