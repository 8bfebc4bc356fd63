"""Runs one program and keeps what it prints.

The calling thread does all the work: it reads both pipes until they end and the program is
reaped, so a background child that holds a pipe is waited for. A time-out or a cancellation ends
the whole process group; a program that ends by itself leaves its background children alone.
"""

import codecs
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from treadle.executor.actions.masking import Mask
from treadle.executor.actions.pump import End, Pump, Sink, Wake, signal_group
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


def run(spawn: Spawn, request: ActionRequest) -> Ended:
    """Run a program to its end, with its raw output in the request's log.

    Errors: CannotStart; what the log or the echo raises, after the program was killed.
    """
    wake = Wake()
    try:
        process = _start(spawn)
        request.register(process.pid)
        try:
            return _watch(process, wake, spawn=spawn, request=request)
        finally:
            _close(process)
            request.register(-process.pid)
    finally:
        wake.close()


def _watch(
    process: "subprocess.Popen[bytes]", wake: Wake, *, spawn: Spawn, request: ActionRequest
) -> Ended:
    stdout = _sink("stdout", spawn.keep_stdout, spawn=spawn, request=request)
    stderr = _sink("stderr", spawn.keep_stderr, spawn=spawn, request=request)
    sinks = {_descriptor(process.stdout): stdout, _descriptor(process.stderr): stderr}
    cancellation = request.cancellation
    cancellation.on_cancel(wake.ring)
    try:
        end = Pump(process, sinks, wake.reader, spawn.timeout_s).until_ended(cancellation)
    except BaseException:
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        cancellation.forget(wake.ring)
    return Ended(
        end=end,
        exit_code=process.returncode if end is End.EXITED else -1,
        stdout=Captured(head=bytes(stdout.head), size=stdout.size),
        stderr=Captured(head=bytes(stderr.head), size=stderr.size),
        secrets_masked=stdout.mask.has_masked or stderr.mask.has_masked,
    )


def _sink(name: str, keep: int, *, spawn: Spawn, request: ActionRequest) -> Sink:
    return Sink(name, keep, log=request.log, echo=spawn.echo, mask=Mask(spawn.masks))


def _start(spawn: Spawn) -> "subprocess.Popen[bytes]":
    stdin = _filled(spawn.input) if spawn.input else subprocess.DEVNULL
    try:
        return subprocess.Popen(
            spawn.argv,
            bufsize=0,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=spawn.cwd,
            env=spawn.environment,
            process_group=0,
        )
    except OSError as error:
        subject = f": {error.filename}" if error.filename else ""
        raise CannotStart(f"{error.strerror or error}{subject}") from None
    except ValueError as error:
        # A NUL or a lone surrogate in a word or a variable, which no system call takes.
        raise CannotStart(str(error)) from None
    finally:
        if stdin != subprocess.DEVNULL:
            os.close(stdin)


def _filled(data: bytes) -> int:
    """Return the reading end of a pipe that holds `data`; a larger one could block."""
    if len(data) > INPUT_LIMIT:
        raise ValueError(f"input of {len(data)} bytes is larger than {INPUT_LIMIT}")
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return reader


def _descriptor(stream: object) -> int:
    return stream.fileno()  # type: ignore[attr-defined, no-any-return] # PIPE was asked for


def _close(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
