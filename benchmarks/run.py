"""Measure treadle and Spec Kit side by side: python3 benchmarks/run.py [--quick] [--full].

Needs the standard library and pip. Prints a table and writes benchmarks/results.json; it asserts
nothing, since a ratio that is bad on a busy machine is no failure of the code.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rows import MIB, Bench, Row, rows
from timing import in_turns, peak_bytes, seconds

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results.json"
PEER = "specify-cli==1.2.3"
COLUMNS = ("what", "floor", "treadle", "÷ floor", "budget", "met", "Spec Kit", "÷ treadle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A measured row. Units: seconds and bytes, medians."""

    name: str
    floor_s: float
    ours_s: float
    theirs_s: float | None
    limit_s: float
    peak_bytes: int | None
    limit_bytes: int | None

    @property
    def is_met(self) -> bool:
        """Whether the budget is kept."""
        is_small = self.limit_bytes is None or (self.peak_bytes or 0) <= self.limit_bytes
        return self.ours_s <= self.limit_s and is_small


def main() -> None:
    options = _options()
    treadle = options.treadle or _environment(".venv-benchmarks", [str(ROOT)])
    peer = None if options.no_peer else options.peer or _environment(".venv-peer", [PEER])
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.work) as work:
        bench = Bench(
            work=Path(work),
            treadle=treadle,
            peer=peer,
            is_quick=options.quick,
            is_full=options.full,
        )
        wanted = (row for row in rows(bench) if options.only in row.name)
        results = _results(wanted, repetitions=options.repetitions)
    print(_table(results))
    _write(results, is_quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the rows")
    parser.add_argument("--full", action="store_true", help="10,000 steps as well")
    parser.add_argument("--peer", type=Path, metavar="VENV", help="a virtual environment with it")
    parser.add_argument("--no-peer", action="store_true", help="leave Spec Kit out")
    parser.add_argument("--treadle", type=Path, metavar="VENV", help="instead of a new one")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only rows with this in their name"
    )
    parser.add_argument("--repetitions", type=int, default=5, metavar="N")
    parser.add_argument("--work", type=Path, metavar="DIR", help="a folder on the disk to measure")
    return parser.parse_args()


def _environment(name: str, requirements: list[str]) -> Path:
    """Return a virtual environment of the checkout with these installed."""
    path = ROOT / name
    if not path.exists():
        subprocess.run([sys.executable, "-m", "venv", path], check=True)
    # A checkout that was installed before has kept its version, and pip would leave it.
    again = ["--force-reinstall", "--no-deps"] if requirements == [str(ROOT)] else []
    pip = [str(path / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *requirements], check=True)
    if again:
        subprocess.run([*pip, *again, *requirements], check=True)
    return path


def _results(wanted: Iterable[Row], *, repetitions: int) -> list[Result]:
    """Measure the rows; one that cannot be measured is told and left out."""
    results = []
    for row in wanted:
        print(f"… {row.name}", file=sys.stderr, flush=True)
        try:
            results.append(_measured(row, repetitions=repetitions))
        except RuntimeError as error:
            print(f"  not measured: {error}", file=sys.stderr)
    return results


def _measured(row: Row, *, repetitions: int) -> Result:
    probes = {"floor": row.floor, "ours": row.ours}
    if row.theirs is not None:
        probes["theirs"] = row.theirs
    found = in_turns(probes, repetitions=repetitions, patience_s=15.0)
    floor_s = seconds(found["floor"])
    return Result(
        name=row.name,
        floor_s=floor_s,
        ours_s=seconds(found["ours"]),
        theirs_s=seconds(found["theirs"]) if "theirs" in found else None,
        limit_s=row.factor * floor_s + row.plus_s,
        peak_bytes=peak_bytes(found["ours"]) or None,
        limit_bytes=row.peak_bytes,
    )


def _table(results: list[Result]) -> str:
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(_cells, results)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _cells(result: Result) -> tuple[str, ...]:
    theirs, ours, floor = result.theirs_s, _time(result.ours_s), result.floor_s
    budget = _time(result.limit_s)
    if result.limit_bytes is not None:
        ours += f", {(result.peak_bytes or 0) // MIB} MiB"
        budget += f", {result.limit_bytes // MIB} MiB"
    return (
        result.name,
        _time(floor) if floor else "–",
        ours,
        f"{result.ours_s / floor:.2f}" if floor else "–",
        budget,
        "yes" if result.is_met else "no",
        _time(theirs) if theirs is not None else "–",
        f"{theirs / result.ours_s:.1f}" if theirs is not None else "–",
    )


def _time(value: float) -> str:
    return f"{value * 1000:.2f} ms" if value < 0.01 else f"{value:.2f} s"


def _write(results: list[Result], *, is_quick: bool) -> None:
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "is_quick": is_quick,
        "rows": [
            {
                "name": result.name,
                "floor_s": result.floor_s,
                "treadle_s": result.ours_s,
                "spec_kit_s": result.theirs_s,
                "limit_s": result.limit_s,
                "peak_bytes": result.peak_bytes,
                "limit_bytes": result.limit_bytes,
                "is_met": result.is_met,
            }
            for result in results
        ],
    }
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
