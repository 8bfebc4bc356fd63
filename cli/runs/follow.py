"""The output of a run as it comes: as it is while one step is at work, with names else."""

import os
import sys
from collections.abc import Callable, Iterable
from time import sleep

from treadle.cli.text.columns import cells
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.talk import Talk
from treadle.cli.text.visible import one_line
from treadle.executor.local.lock import is_held
from treadle.executor.local.log_tail import STREAMS, Attempt, Chunk, IsMeant, LogTail
from treadle.executor.local.store import RunFolder, Store

_LOOK_AGAIN_S = 0.1
_WIDEST = 30


def follow(
    store: Store,
    folder: RunFolder,
    is_meant: IsMeant,
    talk: Talk,
    *,
    pause: Callable[[], None] = lambda: sleep(_LOOK_AGAIN_S),
) -> None:
    """Print what steps write until nobody works on the run any more.

    Errors: Refused when the run cannot be read; KeyboardInterrupt.
    """
    tail, printer = LogTail(store, folder, is_meant), Printer(talk)
    while True:
        # Asked first: what was written before the run came to rest is still read.
        is_at_work = is_held(folder.lock)
        printer.show(tail.read())
        if not is_at_work:
            break
        pause()
    printer.end()


class Printer:
    """Puts the output of several steps on one stdout."""

    def __init__(self, talk: Talk) -> None:
        """Begin; headings go to stderr, names of steps stand before their lines on stdout."""
        self._talk = talk
        self._paint = painter(sys.stdout, os.environ)
        self._last: Attempt | None = None
        self._is_line_open = False
        self._parts: dict[tuple[int, str], tuple[Attempt, bytes]] = {}
        self._with_names: set[int] = set()
        self._width = 0

    def show(self, chunks: Iterable[Chunk]) -> None:
        """Print chunks: those of a step alone as they are, all others by whole lines."""
        for chunk in chunks:
            number = chunk.attempt.number
            if chunk.is_last:
                self._end_parts(number)
                self._with_names.discard(number)
            elif chunk.is_alone and number not in self._with_names:
                self._as_it_is(chunk.attempt, chunk.data)
            else:
                self._by_lines(chunk)
        sys.stdout.buffer.flush()

    def end(self) -> None:
        """Print lines that never ended."""
        for number in sorted(self._with_names):
            self._end_parts(number)
        sys.stdout.buffer.flush()

    def _by_lines(self, chunk: Chunk) -> None:
        self._with_names.add(chunk.attempt.number)
        key = (chunk.attempt.number, chunk.stream)
        _, part = self._parts.pop(key, (chunk.attempt, b""))
        *lines, rest = (part + chunk.data).split(b"\n")
        for line in lines:
            self._named(chunk.attempt, line)
        if rest:
            self._parts[key] = (chunk.attempt, rest)

    def _end_parts(self, number: int) -> None:
        for stream in STREAMS:
            attempt, part = self._parts.pop((number, stream), (None, b""))
            if attempt is not None:
                self._named(attempt, part)

    def _as_it_is(self, attempt: Attempt, data: bytes) -> None:
        if self._last != attempt:
            self._end_line()
            sys.stdout.buffer.flush()
            heading = f"==> {one_line(attempt.step)} (attempt {attempt.attempt}) <=="
            self._talk.say(self._talk.paint(heading, Role.NAME))
            self._last = attempt
        sys.stdout.buffer.write(data)
        self._is_line_open = not data.endswith(b"\n")

    def _named(self, attempt: Attempt, line: bytes) -> None:
        self._end_line()
        self._last = None
        step = one_line(attempt.step)
        self._width = min(_WIDEST, max(self._width, cells(step)))
        padding = " " * (self._width - cells(step))
        name = self._paint(f"{step}{padding} |", Role.WAITING)
        sys.stdout.buffer.write(f"{name} ".encode() + line + b"\n")

    def _end_line(self) -> None:
        if self._is_line_open:
            sys.stdout.buffer.write(b"\n")
            self._is_line_open = False
