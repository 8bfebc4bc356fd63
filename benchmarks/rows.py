"""The rows of the table: what is measured, against which floor, and the budget.

A row is a ratio to what the machine itself takes in the same run; seconds of one machine say
nothing about another.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import floors
import workflows
from timing import Sample, run_once

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and with what is measured.

    Shapes: `treadle` and `peer` are virtual environments; `peer` is None when it is left out.
    """

    work: Path
    treadle: Path
    peer: Path | None
    is_quick: bool
    is_full: bool

    def size(self, usual: int, quick: int) -> int:
        """Return the size of a row."""
        return quick if self.is_quick else usual

    def folder(self, name: str) -> Path:
        """Return a new empty project, which both programs take for one."""
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        (path / ".specify").mkdir(parents=True)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Shapes: the budget is `factor` × floor + `plus_s`, and `peak_bytes` where memory counts.
    Units: seconds, bytes.
    """

    name: str
    floor: Callable[[], Sample]
    ours: Callable[[], Sample]
    theirs: Callable[[], Sample] | None = None
    factor: float
    plus_s: float = 0.0
    peak_bytes: int | None = None


def rows(bench: Bench) -> Iterator[Row]:
    """Yield the rows of a run."""
    yield from _starts(bench)
    yield from _validations(bench)
    yield from _growth(bench)
    yield from _sequences(bench)
    yield _fan_out(bench)
    yield _journal(bench)
    yield _print(bench)
    yield _resume(bench)
    yield _status(bench)


def _starts(bench: Bench) -> Iterator[Row]:
    folder = bench.folder("start")
    yield Row(
        name="--version, cold",
        floor=lambda: floors.imports(_python(bench), folder=folder),
        ours=lambda: run_once([_treadle(bench), "--version"], cwd=folder),
        theirs=_theirs(bench, ["--version"], folder),
        factor=0.5,
    )


def _validations(bench: Bench) -> Iterator[Row]:
    folder = bench.folder("validate")
    small = workflows.rich(folder, "small", 3)
    installed = folder / ".specify" / "workflows" / "small"
    installed.mkdir(parents=True)
    shutil.copy(small, installed / "workflow.yml")
    steps = bench.size(2_000, 200)
    large = workflows.rich(bench.folder("large"), "large", steps)
    count = bench.size(100, 20)
    many = bench.folder("many")
    for number in range(count):
        workflows.rich(many, f"w{number}", 5)

    def floor() -> Sample:
        return floors.imports(_python(bench), folder=folder)

    def validate(path: Path) -> Callable[[], Sample]:
        return lambda: run_once([_treadle(bench), "validate", path], cwd=folder)

    info = _theirs(bench, ["workflow", "info", "small"], folder)
    yield Row(
        name="validate one small file, cold (peer: info)",
        floor=floor,
        ours=validate(small),
        theirs=info,
        factor=1.1,
    )
    yield Row(name=f"validate {count} files", floor=floor, ours=validate(many), factor=6)
    yield Row(
        name=f"validate one file of {steps:,} steps", floor=floor, ours=validate(large), factor=3
    )


def _growth(bench: Bench) -> Iterator[Row]:
    """Compare ten times as much with what a tenth of it takes: it may be no more than ten times."""
    files = bench.size(1_000, 100)
    steps = bench.size(20_000, 2_000)
    for what, count, write in (
        ("validate {:,} files of 10 steps", files, _files),
        ("validate one file of {:,} steps", steps, _file),
    ):
        tenth, whole = write(bench, count // 10), write(bench, count)
        folder = bench.folder("growth")
        yield Row(
            name=f"{what.format(count)} (floor: {count // 10:,})",
            floor=partial(run_once, [_treadle(bench), "validate", tenth], cwd=folder),
            ours=partial(run_once, [_treadle(bench), "validate", whole], cwd=folder),
            factor=10,
        )


def _files(bench: Bench, count: int) -> Path:
    folder = bench.folder(f"files-{count}")
    for number in range(count):
        workflows.rich(folder, f"w{number}", 10)
    return folder


def _file(bench: Bench, count: int) -> Path:
    return workflows.rich(bench.folder(f"file-{count}"), "long", count)


def _sequences(bench: Bench) -> Iterator[Row]:
    sizes = (10, 100) if bench.is_quick else (100, 1_000)
    for count in (*sizes, *((10_000,) if bench.is_full else ())):
        folder = bench.folder(f"sequence-{count}")
        path = workflows.sequence(folder, count)
        yield Row(
            name=f"{count:,} steps one after the other",
            floor=partial(floors.spawns, count),
            ours=_run(bench, path),
            # Its time grows with the square: 10,000 steps would take the better part of an hour.
            theirs=_theirs(bench, ["workflow", "run", str(path), "--json"], folder)
            if count <= 1_000
            else None,
            factor=1.5,
            plus_s=0.3,
        )


def _fan_out(bench: Bench) -> Row:
    count = bench.size(1_000, 100)
    folder = bench.folder("fan-out")
    path = workflows.fan_out(folder, count, concurrency=16)
    return Row(
        name=f"fan-out of {count:,}, concurrency 16",
        floor=lambda: floors.spawns(count, workers=16),
        ours=_run(bench, path),
        theirs=_theirs(bench, ["workflow", "run", str(path), "--json"], folder),
        factor=1.5,
        plus_s=0.3,
    )


def _journal(bench: Bench) -> Row:
    """Compare a step's time beyond its process, in a long run, with an fsync of the disk."""
    count = bench.size(1_000, 100)
    folder = bench.folder("journal")
    one, many = workflows.sequence(folder, 1), workflows.sequence(folder, count + 1)
    run_one, run_many = _run(bench, one), _run(bench, many)

    def ours() -> Sample:
        start, whole = run_one().seconds, run_many().seconds
        spawned = floors.spawns(count).seconds
        return Sample(seconds=max(whole - start - spawned, 0.0) / count)

    return Row(
        name=f"a step beyond its process, over {count:,} steps (floor: an fsync)",
        floor=lambda: Sample(seconds=floors.fsyncs(200, folder=folder).seconds / 200),
        ours=ours,
        factor=1,
        plus_s=0.0002,
    )


