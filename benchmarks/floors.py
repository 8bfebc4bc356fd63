"""What the machine itself takes: the floors that the rows are compared with.

Nothing of treadle runs here.
"""

import os
import select
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from timing import Sample, run_once

RECORD = b"x" * 700  # about what a step of treadle writes
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


def recorded_spawns(count: int, *, folder: Path) -> Sample:
    """Start `sh -c true` so many times, read its pipes, and commit a row after each to SQLite.

    That is as little as a program in Python can do that keeps each result before the next step:
    no plan, no decision, no guardian, and nobody is told.
    """
    path = folder / ".rows.db"
    for old in (path, *folder.glob(f"{path.name}-*")):
        old.unlink(missing_ok=True)
    environment = dict(os.environ)
    begin = time.perf_counter()
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=100"):
            rows.execute(f"PRAGMA {pragma}")
        rows.execute("CREATE TABLE results (number INTEGER PRIMARY KEY, body BLOB)")
        for number in range(count):
            _piped_spawn(environment)
            rows.execute("INSERT INTO results VALUES (?, ?)", (number, RECORD))
    return Sample(seconds=time.perf_counter() - begin)


def imports(python: Path, *, folder: Path) -> Sample:
    """Start Python and import the libraries that treadle stands on."""
    return run_once([python, "-c", LIBRARIES], cwd=folder)


def shell(line: str, *, folder: Path) -> Sample:
    """Run a line of shell."""
    return run_once(["sh", "-c", line], cwd=folder)


def nothing() -> Sample:
    """Stand for a row without a floor, whose budget is a time."""
    return Sample(seconds=0.0)


def _spawn() -> None:
    subprocess.run(["sh", "-c", "true"], stdin=subprocess.DEVNULL, check=True)


def _piped_spawn(environment: Mapping[str, str]) -> None:
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    actions = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, out_end, 1),
        (os.POSIX_SPAWN_DUP2, err_end, 2),
    )
    words = ["sh", "-c", "true"]
    child = os.posix_spawn("/bin/sh", words, environment, file_actions=actions, setpgroup=0)
    poll = select.poll()
    for end, reader in ((out_end, out), (err_end, err)):
        os.close(end)
        poll.register(reader, select.POLLIN)
    is_open = {out, err}
    while is_open:
        for reader, _ in poll.poll():
            if not os.read(reader, 65_536):
                poll.unregister(reader)
                os.close(reader)
                is_open.remove(reader)
    os.waitpid(child, 0)
