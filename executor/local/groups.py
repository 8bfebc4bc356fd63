"""Concurrency groups: how many runs of a project that say the same name may be at work at once.

A run takes a slot of its group before anything of it is recorded, and holds it for as long as a
process works on it: a run that is paused or was killed holds none.

| on_conflict | when all slots are held |
|---|---|
| wait | the run waits for a slot; nothing is recorded meanwhile |
| refuse | the run is refused with TR916 |
| replace | the run that has worked for longest is cancelled, and its slot is taken |
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import sleep

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.errors import Refused, refusing_disk_errors
from treadle.executor.local import slots
from treadle.executor.local.slots import Slot
from treadle.executor.local.store import Store
from treadle.plan.evaluate import EvaluationError, render
from treadle.plan.expression import Json
from treadle.plan.plan import Concurrency, OnConflict, Plan
from treadle.plan.text import as_text

FOLDER = "groups"
_REPLACING = "replacing"
_LOOK_AGAIN_S = 0.1


class Holder(Struct, frozen=True, kw_only=True):
    """A run that holds a slot of a group.

    Shapes: `gives_way` is true when it is cancelled for the run that is told of it.
    Units: `since` is an ISO 8601 time in UTC.
    """

    group: str
    run_id: str
    process: int
    since: str
    gives_way: bool = False


class Conflict(Struct, frozen=True, kw_only=True):
    """What happens to a run whose group is full.

    Shapes: `tell` is called once for each holder that is waited for; `cancel` ends the run of
    that id, and returns False while nothing of it is recorded; `pause` passes the time until the
    next look.
    """

    tell: Callable[[Holder], None]
    cancel: Callable[[str], bool]
    pause: Callable[[], None] = lambda: sleep(_LOOK_AGAIN_S)


def group_name(concurrency: Concurrency, inputs: Mapping[str, Json]) -> str:
    """Return the name of the group that a run belongs to.

    Errors: Refused with TR721 when it cannot be worked out or is empty.
    """
    try:
        value = render(concurrency.group, {"inputs": dict(inputs)})
    except EvaluationError as error:
        raise Refused.because("TR721", reason=error.message) from error
    name = as_text(value).strip() if value is not None else ""
    if not name:
        raise Refused.because("TR721", reason="it came out empty")
    return name


def enter(
    folder: Path, concurrency: Concurrency, group: str, me: Holder, *, conflict: Conflict
) -> Slot:
    """Take a slot of a group.

    Shapes: `folder` holds a folder for each group of the project.
    Errors: Refused with TR916 (full) or TR908 (the disk); KeyboardInterrupt while it waits.
    """
    place = folder / sha256(group.encode()).hexdigest()
    told: set[str] = set()
    cancelled: set[str] = set()
    gives_way = concurrency.on_conflict is OnConflict.REPLACE
    while True:
        slot = _taken(place, concurrency.limit)
        if slot is not None:
            slot.tell(json.dumps({"group": group, **_written(me)}))
            return slot
        holder = _oldest(place, concurrency.limit, group)
        if holder is not None and concurrency.on_conflict is OnConflict.REFUSE:
            raise Refused.because("TR916", group=group, run=holder.run_id, process=holder.process)
        if holder is not None and holder.run_id not in told:
            told.add(holder.run_id)
            conflict.tell(replace(holder, gives_way=gives_way))
        if holder is not None and gives_way and holder.run_id not in cancelled:
            # One at a time: who is cancelled twice does not finish its `finally`.
            turn = _taken(place / _REPLACING, 1)
            if turn is not None:
                try:
                    if conflict.cancel(holder.run_id):
                        cancelled.add(holder.run_id)
                finally:
                    turn.release()
        conflict.pause()


@contextmanager
def in_group(
    plan: Plan,
    inputs: Mapping[str, Json],
    *,
    store: Store,
    run_id: str,
    clock: Callable[[], str],
    conflict: Conflict,
) -> Iterator[None]:
    """Hold a slot of the run's group, where its workflow has one.

    Errors: Refused with TR721, TR916 or TR908; KeyboardInterrupt while it waits.
    """
    if plan.concurrency is None:
        yield
        return
    group = group_name(plan.concurrency, inputs)
    me = Holder(group=group, run_id=run_id, process=os.getpid(), since=clock())
    with refusing_disk_errors(store.runs):
        store.make_private()
    slot = enter(store.folder / FOLDER, plan.concurrency, group, me, conflict=conflict)
    try:
        yield
    finally:
        slot.release()


def _taken(place: Path, limit: int) -> Slot | None:
    with refusing_disk_errors(place):
        return slots.take(place, limit)


def _oldest(place: Path, limit: int, group: str) -> Holder | None:
    """Return the holder that has worked for longest, None while none has told of itself."""
    found = [_read(text, group) for text in slots.holders(place, limit)]
    return min((each for each in found if each is not None), key=lambda h: h.since, default=None)


def _written(holder: Holder) -> dict[str, Json]:
    return {"run_id": holder.run_id, "process": holder.process, "since": holder.since}


def _read(text: str, group: str) -> Holder | None:
    try:
        data = json.loads(text)
        return Holder(
            group=group,
            run_id=str(data["run_id"]),
            process=int(data["process"]),
            since=str(data["since"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
