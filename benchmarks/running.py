"""The rows of runs: how time grows with steps and items, and what large output takes."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import floors
import workflows
from rows import MIB, Bench, Group, Reader, Row, part
from timing import Probe, Round, Sample

# Spec Kit's time grows with the square: 10,000 steps would take the better part of two hours.
PEER_COUNT = 1_000
FSYNCS = 200
WORKERS = 16


def sequences(bench: Bench) -> Iterator[Group]:
    """Yield the rows of steps that do nothing, one after the other, and of their growth."""
    sizes = (10, 100) if bench.is_quick else (100, 1_000, 10_000)
    for count in (*sizes, *((100_000,) if bench.is_full else ())):
        folder = bench.folder(f"sequence-{count}")
        path = workflows.sequence(folder, count)
        probes: dict[str, Probe] = {
            "floor": partial(floors.spawns, count),
            "ours": bench.run(path),
            "one": bench.run(workflows.sequence(folder, 1)),
            "tenth": bench.run(workflows.sequence(folder, count // 10)),
            "fsyncs": partial(floors.fsyncs, FSYNCS, folder=folder),
            "recorded": partial(floors.recorded_spawns, count, folder=folder),
        }
        yield Group(probes=probes | _their_run(bench, path, count), rows=_rows_of_a_sequence(count))


def fan_outs(bench: Bench) -> Iterator[Group]:
    """Yield the rows of items that do nothing, many at once, and of their growth."""
    for count in (10, 100) if bench.is_quick else (100, 1_000, 10_000):
        folder = bench.folder(f"fan-out-{count}")
        path = workflows.fan_out(folder, count, concurrency=WORKERS)
        row = Row(
            name=f"fan-out of {count:,}, concurrency {WORKERS}",
            factor=1.5,
            plus_s=0.3,
            series="fan-out",
            count=count,
        )
        probes: dict[str, Probe] = {
            "floor": partial(floors.spawns, count, workers=WORKERS),
            "ours": bench.run(path),
        }
        yield Group(probes=probes | _their_run(bench, path, count), rows=(row,))


def large_output(bench: Bench) -> Iterator[Group]:
    """Yield the row of a step that prints more than anybody should hold in memory."""
    size = bench.size(300, 20) * MIB
    folder = bench.folder("print")
    path = workflows.printing(folder, size)
    line = workflows.print_line(size) + " > printed"
    probes: dict[str, Probe] = {
        "floor": partial(floors.shell, line, folder=folder),
        "ours": bench.run(path),
    }
    yield Group(
        probes=probes | _their_run(bench, path, 1),
        rows=(Row(name=f"a step that prints {size // MIB} MiB", factor=2, limit_bytes=100 * MIB),),
    )


def _rows_of_a_sequence(count: int) -> tuple[Row, ...]:
    whole = Row(
        name=f"{count:,} steps one after the other",
        factor=1.5,
        plus_s=0.3,
        series="sequence",
        count=count,
    )
    beyond = Row(
        name=f"a step beyond its process, over {count:,} steps (floor: an fsync)",
        floor=_each("fsyncs", FSYNCS),
        ours=partial(_beyond, count),
        theirs=_nothing,
        factor=1,
        plus_s=0.0002,
        series="beyond",
        count=count,
    )
    ten_times = Row(
        name=f"{count:,} steps (floor: ten times {count // 10:,})",
        floor=_each("tenth", 0.1),
        theirs=_nothing,
        factor=1.2,
    )
    bare = Row(
        name=f"{count:,} steps (floor: a bare loop that commits each result)",
        floor=part("recorded"),
        theirs=_nothing,
        factor=None,
    )
    # Less than a hundred steps take less than the noise of starting a program.
    rows = ((whole, 1), (beyond, 100), (ten_times, 1_000), (bare, 1_000))
    return tuple(row for row, least in rows if count >= least)


def _beyond(count: int, found: Round) -> Sample:
    """Take start, processes and end of a run off a long one, and share the rest out."""
    spawned = found["floor"].seconds / count * (count - 1)
    rest = found["ours"].seconds - found["one"].seconds - spawned
    return Sample(seconds=max(rest, 0.0) / (count - 1))


def _each(name: str, count: float) -> Reader:
    return lambda found: Sample(seconds=found[name].seconds / count)


def _nothing(_: Round) -> None:
    return None


def _their_run(bench: Bench, path: Path, count: int) -> dict[str, Probe]:
    if count > PEER_COUNT:
        return {}
    return bench.theirs("workflow", "run", path, "--json", folder=path.parent)
