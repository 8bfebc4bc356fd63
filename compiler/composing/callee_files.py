"""Files of the project that workflows call by a path, and installed ones without their overlays.

A path stays inside the project: it is relative, and neither ``..`` nor a link leads out of it.
"""

import os
from pathlib import Path

from msgspec import Struct

from treadle.compiler.composing.callees import CalleeFile, NotFound
from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.source import read_source

_MARKS = (".treadle", ".specify", ".git")
_SUFFIXES = (".yml", ".yaml")


class FilesAround(Struct, frozen=True):
    """The files of a project; what is installed in it is left for a run to find."""

    root: Path

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Know nothing of what is installed."""
        return None

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to from the folder of the file `caller`."""
        return beside(file, caller=Path(caller), root=self.root)


def beside(file: str, *, caller: Path, root: Path) -> CalleeFile | NotFound:
    """Return the file that a path leads to from a workflow's folder, inside the project.

    Shapes: a workflow that stands outside of the project may call what is in its own folder.
    """
    if os.path.isabs(file) or "\\" in file or "\0" in file:
        return NotFound(reason="it must be relative, with '/' between its parts")
    folder = caller.parent
    path = Path(os.path.normpath(folder / file))
    limit = root if _is_inside(Path(os.path.abspath(caller)), root) else folder
    if not _is_inside(Path(os.path.abspath(path)), limit):
        return NotFound(reason="it leads out of the project")
    if not _is_inside(path.resolve(), limit.resolve()):
        return NotFound(reason="a symbolic link leads out of the project")
    if path.suffix.lower() not in _SUFFIXES:
        return NotFound(reason="its name must end in .yml or .yaml")
    if not path.exists():
        return NotFound(reason=f"there is no file '{path}'")
    return callee_file(path)


def callee_file(path: Path) -> CalleeFile:
    """Return a file as that of a workflow that is called."""
    report = Report()
    source = read_source(path, report=report)
    problem = next((found.message for found in report.diagnostics), None)
    return CalleeFile(path=str(path), key=identity(path), source=source or b"", problem=problem)


def identity(path: Path) -> str:
    """Return what is the same for all names of a file."""
    return str(path.resolve())


def root_around(path: Path) -> Path:
    """Return the folder of the project that a file stands in; without any its own folder."""
    folder = Path(os.path.abspath(path)).parent
    for above in (folder, *folder.parents):
        if any((above / mark).exists() for mark in _MARKS):
            return above
    return folder


def _is_inside(path: Path, folder: Path) -> bool:
    return path.is_relative_to(os.path.abspath(folder))
