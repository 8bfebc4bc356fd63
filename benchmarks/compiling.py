"""The rows of short commands: how long they take to start, and what compiling takes."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import floors
import workflows
from rows import Bench, Group, Row


def starts(bench: Bench) -> Iterator[Group]:
    """Yield the rows of commands that do next to nothing."""
    folder = bench.folder("start")
    small = workflows.rich(folder, "small", 3)
    one = workflows.sequence(folder, 1)
    installed = folder / ".specify" / "workflows" / "small"
    installed.mkdir(parents=True)
    shutil.copy(small, installed / "workflow.yml")
    floor = {"floor": partial(floors.imports, bench.python, folder=folder)}
    yield Group(
        probes=floor
        | {"ours": bench.ours("--version", folder=folder)}
        | bench.theirs("--version", folder=folder),
        rows=(Row(name="--version, cold", factor=0.5),),
    )
    yield Group(
        probes=floor
        | {"ours": bench.ours("validate", small, folder=folder)}
        | bench.theirs("workflow", "info", "small", folder=folder),
        rows=(Row(name="validate one small file, cold (Spec Kit: info)", factor=1.1),),
    )
    yield Group(
        probes=floor
        | {"ours": bench.run(one)}
        | bench.theirs("workflow", "run", one, "--json", folder=folder),
        rows=(Row(name="run one step, cold", factor=None),),
    )


def validations(bench: Bench) -> Iterator[Group]:
    """Yield the rows of the compiler, and of its growth over files and over steps."""
    folder = bench.folder("validations")
    for what, write, factor, count, larger in (
        ("validate {:,} files", _files, 6, bench.size(100, 20), bench.size(1_000, 100)),
        (
            "validate {:,} steps in a file",
            _file,
            3,
            bench.size(2_000, 200),
            bench.size(20_000, 2_000),
        ),
    ):
        yield Group(
            probes={
                "floor": partial(floors.imports, bench.python, folder=folder),
                "ours": bench.ours("validate", write(bench, count), folder=folder),
            },
            rows=(Row(name=what.format(count), factor=factor),),
        )
        yield _growth(bench, what, larger, write)


def _growth(bench: Bench, what: str, count: int, write: Callable[[Bench, int], Path]) -> Group:
    """Compare ten times as much with what a tenth of it takes: it may be no more than ten times."""
    folder = bench.folder("growth")
    return Group(
        probes={
            "floor": bench.ours("validate", write(bench, count // 10), folder=folder),
            "ours": bench.ours("validate", write(bench, count), folder=folder),
        },
        rows=(Row(name=f"{what.format(count)} (floor: {count // 10:,})", factor=10),),
    )


def _files(bench: Bench, count: int) -> Path:
    folder = bench.folder(f"files-{count}")
    for number in range(count):
        workflows.rich(folder, f"w{number}", 10)
    return folder


def _file(bench: Bench, count: int) -> Path:
    return workflows.rich(bench.folder(f"file-{count}"), "long", count)
