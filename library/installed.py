"""What is installed in a project: looking it up, listing it, and verifying it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from treadle.library.ids import id_fault
from treadle.library.lockfile import (
    Digests,
    Verdict,
    compare,
    digests_of_folder,
    read_lock,
    write_lock,
)
from treadle.library.places import Places, holding, refuse_links
from treadle.library.refusal import Refused, left_as_it_was
from treadle.library.registry import Entry, is_enabled, read_registry


class Installed(Struct, frozen=True, kw_only=True):
    """An installed workflow or step package.

    Shapes: `entry` is None for a folder that no registry knows; `file` is None when it is gone.
    """

    id: str
    entry: Entry | None
    file: Path | None

    @property
    def is_enabled(self) -> bool:
        """Whether it may be run."""
        return is_enabled(self.entry)

    def text(self, name: str) -> str:
        """Return a member of the entry as text."""
        value = (self.entry or {}).get(name)
        return "" if value is None else str(value)


def list_installed(places: Places) -> tuple[Installed, ...]:
    """Return what is installed, sorted by id: what is registered, and folders that are not.

    Errors: Refused with TR959 or TR960.
    """
    registry = read_registry(places)
    known = {id for id in registry.entries if places.kind.fault(id) is None}
    ids = known | set(_folders(places))
    return tuple(
        Installed(id=id, entry=registry.entry(id), file=_file(places, id)) for id in sorted(ids)
    )


def find_installed(project: Path, id: str) -> Path | None:
    """Return the file of an installed workflow that may be run, None when there is none.

    Errors: Refused with TR958 for a disabled one, TR959 or TR960.
    """
    places = Places(project=project)
    if id_fault(id) is not None:
        return None
    file = _file(places, id)
    if file is None:
        return None
    refuse_links(places, file)
    if not is_enabled(read_registry(places).entry(id)):
        raise Refused.because("TR958", id=id)
    return file


def known_ids(project: Path) -> tuple[str, ...]:
    """Return the ids of the installed workflows of a project, sorted."""
    return tuple(_folders(Places(project=project)))


def verify(places: Places) -> tuple[Verdict, ...]:
    """Compare what is installed with the lock file.

    Errors: Refused with TR959, TR960, TR967 or TR969.
    """
    locked, present = read_lock(places), _present(places)
    ids = sorted({*locked, *present})
    return tuple(compare(id, locked.get(id), present.get(id)) for id in ids)


def accept(places: Places) -> None:
    """Write the lock file anew, out of what is installed now.

    Errors: Refused with TR959, TR960 or TR969.
    """
    with holding(places):
        with left_as_it_was("the lock file"):
            write_lock(places, {id: d for id, d in _present(places).items() if d is not None})


def _present(places: Places) -> Mapping[str, Digests | None]:
    found: dict[str, Digests | None] = {}
    for installed in list_installed(places):
        refuse_links(places, places.of(installed.id))
        with left_as_it_was(f"'{installed.id}'"):
            is_there = installed.file is not None
            found[installed.id] = digests_of_folder(places.of(installed.id)) if is_there else None
    return found


def _file(places: Places, id: str) -> Path | None:
    file = places.of(id) / places.kind.entry_file
    return file if file.is_file() else None


def _folders(places: Places) -> list[str]:
    with suppress(OSError):
        names = sorted(os.listdir(places.folder))
        return [name for name in names if places.kind.fault(name) is None and _file(places, name)]
    return []
