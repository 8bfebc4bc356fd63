"""The rows of records: going on with a long run, and listing many runs."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
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
    """Yield the rows of long runs that go on, until their next step has begun.

    One waits at a gate, the other was killed.
    """
    count = bench.size(10_000, 1_000)
    paused, killed = bench.folder("resume"), bench.folder("killed")
    run = bench.run(workflows.long_run(paused, count))
    path = workflows.killed_run(killed, count)
    probes = {
        "paused": _resumed(bench, paused, run, "--choice", "approve"),
        "killed": _resumed(bench, killed, lambda: _run_and_kill(bench, path)),
    }
    rows = {
        "paused": f"resume after {count:,} occurrences, to the first new step",
        "killed": f"resume after {count:,} steps and a SIGKILL, to the first new step",
    }
    yield Group(
        probes=probes,
        rows=tuple(
            Row(name=name, ours=part(probe), factor=0, plus_s=0.5) for probe, name in rows.items()
        ),
    )


def _resumed(bench: Bench, folder: Path, run: Callable[[], object], *words: str) -> Probe:
    """Return a probe of what it takes a run, made once, to go on until there is a file `first`."""
    resume = bench.ours("resume", "@latest", *words, folder=folder)
    first, record, kept = folder / "first", folder / ".treadle", folder / "kept"

    def probe() -> Sample:
        if not kept.exists():
            run()
            shutil.copytree(record, kept)
        first.unlink(missing_ok=True)
        shutil.rmtree(record)
        shutil.copytree(kept, record)
        begin = time.time_ns()
        found = resume()
        taken = (first.stat().st_mtime_ns - begin) / 1e9
        return Sample(seconds=taken, peak_bytes=found.peak_bytes)

    return probe


def _run_and_kill(bench: Bench, path: Path) -> None:
    """Run a workflow until there is a file `first`, and kill the program."""
    folder = path.parent
    command = [bench.treadle / "bin" / "treadle", "run", path, "--no-input", "--quiet"]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL) as program:
        while not (folder / "first").exists():
            if program.poll() is not None:
                raise RuntimeError(f"{command} ended with {program.returncode}")
            time.sleep(0.05)
        program.kill()
    (folder / "go").touch()


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
