"""The workflows that a workflow of a project can call: installed ones, and files beside it.

A package that is not installed yet calls its own files, and nothing else that is not installed.
"""

import os
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.composing.callee_files import beside, callee_file, identity
from treadle.compiler.composing.callees import CalleeFile, NotFound
from treadle.compiler.reading.layers import OverlayFile
from treadle.library.installed import find_installed, known_ids
from treadle.library.overlay_files import overlays_of
from treadle.library.package import Package
from treadle.library.places import WORKFLOW_FILE, near_path
from treadle.library.refusal import Refused


class InstalledCallees(Struct, frozen=True, kw_only=True):
    """The workflows of a project; installed ones come with their overlays.

    Shapes: `asked` are the ids that were looked for so far.
    """

    project: Path
    asked: set[str] = field(default_factory=set)

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Return the file of an installed workflow that may be run."""
        self.asked.add(workflow)
        try:
            path = find_installed(self.project, workflow)
            if path is None:
                return NotFound(known=known_ids(self.project))
            return replace(
                callee_file(near_path(path)), overlays=overlays_of(self.project, workflow)
            )
        except Refused as refused:
            return NotFound(reason=refused.problem.message)

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to from the folder of the file `caller`."""
        return beside(file, caller=Path(caller), root=self.project)


class ChangedCallees(Struct, frozen=True, kw_only=True):
    """The workflows of a project as they will be once one of them is something else, or gone."""

    project: InstalledCallees
    id: str
    instead: CalleeFile | NotFound

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Return the file of an installed workflow, or what will be in its place."""
        found = self.project.installed(workflow)
        return self.instead if workflow == self.id else found

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to from the folder of the file `caller`."""
        return self.project.beside(file, caller=caller)


class PackageCallees(Struct, frozen=True, kw_only=True):
    """The workflows of a project as they will be once a package is installed.

    Shapes: `folder` holds the files of the package meanwhile; `id` is what it is installed as,
    None while nobody knows. `shown` are its files by the paths that they are shown by.
    """

    project: InstalledCallees
    package: Package
    folder: Path
    id: str | None = None
    shown: dict[str, Path] = field(default_factory=dict)

    def installed(self, workflow: str) -> CalleeFile | NotFound | None:
        """Return the file of an installed workflow, or that of the package."""
        found = self.project.installed(workflow)
        if workflow != self.id:
            return found
        path = self.folder / WORKFLOW_FILE
        self.shown[self.package.shown_path] = path
        return CalleeFile(
            path=self.package.shown_path,
            key=identity(path),
            source=self.package.content,
            overlays=self._overlays(workflow),
        )

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        """Return the file that a path leads to: from a file of the package, inside the package."""
        inside = self.shown.get(caller)
        if caller == str(self.folder / WORKFLOW_FILE):
            inside = Path(caller)
        if inside is None:
            return self.project.beside(file, caller=caller)
        found = beside(file, caller=inside, root=self.folder)
        if isinstance(found, NotFound):
            reason = (found.reason or "").replace(f"{self.folder}{os.sep}", "")
            return replace(found, reason=reason.replace("project", "package"))
        path = Path(found.path)
        name = path.relative_to(self.folder)
        shown = str(Path(self.package.shown_path).parent / name)
        self.shown[shown] = path
        return replace(found, path=shown)

    def _overlays(self, workflow: str) -> tuple[OverlayFile, ...]:
        """Return the overlays that the project has for it already."""
        try:
            return overlays_of(self.project.project, workflow)
        except Refused:
            # Whoever installs the package is refused for the same reason.
            return ()
