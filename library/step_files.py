"""The step types of a project: the files that declare them, and what Spec Kit keeps beside them.

Both programs look into one folder. A file `NAME.yml` declares a type for treadle; a folder with a
`step.yml` is a package of Spec Kit, whose Python code treadle lists and never runs.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from treadle.compiler.reading.layers import OverlayFile
from treadle.compiler.reading.source import read_overlay_file
from treadle.library.install import remove
from treadle.library.kinds import STEPS, TYPE_SUFFIX
from treadle.library.places import Places, holding, near_path, refuse_links, write_file
from treadle.library.refusal import Refused, left_as_it_was
from treadle.plan.step_types import name_fault

FOLDER = Path(STEPS.folder)
SUFFIX = TYPE_SUFFIX


class ProjectTypes(Mapping[str, OverlayFile]):
    """The files of a project that declare step types, read when somebody asks for one."""

    def __init__(self, project: Path) -> None:
        self._folder = project / FOLDER

    def __getitem__(self, name: str) -> OverlayFile:
        path = self._folder / f"{name}{SUFFIX}"
        if name_fault(name) is not None or _is_linked(path) or not path.is_file():
            raise KeyError(name)
        found = read_overlay_file(path)
        return OverlayFile(path=str(near_path(path)), source=found.source, problems=found.problems)

    def __iter__(self) -> Iterator[str]:
        names = (entry.name for entry in _entries(self._folder))
        stems = sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))
        return (stem for stem in stems if stem in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def path_of(places: Places, name: str) -> Path:
    """Return the file that declares, or would declare, a step type of a project.

    Shapes: here and below `places` are those of step types.
    """
    return places.folder / f"{name}{SUFFIX}"


def place_taken(places: Places, name: str) -> Path | None:
    """Return what declares a step type of a name already, None where nothing does.

    Shapes: names that some file systems take for one are one.
    """
    taken = {name.casefold(), f"{name}{SUFFIX}".casefold()}
    found = sorted(each.name for each in _entries(places.folder))
    return next((places.folder / each for each in found if each.casefold() in taken), None)


def add_type(places: Places, name: str, content: bytes, *, is_forced: bool = False) -> Path:
    """Put the file of a step type into a project, and return its path.

    Shapes: with `is_forced` it takes the place of a file that is there.
    Errors: Refused with TR960, TR969 or TR972.
    """
    path = path_of(places, name)
    with holding(places):
        refuse_taken(places, path, is_forced=is_forced)
        with left_as_it_was(path.name):
            write_file(places, path, content)
    return path


def refuse_taken(places: Places, path: Path, *, is_forced: bool) -> None:
    """Look that nothing is in the way of a type's file or folder.

    Errors: Refused with TR972.
    """
    name = path.name.removesuffix(SUFFIX)
    there = place_taken(places, name)
    if there is None or (is_forced and there == path):
        return
    known = there.name.removesuffix(SUFFIX)
    hint = None if there == path else f"remove it first: treadle step remove {known}"
    raise Refused.because("TR972", type=known, hint=hint)


def remove_type(places: Places, name: str) -> None:
    """Remove a step type from a project: its file, or its package.

    Errors: Refused with TR749 when there is none, TR748 for a name that could be a path, TR959,
    TR960, TR967 or TR969.
    """
    path = path_of(places, name)
    if name_fault(name) is not None or not os.path.lexists(path):
        remove(places, name)
        return
    with holding(places):
        refuse_links(places, path)
        with left_as_it_was(path.name):
            path.unlink()


def _entries(folder: Path) -> tuple["os.DirEntry[str]", ...]:
    with suppress(OSError):
        with os.scandir(folder) as entries:
            return tuple(entries)
    return ()


def _is_linked(path: Path) -> bool:
    # Each folder from `.specify` on: a link could lead out of the project.
    return any(part.is_symlink() for part in (path, *list(path.parents)[: len(FOLDER.parts)]))
