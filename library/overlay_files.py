"""The overlays of a project: files in `.specify/workflows/overlays/<id>/`, one an overlay.

What an overlay is called stands inside its file; the name of the file is nobody's concern but
that of the order in which files are read.
"""

import os
from pathlib import Path

from msgspec import Struct

from treadle.compiler.composing.stack import Declared, declared
from treadle.compiler.reading.layers import OverlayFile
from treadle.compiler.reading.source import read_overlay_file
from treadle.library.ids import id_fault
from treadle.library.places import WORKFLOW_FILE, Places, refuse_links

_FOLDER = "overlays"
_SUFFIXES = (".yml", ".yaml")
_HOME = (".specify", "workflows", _FOLDER)


class Home(Struct, frozen=True, kw_only=True):
    """Where the overlays of one workflow are kept, and the workflow itself."""

    project: Path
    workflow: str

    @property
    def folder(self) -> Path:
        """The folder of the overlays."""
        return Places(project=self.project).folder / _FOLDER / self.workflow

    @property
    def base(self) -> Path:
        """The file of the installed workflow, which may not be there."""
        return Places(project=self.project).of(self.workflow) / WORKFLOW_FILE


class Kept(Struct, frozen=True, kw_only=True):
    """An overlay of a project: its file, and what the file declares."""

    path: Path
    declared: Declared


def home_of_overlay(path: Path) -> Home | None:
    """Return where an overlay's file is at home, None for a file that stands elsewhere."""
    whole = Path(os.path.abspath(path))
    is_home = whole.parts[-5:-2] == _HOME and whole.suffix in _SUFFIXES
    if not is_home or id_fault(whole.parts[-2]) is not None:
        return None
    return Home(project=whole.parents[4], workflow=whole.parts[-2])


def home_of_workflow(path: Path) -> Home | None:
    """Return where the overlays of an installed workflow are, None for any other file."""
    whole = Path(os.path.abspath(path))
    is_installed = whole.parts[-4:-2] == _HOME[:2] and whole.name == WORKFLOW_FILE
    if not is_installed or id_fault(whole.parts[-2]) is not None:
        return None
    return Home(project=whole.parents[3], workflow=whole.parts[-2])


def overlay_paths(home: Home) -> tuple[Path, ...]:
    """Return the files of the overlays of a workflow, sorted by name.

    Errors: Refused with TR960 for a link on the way.
    """
    places = Places(project=home.project)
    refuse_links(places, home.folder)
    try:
        found = sorted(home.folder.iterdir())
    except OSError:
        return ()
    paths = tuple(path for path in found if path.suffix in _SUFFIXES and path.is_file())
    for path in paths:
        refuse_links(places, path)
    return paths


def overlays_of(project: Path, workflow: str) -> tuple[OverlayFile, ...]:
    """Return the overlays of an installed workflow as the compiler takes them.

    Errors: Refused with TR960 for a link on the way.
    """
    paths = overlay_paths(Home(project=project, workflow=workflow))
    return tuple(read_overlay_file(path) for path in paths)


def kept_overlays(home: Home) -> tuple[Kept, ...]:
    """Return the overlays of a workflow with what they declare, whoever wins first.

    Shapes: those that cannot be read stand at the end.
    Errors: Refused with TR960 for a link on the way.
    """
    found = [
        Kept(path=path, declared=declared(read_overlay_file(path))) for path in overlay_paths(home)
    ]
    # Of equal priorities the last id wins.
    found.sort(key=lambda kept: kept.declared.id or "", reverse=True)
    return tuple(sorted(found, key=lambda kept: kept.declared.precedence))
