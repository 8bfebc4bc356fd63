"""Runs one program and keeps what it prints.

Both pipes are read until they end and the program is reaped, so a background child that holds a
pipe is waited for. A time-out or a cancellation ends the whole process group; a program that ends
by itself leaves its background children alone.
"""

import codecs
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from treadle.executor.actions.child import Child, start
from treadle.executor.actions.masking import Mask
from treadle.executor.actions.pump import End, Poller, Sink, Watch, signal_group
from treadle.executor.ports import ActionRequest
from treadle.plan.steps import NO_CAPTURE_LIMIT

INPUT_LIMIT = 4096


class CannotStart(Exception):
    """A program that could not be started, with the reason for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Spawn(Struct, frozen=True, kw_only=True):
    """What to start and how much of its output to keep.

    Shapes: `masks` are the secrets that must not be shown; `echo` gets the masked output as it
    comes; `input` is what the program reads, up to `INPUT_LIMIT` bytes.
    Units: seconds; bytes (-1: no limit).
    """

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    timeout_s: float | None
    keep_stdout: int
    keep_stderr: int
    masks: tuple[bytes, ...] = ()
    echo: Callable[[bytes], None] | None = None
    input: bytes = b""


class Captured(Struct, frozen=True, kw_only=True):
    """The head of a stream. Units: `size` counts the bytes of the whole masked stream."""

    head: bytes
    size: int

    def is_cut(self, limit: int) -> bool:
        """Tell whether the stream has more bytes than `limit` (-1: no limit)."""
        return limit != NO_CAPTURE_LIMIT and self.size > limit

    def text(self, limit: int) -> str:
        """Return at most `limit` bytes as text, cut between characters."""
        if not self.is_cut(limit):
            return self.head.decode("utf-8", "replace")
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return decoder.decode(self.head[:limit], final=False)


class Ended(Struct, frozen=True, kw_only=True):
    """How a program ended; death by signal n is the exit code -n, a time-out is -1."""

    end: End
    exit_code: int
    stdout: Captured
    stderr: Captured
    secrets_masked: bool


class Discarded:
    """A log that keeps nothing, for programs whose output is not the author's business."""

    def write(self, stream: str, data: bytes) -> None:
        """Drop the bytes."""


class Running(Struct, eq=False):
    """A program at work; whoever began it turns its poller until its watch is over."""

    child: Child
    watch: Watch
    stdout: Sink
    stderr: Sink
    register: Callable[[int], None]

    def end(self) -> Ended:
        """Return how a program ended that is over. Errors: what the log or the echo raised."""
        end = self.watch.finish()
        return Ended(
            end=end,
            exit_code=self.child.wait() if end is End.EXITED else -1,
            stdout=Captured(head=bytes(self.stdout.head), size=self.stdout.size),
            stderr=Captured(head=bytes(self.stderr.head), size=self.stderr.size),
            secrets_masked=self.stdout.mask.has_masked or self.stderr.mask.has_masked,
        )

    def kill(self) -> None:
        """End a program that nobody will wait for any longer."""
        try:
            self.watch.kill()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of a program that has ended."""
        self.child.close()
        self.register(-self.child.pid)


def begin(spawn: Spawn, request: ActionRequest, poller: Poller) -> Running:
    """Start a program whose raw output goes into the request's log.

    Errors: CannotStart; what `register` raises, after the program was killed.
    """
    child = _start(spawn, poller)
    try:
        request.register(child.pid)
    except BaseException:
        # Nobody would end it: it must not outlive the run, nor be at work when it starts again.
        signal_group(child.pid, signal.SIGKILL)
        child.wait()
        child.close()
        raise
    stdout = _sink("stdout", spawn.keep_stdout, spawn=spawn, request=request)
    stderr = _sink("stderr", spawn.keep_stderr, spawn=spawn, request=request)
    watch = Watch(
        child,
        {child.stdout: stdout, child.stderr: stderr},
        poller=poller,
        timeout_s=spawn.timeout_s,
        cancellation=request.cancellation,
    )
    return Running(child, watch, stdout, stderr, request.register)


def run(spawn: Spawn, request: ActionRequest) -> Ended:
    """Run a program to its end in the calling thread.

    Errors: CannotStart; what the log or the echo raises, after the program was killed.
    """
    poller = Poller()
    request.cancellation.on_cancel(poller.ring)
    try:
        running = begin(spawn, request, poller)
        try:
            while not running.watch.is_over():
                poller.turn((running.watch,))
        except BaseException:
            running.kill()
            raise
        try:
            return running.end()
        finally:
            running.close()
    finally:
        request.cancellation.forget(poller.ring)
        poller.close()


def _sink(name: str, keep: int, *, spawn: Spawn, request: ActionRequest) -> Sink:
    return Sink(name, keep, log=request.log, echo=spawn.echo, mask=Mask(spawn.masks))


def _start(spawn: Spawn, poller: Poller) -> Child:
    stdin = _filled(spawn.input) if spawn.input else None
    try:
        return start(
            spawn.argv,
            cwd=spawn.cwd,
            environment=spawn.environment,
            stdin=stdin,
            pipes=poller.pipes(),
        )
    except OSError as error:
        subject = f": {error.filename}" if error.filename else ""
        raise CannotStart(f"{error.strerror or error}{subject}") from None
    except ValueError as error:
        # A NUL or a lone surrogate in a word or a variable, which no system call takes.
        raise CannotStart(str(error)) from None
    finally:
        if stdin is not None:
            os.close(stdin)


def _filled(data: bytes) -> int:
    """Return the reading end of a pipe that holds `data`; a larger one could block."""
    if len(data) > INPUT_LIMIT:
        raise ValueError(f"input of {len(data)} bytes is larger than {INPUT_LIMIT}")
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return reader
