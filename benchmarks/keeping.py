"""The rows of records: going on with a long run, and listing many runs."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import workflows
from rows import Bench, Group, Row, part
from timing import Probe, Sample, run_once

RECORD_RUNS = """
import sys
from treadle.compiler import compile_file
from treadle.executor import run
plan = compile_file(sys.argv[1]).plan
for number in range(int(sys.argv[2])):
    run(plan, run_id=f"run-{number}")
"""


def resumes(bench: Bench) -> Iterator[Group]:
    """Yield the row of a long run that waits at a gate, until its next step has begun."""
    count = bench.size(10_000, 1_000)
    folder = bench.folder("resume")
    run = bench.run(workflows.long_run(folder, count))
    resume = bench.ours("resume", "@latest", "--choice", "approve", folder=folder)
    first, record, kept = folder / "first", folder / ".treadle", folder / "kept"

    def ours() -> Sample:
        first.unlink(missing_ok=True)
        if not kept.exists():
            run()
            shutil.copytree(record, kept)
        shutil.rmtree(record)
        shutil.copytree(kept, record)
        begin = time.time_ns()
        found = resume()
        taken = (first.stat().st_mtime_ns - begin) / 1e9
        return Sample(seconds=taken, peak_bytes=found.peak_bytes)

    yield Group(
        probes={"ours": ours},
        rows=(
            Row(
                name=f"resume after {count:,} occurrences, to the first new step",
                factor=0,
                plus_s=0.5,
            ),
        ),
    )


def lists(bench: Bench) -> Iterator[Group]:
    """Yield the rows of listing all runs of a project with many."""
    count = bench.size(10_000, 200)
    folder = bench.folder("status")
    path = workflows.write(folder, "asks", "  - {id: ask, type: gate, message: Go on}\n")

    def status(*words: str) -> Probe:
        command = bench.ours("status", *words, folder=folder)

        def probe() -> Sample:
            _record(bench, path, count)
            return command()

        return probe

    rows = {
        "human": f"status with {count:,} runs on record",
        "json": f"status --json with {count:,} runs on record",
    }
    yield Group(
        probes={"human": status(), "json": status("--json")},
        rows=tuple(
            Row(name=name, ours=part(probe), factor=0, plus_s=0.3) for probe, name in rows.items()
        ),
    )


def _record(bench: Bench, path: Path, count: int) -> None:
    """Make the runs when they are asked for first: it takes minutes."""
    if not (path.parent / ".treadle").exists():
        run_once([bench.python, "-c", RECORD_RUNS, path, str(count)], cwd=path.parent)
