"""Reads the logs of a run as they grow, whichever process writes them.

The journal tells which attempts there are: their log files are numbered by the order in which
they began. What was written before a result is read before the attempt counts as over.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from treadle.executor.events import ActionFinished, ActionStarted, RunInterrupted, RunResumed
from treadle.executor.local import journal
from treadle.executor.local.logs import log_path
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.state import Occurrence

_CHUNK = 256 * 1024
STREAMS = ("stdout", "stderr")

# Whether the step at an address is meant; what a run has dropped again has no occurrence.
IsMeant = Callable[[str, Occurrence | None], bool]


class Attempt(Struct, frozen=True, kw_only=True):
    """One attempt of a step. Units: `number` counts the attempts of the run from 1."""

    step: str
    address: str
    attempt: int
    number: int


class Chunk(Struct, frozen=True, kw_only=True):
    """Bytes that a step has written, none in the last one of an attempt.

    Shapes: `is_alone` says that no other step writes at the same time.
    """

    attempt: Attempt
    stream: str
    data: bytes
    is_alone: bool
    is_last: bool = False


class LogTail:
    """The logs of a run from their beginning to where they have been read."""

    def __init__(self, store: Store, folder: RunFolder, is_meant: IsMeant) -> None:
        """Begin; only the steps that are meant are read."""
        self._store = store
        self._folder = folder
        self._is_meant = is_meant
        self._transactions = 0
        self._attempts = 0
        self._open: dict[str, Attempt] = {}
        self._offsets: dict[Path, int] = {}

    def read(self) -> Iterator[Chunk]:
        """Yield what was written since the last time, in the order of the attempts.

        Errors: Refused when the journal cannot be read; OSError.
        """
        over = self._learn()
        for attempt in sorted(over, key=lambda each: each.number):
            # All that it will ever write is here: nothing can come between.
            yield from self._chunks(attempt, is_alone=True)
            yield Chunk(attempt=attempt, stream="", data=b"", is_alone=True, is_last=True)
        working = sorted(self._open.values(), key=lambda each: each.number)
        for attempt in working:
            yield from self._chunks(attempt, is_alone=len(working) == 1)

    def _chunks(self, attempt: Attempt, *, is_alone: bool) -> Iterator[Chunk]:
        for stream in STREAMS:
            for data in self._rest(log_path(self._folder.logs, attempt.number, stream)):
                yield Chunk(attempt=attempt, stream=stream, data=data, is_alone=is_alone)

    def _learn(self) -> list[Attempt]:
        """Read what is new in the journal; return the attempts that are over since."""
        happened: list[tuple[ActionStarted | ActionFinished | None, int]] = []
        for events in journal.read(self._folder.journal, self._folder.id, after=self._transactions):
            self._transactions += 1
            for event in events:
                match event:
                    case ActionStarted():
                        self._attempts += 1
                        happened.append((event, self._attempts))
                    case ActionFinished():
                        happened.append((event, 0))
                    case RunInterrupted() | RunResumed():
                        happened.append((None, 0))
        return list(self._over(happened))

    def _over(
        self, happened: list[tuple[ActionStarted | ActionFinished | None, int]]
    ) -> Iterator[Attempt]:
        """Follow what happened, and yield the attempts that ended by it."""
        has_started = any(isinstance(event, ActionStarted) for event, _ in happened)
        # The ids that people know stand in the state of the run only.
        run = self._store.load(self._folder)[1] if has_started else None
        for event, number in happened:
            if event is None:
                yield from self._open.values()
                self._open.clear()
                continue
            before = self._open.pop(event.address, None)
            if before is not None:
                yield before
            if isinstance(event, ActionStarted) and run is not None:
                occurrence = run.occurrences.get(event.address)
                if self._is_meant(event.address, occurrence):
                    self._open[event.address] = Attempt(
                        step=occurrence.public if occurrence is not None else event.address,
                        address=event.address,
                        attempt=event.attempt,
                        number=number,
                    )

    def _rest(self, path: Path) -> Iterator[bytes]:
        with suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(self._offsets.get(path, 0))
            while data := file.read(_CHUNK):
                self._offsets[path] = file.tell()
                yield data
