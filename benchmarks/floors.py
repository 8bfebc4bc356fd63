"""What the machine itself takes: the floors that the rows are compared with.

Nothing of treadle runs here.
"""

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from timing import Sample, run_once

LIBRARIES = "import ruamel.yaml, jsonschema, jinja2, typer, rich"


def spawns(count: int, *, workers: int = 1) -> Sample:
    """Start `sh -c true` so many times, with so many workers."""
    begin = time.perf_counter()
    if workers == 1:
        for _ in range(count):
            _spawn()
    else:
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(lambda _: _spawn(), range(count)):
                pass
    return Sample(seconds=time.perf_counter() - begin)


def fsyncs(count: int, *, folder: Path) -> Sample:
    """Append a page to a file and flush it to the disk, so many times."""
    page = bytes(4096)
    descriptor = os.open(folder / ".fsync", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    begin = time.perf_counter()
    for _ in range(count):
        os.write(descriptor, page)
        os.fsync(descriptor)
    taken = time.perf_counter() - begin
    os.close(descriptor)
    return Sample(seconds=taken)


def imports(python: Path, *, folder: Path) -> Sample:
    """Start Python and import the libraries that treadle stands on."""
    return run_once([python, "-c", LIBRARIES], cwd=folder)


def shell(line: str, *, folder: Path) -> Sample:
    """Run a line of shell."""
    return run_once(["sh", "-c", line], cwd=folder)


def nothing() -> Sample:
    """Stand for a row without a floor, whose budget is a time."""
    return Sample(seconds=0.0)


Floor = Callable[[], Sample]


def _spawn() -> None:
    subprocess.run(["sh", "-c", "true"], stdin=subprocess.DEVNULL, check=True)
