"""What a worker says of a step at work: how much it has written so far, and the end of it.

It travels with the heartbeats, which no history keeps: the server has the latest one of each step
until the step is done. What is masked in the log files is masked here.
"""

import os
from base64 import b64decode, b64encode
from pathlib import Path

from msgspec import Struct
from temporalio.client import Client
from temporalio.service import RPCError

from treadle.executor.local.log_tail import STREAMS
from treadle.executor.local.logs import log_path
from treadle.executor.temporal.messages import Beat, read

TAIL_BYTES = 4 * 1024


class Tail(Struct, frozen=True, kw_only=True):
    """The end of a stream. Units: `size` is that of the whole stream so far, in bytes."""

    size: int
    data: bytes


def beat_of(folder: Path, log: int, *, host: str) -> Beat:
    """Return what is in the log files of an attempt; there may be none yet."""
    tails = {stream: _end_of(log_path(folder, log, stream)) for stream in STREAMS}
    return Beat(
        host=host,
        folder=str(folder),
        log=log,
        streams={
            stream: (tail.size, b64encode(tail.data).decode("ascii"))
            for stream, tail in tails.items()
            if tail is not None
        },
    )


def tail_of(beat: Beat, stream: str) -> Tail | None:
    """Return the end of a stream, None for one that was not written yet."""
    size, text = beat.streams.get(stream, (0, ""))
    return Tail(size=size, data=b64decode(text)) if size else None


async def beats(client: Client, run_id: str) -> dict[str, Beat]:
    """Return what workers say of the steps at work, by address and attempt."""
    found: dict[str, Beat] = {}
    try:
        described = await client.get_workflow_handle(run_id).describe()
    except RPCError:
        return found
    for pending in described.raw_description.pending_activities:
        payloads = pending.heartbeat_details.payloads
        if payloads:
            told = await client.data_converter.decode(payloads)
            found[pending.activity_id] = read(Beat, told[0])
    return found


def _end_of(path: Path) -> Tail | None:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            data = file.read(TAIL_BYTES)
    except OSError:
        return None
    return Tail(size=size, data=data) if size else None
