"""The workflows that a workflow can call: those installed in its project, and files in it."""

import os
from pathlib import Path

from msgspec import Struct

from treadle.compiler.callee_files import beside, callee_file
from treadle.compiler.callees import CalleeFile, NotFound
from treadle.executor.local.project import find_root

_INSTALLED = Path(".specify", "workflows")


class ProjectCallees(Struct, frozen=True):
    """The workflows of the project with a root folder; installed ones come with their overlays."""

    root: Path

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Return the file of an installed workflow that may be run."""
        # Most workflows call none.
        from treadle.library.installed import find_installed, known_ids
        from treadle.library.overlay_files import overlays_of
        from treadle.library.refusal import Refused

        try:
            path = find_installed(self.root, workflow)
            if path is None:
                return NotFound(known=known_ids(self.root))
            file = callee_file(_near(path))
            return CalleeFile(
                path=file.path,
                key=file.key,
                source=file.source,
                problem=file.problem,
                overlays=overlays_of(self.root, workflow),
            )
        except Refused as refused:
            return NotFound(reason=refused.problem.message)

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to from the folder of the file `caller`."""
        return beside(file, caller=Path(caller), root=self.root)


def callees_around(path: Path | str | None = None) -> ProjectCallees:
    """Return what a file can call, or what has no file.

    The project is that of the file's folder if anything is installed there, else that of the
    working directory, else the file's folder.
    """
    here = find_root(Path.cwd(), os.environ)
    if path is None:
        return ProjectCallees(here)
    whole = Path(os.path.abspath(path))
    own = find_root(whole.parent, os.environ)
    if (own / _INSTALLED).is_dir():
        return ProjectCallees(own)
    is_here = (here / _INSTALLED).is_dir() or whole.is_relative_to(here)
    return ProjectCallees(here if is_here else own)


def _near(path: Path) -> Path:
    """Return a path as it is best shown: from the working directory, if it is below."""
    shown = os.path.relpath(path)
    return path if shown.startswith(os.pardir) else Path(shown)
