"""Reads what the steps of a run on Temporal write, from wherever it is to be had.

| the step | its log file is here | it is elsewhere |
|---|---|---|
| is at work | the file, as it grows | the end of it, with each heartbeat |
| is done | the file | what its record holds |

What was written between two heartbeats beyond their ends is told, and not made up.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from temporalio.client import Client

from treadle.executor.events import (
    ActionFinished,
    ActionStarted,
    Event,
    PlanReplaced,
    RunForked,
    RunResumed,
    RunRewound,
)
from treadle.executor.local.host import Host
from treadle.executor.local.log_tail import STREAMS, Attempt, Chunk, IsMeant
from treadle.executor.local.logs import log_path
from treadle.executor.state import Phase, Run, RunStatus
from treadle.executor.temporal import remote
from treadle.executor.temporal.beats import beats, tail_of
from treadle.executor.temporal.course import Reader
from treadle.executor.temporal.listing import find
from treadle.executor.temporal.messages import Beat
from treadle.executor.temporal.session import Site
from treadle.plan.expression import Json

_LOOK_AGAIN_S = 0.5
_CHUNK = 256 * 1024

_Record = Mapping[str, Json] | None


class Gap(Struct, frozen=True, kw_only=True):
    """Output that is not to be had from here. Shapes: `place` is where it is, if that is known."""

    attempt: Attempt
    stream: str
    size: int
    place: str | None


class RunTail:
    """The output of a run's steps from its beginning to where it was read."""

    def __init__(self, folder_of: Callable[[str], Path], is_meant: IsMeant) -> None:
        """Begin; `folder_of` says where the log files of a run are, if they are here."""
        self.gaps: list[Gap] = []
        self._folder_of = folder_of
        self._folders: dict[int, Path] = {}
        self._is_meant = is_meant
        self._open: dict[str, Attempt] = {}
        self._over: list[tuple[Attempt, _Record]] = []
        self._known: set[int] = set()
        self._read: dict[tuple[int, str], int] = {}
        self._places: dict[int, str] = {}

    @property
    def has_begun(self) -> bool:
        """Whether a step that is meant has begun."""
        return bool(self._folders)

    @property
    def is_at_work(self) -> bool:
        """Whether a step that is meant is at work."""
        return bool(self._open)

    def learn(self, _: int, events: tuple[Event, ...], run: Run) -> None:
        """Take note of attempts that began and ended: told of each transaction."""
        number = run.starts - sum(isinstance(event, ActionStarted) for event in events)
        for event in events:
            match event:
                case ActionStarted():
                    number += 1
                    self._begin(event, number, run)
                case ActionFinished() if event.address in self._open:
                    self._over.append((self._open.pop(event.address), event.output))
                case RunResumed() | RunRewound() | RunForked() | PlanReplaced():
                    self._over += [(attempt, None) for attempt in self._open.values()]
                    self._open.clear()

    def fill(self, run: Run) -> None:
        """Take note of the attempts before the events that are left of a long run."""
        for occurrence in run.occurrences.values():
            if occurrence.log and occurrence.log not in self._known:
                self._known.add(occurrence.log)
                if self._is_meant(occurrence.address, occurrence):
                    self._folders[occurrence.log] = self._folder_of(run.id)
                    attempt = Attempt(
                        step=occurrence.public,
                        address=occurrence.address,
                        attempt=occurrence.attempts,
                        number=occurrence.log,
                    )
                    if occurrence.phase is Phase.ACTIVE and not occurrence.waits_for_retry:
                        self._open[occurrence.address] = attempt
                    else:
                        self._over.append((attempt, occurrence.output))

    def read(self, told: Mapping[str, Beat]) -> Iterator[Chunk]:
        """Yield what was written since the last time. Errors: OSError."""
        over, self._over = sorted(self._over, key=lambda each: each[0].number), []
        for attempt, record in over:
            for stream in STREAMS:
                yield from self._rest(attempt, stream, record)
            yield Chunk(attempt=attempt, stream="", data=b"", is_alone=True, is_last=True)
        working = sorted(self._open.values(), key=lambda each: each.number)
        for attempt in working:
            beat = told.get(f"{attempt.address} {attempt.attempt}")
            for stream in STREAMS:
                for data in self._new(attempt, stream, beat):
                    yield Chunk(
                        attempt=attempt, stream=stream, data=data, is_alone=len(working) == 1
                    )

    def _begin(self, event: ActionStarted, number: int, run: Run) -> None:
        self._known.add(number)
        occurrence = run.occurrences.get(event.address)
        if self._is_meant(event.address, occurrence):
            # A copy of a run has the attempts of that run, whose files stay where they are.
            self._folders[number] = self._folder_of(run.id)
            self._open[event.address] = Attempt(
                step=occurrence.public if occurrence is not None else event.address,
                address=event.address,
                attempt=event.attempt,
                number=number,
            )

    def _rest(self, attempt: Attempt, stream: str, record: _Record) -> Iterator[Chunk]:
        """Yield what is left of an attempt that is over."""
        captured = (record or {}).get(stream)
        text = captured if isinstance(captured, str) else ""
        path = log_path(self._folders[attempt.number], attempt.number, stream)
        # A character is at least one byte: a shorter file is what a lost worker left here.
        if path.is_file() and path.stat().st_size >= len(text):
            pieces = self._of_file(attempt, stream, path)
        else:
            pieces = self._of_record(attempt, stream, text, record or {})
        for data in pieces:
            yield Chunk(attempt=attempt, stream=stream, data=data, is_alone=True)

    def _of_record(
        self, attempt: Attempt, stream: str, text: str, record: Mapping[str, Json]
    ) -> Iterator[bytes]:
        data = text.encode("utf-8", "replace")
        done = self._read.get((attempt.number, stream), 0)
        if done < len(data):
            self._read[attempt.number, stream] = len(data)
            yield data[done:]
        if record.get(f"{stream}_truncated") is True:
            self._miss(attempt, stream, 0)

    def _new(self, attempt: Attempt, stream: str, beat: Beat | None) -> Iterator[bytes]:
        """Yield what an attempt at work has written since the last time."""
        path = log_path(self._folders[attempt.number], attempt.number, stream)
        if path.is_file():
            yield from self._of_file(attempt, stream, path)
            return
        tail = tail_of(beat, stream) if beat is not None else None
        if beat is None or tail is None:
            return
        place = log_path(Path(beat.folder), beat.log, stream)
        self._places[attempt.number] = f"{beat.host}:{place}"
        done = self._read.get((attempt.number, stream), 0)
        if tail.size <= done:
            return
        begins = tail.size - len(tail.data)
        self._read[attempt.number, stream] = tail.size
        if begins <= done:
            yield tail.data[done - begins :]
            return
        # What is shown again begins with a line.
        cut = tail.data.find(b"\n") + 1
        self._miss(attempt, stream, begins - done + cut)
        yield tail.data[cut:]

    def _of_file(self, attempt: Attempt, stream: str, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(self._read.get((attempt.number, stream), 0))
            while data := file.read(_CHUNK):
                self._read[attempt.number, stream] = file.tell()
                yield data

    def _miss(self, attempt: Attempt, stream: str, size: int) -> None:
        place = self._places.get(attempt.number)
        self.gaps.append(Gap(attempt=attempt, stream=stream, size=size, place=place))


def tail_run(
    site: Site, name: str, tail: RunTail, *, host: Host, show: Callable[[Iterator[Chunk]], None]
) -> Run:
    """Show what steps write until a run rests; return it. Errors: Refused as by `Site.load`."""

    async def work(client: Client) -> Run:
        run_id = await find(client, site.target, name)
        reader = Reader(watch=tail.learn)
        while True:
            run = await _looked(site, client, run_id, reader, tail)
            told = await beats(client, run_id) if tail.is_at_work else {}
            show(tail.read(told))
            if run.status is not RunStatus.RUNNING:
                return run
            closed = (await remote.execution(client, run_id)).closed
            if closed is not None:
                return await _looked(site, client, run_id, reader, tail)
            await asyncio.sleep(_LOOK_AGAIN_S)

    return site.do(work, host)


def read_run(site: Site, name: str, tail: RunTail, *, host: Host) -> tuple[Run, dict[str, Beat]]:
    """Read a run as it stands, and what is said of its steps at work. Errors: as by `tail_run`."""

    async def work(client: Client) -> tuple[Run, dict[str, Beat]]:
        run_id = await find(client, site.target, name)
        run = await _looked(site, client, run_id, Reader(watch=tail.learn), tail)
        return run, await beats(client, run_id) if tail.is_at_work else {}

    return site.do(work, host)


async def _looked(site: Site, client: Client, run_id: str, reader: Reader, tail: RunTail) -> Run:
    await remote.read_all(client, run_id, reader, tell=site.tell)
    run = reader.state()
    tail.fill(run)
    return run
