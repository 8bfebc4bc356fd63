"""Measure treadle and Spec Kit side by side: python3 benchmarks/run.py [--quick] [--full].

Needs the standard library and pip. Prints tables, and writes benchmarks/results.json, its plot
and the figures of docs/performance.md; it asserts nothing, since a ratio that is bad on a busy
machine is no failure of the code.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import compiling
import keeping
import page
import running
import table
from results import Result, Results, Subject, result, to_json
from rows import Bench, Group
from timing import in_turns

PEER = "specify-cli==1.2.3"
# No round of a group begins later than this: one of 100,000 steps takes minutes.
PATIENCE_S = 90.0
SUBJECTS: tuple[tuple[str, tuple[Callable[[Bench], Iterator[Group]], ...]], ...] = (
    ("Starting and compiling", (compiling.starts, compiling.validations)),
    ("Steps one after the other", (running.sequences,)),
    ("Fan-out", (running.fan_outs,)),
    ("Large output, long runs, many runs", (running.large_output, keeping.resumes, keeping.lists)),
)


def main() -> int:
    """Measure, or write or check the page only; return the exit code."""
    options = _options()
    if options.check:
        return _check()
    if not options.markdown:
        results = _measured(options)
        if not results.rows:
            print("nothing was measured", file=sys.stderr)
            return 1
        print("\n\n".join((page.described(results), table.tables(results), table.missed(results))))
        if not _write(results, options):
            return 0
    for path in page.write():
        print(f"wrote {path.relative_to(page.HERE.parent)}", file=sys.stderr)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for words, told in (
        ("--quick", "small sizes, to try the rows"),
        ("--full", "100,000 steps as well"),
        ("--no-peer", "leave Spec Kit out"),
        ("--markdown", "measure nothing: write plot and page from results.json"),
        ("--check", "measure nothing: exit 1 when plot or page differ from results.json"),
    ):
        parser.add_argument(words, action="store_true", help=told)
    parser.add_argument("--peer", type=Path, metavar="VENV", help="a virtual environment with it")
    parser.add_argument("--treadle", type=Path, metavar="VENV", help="instead of a new one")
    parser.add_argument("--only", metavar="TEXT", help="only rows with this in their name")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N")
    parser.add_argument("--work", type=Path, metavar="DIR", help="a folder on the disk to measure")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="write the figures there, and no page (with --quick or --only they are written "
        "nowhere else)",
    )
    return parser.parse_args()


def _check() -> int:
    names = [str(path.relative_to(page.HERE.parent)) for path, _ in page.differing()]
    for name in names:
        print(f"{name} is not what benchmarks/results.json makes of it", file=sys.stderr)
    return 1 if names else 0


def _measured(options: argparse.Namespace) -> Results:
    treadle = options.treadle or _environment(".venv-benchmarks", [str(page.HERE.parent)])
    peer = None if options.no_peer else options.peer or _environment(".venv-peer", [PEER])
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.work) as work:
        bench = Bench(
            work=Path(work),
            # A command may be run in another folder than this one.
            treadle=treadle.absolute(),
            peer=peer and peer.absolute(),
            is_quick=options.quick,
            is_full=options.full,
        )
        subjects = tuple(
            Subject(
                title=title,
                rows=tuple(row for groups in parts for row in _rows(groups(bench), options)),
            )
            for title, parts in SUBJECTS
        )
    return Results(
        at=datetime.now(UTC).date().isoformat(),
        machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        python=platform.python_version(),
        spec_kit=PEER.replace("==", " ") if peer else None,
        load=load,
        subjects=subjects,
    )


def _environment(name: str, requirements: list[str]) -> Path:
    """Return a virtual environment of the checkout with these installed."""
    path = page.HERE.parent / name
    if not path.exists():
        subprocess.run([sys.executable, "-m", "venv", path], check=True)
    # A checkout that was installed before has kept its version, and pip would leave it.
    again = ["--force-reinstall", "--no-deps"] if requirements != [PEER] else []
    pip = [str(path / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *requirements], check=True)
    if again:
        subprocess.run([*pip, *again, *requirements], check=True)
    return path


def _rows(groups: Iterator[Group], options: argparse.Namespace) -> Iterator[Result]:
    """Measure the groups that are wanted; one that cannot be measured is told and left out."""
    for group in groups:
        names = [row.name for row in group.rows]
        if options.only and not any(options.only in name for name in names):
            continue
        print(f"… {'; '.join(names)}", file=sys.stderr, flush=True)
        begin = time.perf_counter()
        try:
            rounds = in_turns(group.probes, repetitions=options.repetitions, patience_s=PATIENCE_S)
        except RuntimeError as error:
            print(f"  not measured: {error}", file=sys.stderr)
            continue
        found = [result(row, rounds) for row in group.rows]
        told = ", ".join(f"{row.used.middle:.0%}" for row in found if row.used)
        taken = time.perf_counter() - begin
        print(f"  {len(rounds)} rounds in {taken:.0f} s; used {told or '–'}", file=sys.stderr)
        yield from found


def _processor() -> str:
    """Return the name of the processor, where the machine tells one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _write(results: Results, options: argparse.Namespace) -> bool:
    """Write the figures where they belong; return whether the page is to follow."""
    is_partial = bool(options.quick or options.only)
    path = options.results or (None if is_partial else page.RESULTS)
    if path is not None:
        path.write_text(json.dumps(to_json(results), indent=2) + "\n", encoding="utf-8")
        print(f"wrote {path}", file=sys.stderr)
    return path == page.RESULTS


if __name__ == "__main__":
    sys.exit(main())
