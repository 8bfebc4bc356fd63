"""The step types of a project: the files that declare them, and what Spec Kit keeps beside them.

Both programs look into one folder. A file `NAME.yml` declares a type for treadle; a folder with a
`step.yml` is a package of Spec Kit, whose Python code treadle lists and never runs.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from treadle.compiler.layers import OverlayFile
from treadle.compiler.source import read_overlay_file
from treadle.library.places import Places, refuse_links, write_file
from treadle.library.refusal import Refused, reason_of
from treadle.plan.step_types import name_fault

FOLDER = Path(".specify", "workflows", "steps")
SUFFIX = ".yml"
PACKAGE_FILE = "step.yml"


class SpecKitPackage(Struct, frozen=True, kw_only=True):
    """A step package of Spec Kit in the project. Shapes: `path` is its folder."""

    name: str
    path: Path


class ProjectTypes(Mapping[str, OverlayFile]):
    """The files of a project that declare step types, read when somebody asks for one."""

    def __init__(self, project: Path) -> None:
        self._folder = project / FOLDER

    def __getitem__(self, name: str) -> OverlayFile:
        path = self._folder / f"{name}{SUFFIX}"
        if name_fault(name) is not None or _is_linked(path) or not path.is_file():
            raise KeyError(name)
        found = read_overlay_file(path)
        return OverlayFile(path=_near(path), source=found.source, problems=found.problems)

    def __iter__(self) -> Iterator[str]:
        names = (entry.name for entry in _entries(self._folder))
        stems = sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))
        return (stem for stem in stems if stem in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def path_of(places: Places, name: str) -> Path:
    """Return the file that declares, or would declare, a step type of a project."""
    return places.project / FOLDER / f"{name}{SUFFIX}"


def spec_kit_packages(project: Path) -> tuple[SpecKitPackage, ...]:
    """Return the step packages of Spec Kit in a project; nothing of them is loaded."""
    return tuple(
        SpecKitPackage(name=entry.name, path=FOLDER / entry.name)
        for entry in sorted(_entries(project / FOLDER), key=lambda each: each.name)
        if entry.is_dir(follow_symlinks=False)
        and os.path.isfile(os.path.join(entry.path, PACKAGE_FILE))
    )


def add_type(places: Places, name: str, content: bytes) -> Path:
    """Put the file of a step type into a project, and return its path.

    Errors: Refused with TR960 or TR969.
    """
    path = path_of(places, name)
    try:
        write_file(places, path, content)
    except OSError as error:
        raise Refused.because("TR969", what=path.name, reason=reason_of(error)) from error
    return path


def remove_type(places: Places, name: str) -> None:
    """Remove the file of a step type from a project.

    Errors: Refused with TR749 when there is none, TR960 or TR969.
    """
    path = path_of(places, name)
    if name_fault(name) is not None:
        raise Refused.because("TR749", type=name)
    refuse_links(places, path)
    try:
        path.unlink()
    except FileNotFoundError:
        raise Refused.because("TR749", type=name) from None
    except OSError as error:
        raise Refused.because("TR969", what=path.name, reason=reason_of(error)) from error


def _entries(folder: Path) -> tuple["os.DirEntry[str]", ...]:
    with suppress(OSError):
        with os.scandir(folder) as entries:
            return tuple(entries)
    return ()


def _is_linked(path: Path) -> bool:
    # Each folder from `.specify` on: a link could lead out of the project.
    return any(part.is_symlink() for part in (path, *list(path.parents)[: len(FOLDER.parts)]))


def _near(path: Path) -> str:
    shown = os.path.relpath(path)
    return str(path) if shown.startswith(os.pardir) else shown