def _print(bench: Bench) -> Row:
    size = bench.size(300, 20) * MIB
    folder = bench.folder("print")
    path = workflows.printing(folder, size)
    line = workflows.print_line(size) + " > printed"
    return Row(
        name=f"a step that prints {size // MIB} MiB",
        floor=lambda: floors.shell(line, folder=folder),
        ours=_run(bench, path),
        theirs=_theirs(bench, ["workflow", "run", str(path), "--json"], folder),
        factor=2,
        peak_bytes=100 * MIB,
    )


def _resume(bench: Bench) -> Row:
    count = bench.size(10_000, 1_000)
    folder = bench.folder("resume")
    run = _run(bench, workflows.long_run(folder, count))
    first = folder / "first"

    def ours() -> Sample:
        first.unlink(missing_ok=True)
        run()
        begin = time.time_ns()
        run_once([_treadle(bench), "resume", "@latest", "--choice", "approve"], cwd=folder)
        return Sample(seconds=(first.stat().st_mtime_ns - begin) / 1e9)

    return Row(
        name=f"resume after {count:,} occurrences, to the first new step",
        floor=floors.nothing,
        ours=ours,
        factor=0,
        plus_s=0.5,
    )


RECORD_RUNS = """
import sys
from treadle.compiler import compile_file
from treadle.executor import run
plan = compile_file(sys.argv[1]).plan
for _ in range(int(sys.argv[2])):
    run(plan)
"""


def _status(bench: Bench) -> Row:
    count = bench.size(10_000, 200)
    folder = bench.folder("status")
    path = workflows.write(folder, "asks", "  - {id: ask, type: gate, message: Go on}\n")

    def ours() -> Sample:
        if not (folder / ".treadle").exists():
            run_once([_python(bench), "-c", RECORD_RUNS, path, str(count)], cwd=folder)
        return run_once([_treadle(bench), "status", "--json"], cwd=folder)

    return Row(
        name=f"status with {count:,} runs on record",
        floor=floors.nothing,
        ours=ours,
        factor=0,
        plus_s=0.3,
    )


def _run(bench: Bench, path: Path) -> Callable[[], Sample]:
    """Run a workflow in a project without a record of other runs."""

    def run() -> Sample:
        shutil.rmtree(path.parent / ".treadle", ignore_errors=True)
        return run_once([_treadle(bench), "run", path, "--json", "--no-input"], cwd=path.parent)

    return run


def _theirs(bench: Bench, words: list[str], folder: Path) -> Callable[[], Sample] | None:
    if bench.peer is None:
        return None
    program = bench.peer / "bin" / "specify"

    def run() -> Sample:
        shutil.rmtree(folder / ".specify" / "workflows" / "runs", ignore_errors=True)
        return run_once([program, *words], cwd=folder)

    return run


def _treadle(bench: Bench) -> Path:
    return bench.treadle / "bin" / "treadle"


def _python(bench: Bench) -> Path:
    return bench.treadle / "bin" / "python"
