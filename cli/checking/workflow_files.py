"""Which files below a folder are workflows: those of git's work tree that look like one.

A file that is named is never judged here; one that is only found must have the two keys that
every workflow has, at its top level, or be where a project keeps its overlays.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from treadle.cli.checking.plan_source import PLAN_SUFFIX
from treadle.plan.lazy_pattern import lazy_pattern

TEST_SUFFIXES = (".test.yml", ".test.yaml")  # of files of tests
_SUFFIXES = (".yml", ".yaml", PLAN_SUFFIX)
_SKIPPED = frozenset({".git", ".treadle", "node_modules", ".venv"})
# Spec Kit keeps a copy of the workflow with each of its runs.
_RUN_COPIES = (".specify", "workflows", "runs")
_OVERLAYS = (".specify", "workflows", "overlays")
_MAX_BYTES = 16 * 1024 * 1024
_KEY_LINE = lazy_pattern(r"""^([ ]*)(?:["']?)([\w-]+)["']?[ \t]*:(?:\s|$)""", re.MULTILINE)


def find_workflow_files(folder: Path) -> tuple[Path, ...]:
    """Return the workflow, overlay and plan files below a folder, sorted."""
    return tuple(path for path in find_files(folder, _SUFFIXES) if _is_workflow(path))


def find_files(folder: Path, suffixes: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the files below a folder whose names end so, sorted; without those git ignores."""
    return tuple(
        sorted(
            path
            for path in _found(folder)
            if path.name.lower().endswith(suffixes)
            and not _is_skipped(path.relative_to(folder).parts)
        )
    )


def _found(folder: Path) -> Iterator[Path]:
    listed = _listed_by_git(folder)
    if listed is None:
        yield from _walked(folder)
        return
    for path in listed:
        if not path.is_dir() or path.is_symlink():
            yield path
        # A folder is a repository of its own, such as a submodule.
        elif path != folder:
            yield from _found(path)
        else:  # one that was never fetched, in which git speaks for the repository around it
            yield from _walked(path)


def _listed_by_git(folder: Path) -> tuple[Path, ...] | None:
    """Return the files that git tracks or would track, None where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    names = found.stdout.split(b"\0")
    return tuple(folder / os.fsdecode(name) for name in names if name)


def _walked(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in files:
            yield Path(where, name)


def _is_skipped(parts: tuple[str, ...]) -> bool:
    return not _SKIPPED.isdisjoint(parts) or parts[: len(_RUN_COPIES)] == _RUN_COPIES


def _is_workflow(path: Path) -> bool:
    if not path.is_file():
        return False
    is_overlay = path.absolute().parts[-5:-2] == _OVERLAYS
    if is_overlay or path.name.lower().endswith(PLAN_SUFFIX):
        return True
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return False
    text = text.removeprefix("\ufeff")
    is_of_tests = path.name.lower().endswith(TEST_SUFFIXES) and has_keys(text, "tests")
    return not is_of_tests and has_keys(text, "workflow", "steps")


def has_keys(text: str, *wanted: str) -> bool:
    """Whether a YAML text has keys at its top, even when it is broken."""
    if text.lstrip().startswith("{"):
        return all(re.search(rf"""[{{,\s]["']?{key}["']?\s*:""", text) for key in wanted)
    found = _KEY_LINE.findall(text)
    return bool(found) and set(wanted) <= {
        key for indentation, key in found if indentation == found[0][0]
    }
