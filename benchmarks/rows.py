"""What a row of the table is: which figures of a round it compares, and its budget.

A row is a ratio to what the machine itself takes in the same round; seconds of one machine say
nothing about another.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from timing import PEER, Probe, Round, Sample, run_once

MIB = 1024 * 1024

Reader = Callable[[Round], Sample | None]


def part(name: str) -> Reader:
    """Read a probe's sample, or None where the probe was left out."""
    return lambda found: found.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Shapes: the budget is `factor` × floor + `plus_s`, and `limit_bytes` where memory counts; a row
    whose factor is None has none. Rows of one series differ in their `count` only.
    Units: seconds, bytes.
    """

    name: str
    floor: Reader = part("floor")
    ours: Reader = part("ours")
    theirs: Reader = part(PEER)
    factor: float | None
    plus_s: float = 0.0
    limit_bytes: int | None = None
    series: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Probes that are run in turns, and the rows that are read off their rounds."""

    probes: dict[str, Probe]
    rows: tuple[Row, ...]


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

    @property
    def python(self) -> Path:
        """The Python that has treadle."""
        return self.treadle / "bin" / "python"

    def ours(self, *words: str | Path, folder: Path) -> Probe:
        """Return a probe of a command of treadle."""
        return lambda: run_once([self.treadle / "bin" / "treadle", *words], cwd=folder)

    def theirs(self, *words: str | Path, folder: Path) -> dict[str, Probe]:
        """Return a probe of a command of Spec Kit, or nothing where it is left out."""
        if self.peer is None:
            return {}
        program = self.peer / "bin" / "specify"

        def run() -> Sample:
            shutil.rmtree(folder / ".specify" / "workflows" / "runs", ignore_errors=True)
            return run_once([program, *words], cwd=folder)

        return {PEER: run}

    def run(self, path: Path) -> Probe:
        """Return a probe that runs a workflow in a project without a record of other runs."""
        command = self.ours("run", path, "--json", "--no-input", folder=path.parent)

        def run() -> Sample:
            shutil.rmtree(path.parent / ".treadle", ignore_errors=True)
            return command()

        return run
