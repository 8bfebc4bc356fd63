"""Changing what is installed, as a whole or not at all.

A package is built beside its place and renamed into it; the old one is kept until the registry
and the lock file are written, and comes back when they cannot be. What a killed process left
behind is put in order by the next one.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from treadle.library.lockfile import Digests, digests_of, digests_of_folder, read_lock, write_lock
from treadle.library.package import Package
from treadle.library.places import (
    Places,
    holding,
    read_file,
    refuse_links,
    usual_mode,
    write_file,
)
from treadle.library.refusal import Refused, left_as_it_was
from treadle.library.registry import Entry, Registry, is_enabled, read_registry, write_registry
from treadle.plan.expression import Json
from treadle.plan.plan import Plan

_NEW, _OLD = ".treadle-new.", ".treadle-old."
_INNER = "package"


class Installation(Struct, frozen=True, kw_only=True):
    """What is to be installed.

    Shapes: `entry` is what the registry is to say of it.
    Units: `now` is an ISO 8601 time in UTC.
    """

    id: str
    package: Package
    entry: Entry
    now: str

    @staticmethod
    def of_workflow(package: Package, plan: Plan, *, origin: Entry, now: str) -> "Installation":
        """Return what installs a workflow that was compiled."""
        entry: dict[str, Json] = {
            "name": plan.name,
            "version": plan.version,
            "description": plan.description or "",
            **origin,
        }
        return Installation(id=plan.id, package=package, entry=entry, now=now)


def install(places: Places, new: Installation, *, replaces: Entry | None) -> None:
    """Install a package; what was there under its id goes, when all else is done.

    Shapes: `replaces` is the entry of the registry that was looked at before.
    Errors: Refused with TR959, TR960, TR967 or TR969; then everything is as it was.
    """
    id = places.kind.check_id(new.id)
    with holding(places):
        _put_in_order(places)
        registry, locked = read_registry(places), read_lock(places)
        if registry.entry(id) != replaces:
            reason = "it was changed by somebody else meanwhile"
            raise Refused.because("TR969", what=f"'{id}'", reason=reason)
        refuse_links(places, places.of(id) / places.kind.entry_file)
        files = digests_of(new.package.files)
        with left_as_it_was(f"'{id}'"):
            staged = _staged(places, new.package)
            try:
                _exchange(places, id, staged)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
            _record(
                places,
                id,
                registry.with_entry(id, _entry(new, replaces), now=new.now),
                {**locked, id: files},
            )
        _clear(places, id)


def remove(places: Places, id: str) -> None:
    """Remove what is installed under an id.

    Errors: Refused with TR957 or TR749, TR959, TR960, TR967 or TR969.
    """
    _refuse_unknown(places, id)
    with holding(places):
        _put_in_order(places)
        registry, locked = read_registry(places), read_lock(places)
        folder = places.of(id)
        _refuse_unknown(places, id)
        with left_as_it_was(f"'{id}'"):
            if folder.is_dir():
                os.rename(folder, places.folder / f"{_OLD}{id}")
            kept = {name: files for name, files in locked.items() if name != id}
            _record(places, id, registry.without(id), kept)
        _clear(places, id)


def set_enabled(places: Places, id: str, *, is_on: bool, now: str) -> bool:
    """Enable or disable a workflow; return whether that changed anything.

    Errors: Refused with TR957, TR959, TR960 or TR969.
    """
    places.kind.check_id(id)
    if not places.folder.is_dir():
        raise places.kind.not_installed(id)
    with holding(places):
        registry = read_registry(places)
        entry = registry.entry(id)
        if entry is None:
            raise places.kind.not_installed(id)
        if is_enabled(entry) is is_on:
            return False
        with left_as_it_was(f"'{id}'"):
            write_registry(registry.with_entry(id, {**entry, "enabled": is_on}, now=now))
    return True


def _refuse_unknown(places: Places, id: str) -> None:
    """Refuse what is not installed, also before the lock, which makes folders.

    Errors: Refused with TR956, TR957, TR959 or TR960.
    """
    folder = places.of(places.kind.check_id(id))
    refuse_links(places, folder)
    if id in read_registry(places).entries or (folder / places.kind.entry_file).is_file():
        return
    raise places.kind.not_installed(id)


def _entry(new: Installation, old: Entry | None) -> Entry:
    # What is disabled stays so: an update is no consent.
    return new.entry if is_enabled(old) else {**new.entry, "enabled": False}


def _staged(places: Places, package: Package) -> Path:
    """Return a folder beside the installed ones with a folder that holds a package on the disk.

    Spec Kit would take the outer one for a step package if the files stood in it.
    """
    folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=places.folder))
    try:
        for name, content in package.files.items():
            path = folder.joinpath(_INNER, *name.split("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = usual_mode(is_executable=name in package.executables)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _exchange(places: Places, id: str, staged: Path) -> None:
    """Put a folder in the place of another, which is kept aside."""
    place, aside = places.of(id), places.folder / f"{_OLD}{id}"
    if place.exists():
        os.rename(place, aside)
    try:
        os.rename(staged / _INNER, place)
    except BaseException:
        if aside.exists():
            os.rename(aside, place)
        raise


def _record(places: Places, id: str, registry: Registry, locked: Mapping[str, Digests]) -> None:
    """Write down what was done; when that fails, undo it."""
    before = {path: read_file(places, path) for path in (places.registry, places.lock)}
    try:
        write_registry(registry)
        write_lock(places, locked)
    except BaseException:
        for path, content in before.items():
            with suppress(OSError, Refused):
                if content is None:
                    path.unlink(missing_ok=True)
                elif read_file(places, path) != content:
                    write_file(places, path, content)
        place, aside = places.of(id), places.folder / f"{_OLD}{id}"
        shutil.rmtree(place, ignore_errors=True)
        if aside.exists():
            os.rename(aside, place)
        raise


def _clear(places: Places, id: str) -> None:
    shutil.rmtree(places.folder / f"{_OLD}{id}", ignore_errors=True)


def _settle(places: Places, id: str, aside: Path) -> None:
    """Decide between an old package and what took its place: the lock file is written last."""
    place = places.of(id)
    with suppress(OSError):
        if place.exists():
            is_done = read_lock(places).get(id) == digests_of_folder(place)
        else:
            is_done = id not in read_registry(places).entries
        if not is_done:
            shutil.rmtree(place, ignore_errors=True)
            os.rename(aside, place)
        shutil.rmtree(aside, ignore_errors=True)


def _put_in_order(places: Places) -> None:
    """Finish or undo what a killed process has begun."""
    with os.scandir(places.folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    for name in names:
        path = places.folder / name
        if name.startswith(_OLD):
            _settle(places, name.removeprefix(_OLD), path)
        elif name.startswith(_NEW):
            shutil.rmtree(path, ignore_errors=True)
