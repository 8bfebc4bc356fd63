"""The file `snapshot` in a run's folder: its state as it was behind one of its transactions.

It is a cache beside the journal. Who reads it checks the chain of hashes of the whole journal all
the same, and that it leads to the state's own transaction; the events behind that are applied. A
file that is torn, stale, of other code or of another plan is not believed, and nobody hears of it.
That is why it needs no flush to the disk, and why failing to write it is no failure.

| written when | if since the last one there were |
|---|---|
| the run works | events for twice what it held: as many steps again, for a killed run |
| the run rests | 4,000 events; before the first one, what state and plan hold counts as well |
"""

import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from treadle.executor import state as states
from treadle.executor.state import Run, RunStatus
from treadle.plan import steps

SNAPSHOT_FORMAT = 1
_HASH_BYTES = 32
_MIN_EVENTS = 4_000  # to apply them takes a tenth of a second
_EVENTS_AN_OCCURRENCE = 2
# What makes a journal this large is the output of steps: to read it is as quick as to read a copy.
_MAX_JOURNAL_BYTES = 64 * 1024 * 1024


class Snapshot(Struct, frozen=True, kw_only=True, array_like=True):
    """A state as it stands in a file.

    Shapes: `number` and `row_hash` are those of the transaction behind which it stands;
    `plan_file` is the hash of the bytes of the plan's file that were found right, "" when that is
    not known; `callees` are the digests of the plans that calls have found; `code` tells by which
    code it was written.
    """

    format: int
    code: str
    number: int
    row_hash: str
    plan_digest: str
    plan_file: str
    callees: tuple[str, ...]
    state: bytes


def read_snapshot(path: Path) -> Snapshot | None:
    """Return what a file holds, None when there is nothing in it to be believed."""
    try:
        content = path.read_bytes()
        written = memoryview(content)[_HASH_BYTES:]
        if sha256(written).digest() != content[:_HASH_BYTES]:
            return None
        found = msgspec.msgpack.decode(written, type=Snapshot)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if (found.format, found.code) == (SNAPSHOT_FORMAT, _code()) else None


class Snapshots(Struct):
    """Writes the snapshots of a run that is at work; only the holder of its lock has one.

    Shapes: `plan_file` as in `Snapshot`; `is_there` is true when one was found and believed.
    `_events` counts those since the last one, `_held` are the occurrences that it holds.
    """

    path: Path
    journal: Path
    plan_file: str = ""
    is_there: bool = False
    _events: int = 0
    _held: int = 0

    def keep(self, run: Run, *, last: tuple[int, str], events: int) -> None:
        """Write a snapshot when it is time.

        Shapes: `run` is the state behind the transaction whose number and hash `last` holds;
        `events` were written since it was asked last.
        """
        self._events += events
        if run.status is RunStatus.RUNNING:
            is_due = self._events >= max(_MIN_EVENTS, _EVENTS_AN_OCCURRENCE * self._held)
        else:
            held = _EVENTS_AN_OCCURRENCE * len(run.occurrences) + len(run.program.steps)
            is_due = self._events + (0 if self.is_there else held) >= _MIN_EVENTS
        if is_due:
            self._write(run, last)

    def _write(self, run: Run, last: tuple[int, str]) -> None:
        self._events, self._held, self.is_there = 0, len(run.occurrences), True
        with suppress(OSError):
            if self.journal.stat().st_size > _MAX_JOURNAL_BYTES:
                return
            from treadle.executor.snapshot import encoded  # 2 ms, and most runs are short

            state = encoded(run)
            if state is None:
                return
            number, row_hash = last
            snapshot = Snapshot(
                format=SNAPSHOT_FORMAT,
                code=_code(),
                number=number,
                row_hash=row_hash,
                plan_digest=run.program.plan.digest,
                plan_file=self.plan_file,
                callees=tuple(run.program.callees.keys() - run.program.plan.callees.keys()),
                state=state,
            )
            written = msgspec.msgpack.encode(snapshot)
            half = self.path.with_name(f"{self.path.name}.half")
            half.write_bytes(sha256(written).digest() + written)
            half.replace(self.path)


@cache
def _code() -> str:
    """Return what tells this code from other releases: what events do to a state may differ.

    The number of the release would be enough for those who only install; to find it takes longer.
    """
    found = []
    for module in (states, steps):
        with os.scandir(Path(str(module.__file__)).parent) as entries:
            found += sorted(
                (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns)
                for entry in entries
                if entry.name.endswith(".py")
            )
    return sha256(repr(found).encode()).hexdigest()
