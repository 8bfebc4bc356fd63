"""The workflows that a workflow can call: those installed in its project, and files in it."""

import os
from functools import cached_property
from pathlib import Path

from treadle.compiler.composing.callee_files import beside
from treadle.compiler.composing.callees import CalleeFile, NotFound

_INSTALLED = Path(".specify", "workflows")


class ProjectCallees:
    """The workflows of a project; installed ones come with their overlays.

    Most workflows call none: what looks for them is imported when one is called.
    """

    def __init__(self, *, root: Path | None = None, path: Path | None = None) -> None:
        """Look in the project with that root, or in the one around a file."""
        self._root = root
        self._path = path

    @cached_property
    def root(self) -> Path:
        """The root of the project.

        It is that around the file's folder if anything is installed there, else that around the
        working directory, else the file's folder.
        """
        from treadle.executor.local.project import find_root

        if self._root is not None:
            return self._root
        here = find_root(Path.cwd(), os.environ)
        if self._path is None:
            return here
        whole = Path(os.path.abspath(self._path))
        own = find_root(whole.parent, os.environ)
        is_here = (here / _INSTALLED).is_dir() or whole.is_relative_to(here)
        return here if is_here and not (own / _INSTALLED).is_dir() else own

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Return the file of an installed workflow that may be run."""
        from treadle.library.callees import InstalledCallees

        return InstalledCallees(project=self.root).installed(workflow)

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to from the folder of the file `caller`."""
        return beside(file, caller=Path(caller), root=self.root)


def callees_around(path: Path | str | None = None) -> ProjectCallees:
    """Return what a file can call, or what has no file; nothing is looked for before it is named.

    Errors: none; a call of what is not there is for the compiler to report.
    """
    return ProjectCallees(path=Path(path) if path is not None else None)
