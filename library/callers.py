"""Whom an update breaks: installed workflows that call it, compiled against the new version."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from treadle.compiler import Compilation, compile_bytes
from treadle.compiler.callees import CalleeFile, CalleeFiles
from treadle.compiler.diagnostics import Diagnostic
from treadle.compiler.step_types import Available
from treadle.library.callees import InstalledCallees, PackageCallees
from treadle.library.installed import known_ids
from treadle.library.package import Package
from treadle.library.places import Places


class Fault(Struct, frozen=True, kw_only=True):
    """What no longer fits in a caller, and the file that it stands in."""

    path: str
    found: Diagnostic


class BrokenCaller(Struct, frozen=True, kw_only=True):
    """An installed workflow that would have errors which it does not have now."""

    id: str
    faults: tuple[Fault, ...]


def broken_callers(
    package: Package,
    folder: Path,
    *,
    id: str,
    places: Places,
    lenient: bool,
    step_types: Available,
) -> tuple[BrokenCaller, ...]:
    """Return the installed workflows that a new version of another one would break, by id.

    Shapes: `folder` holds the files of the package. Workflows that call it through others count,
    disabled ones do not.
    """
    found: list[BrokenCaller] = []
    for caller in known_ids(places.project):
        old = InstalledCallees(project=places.project)
        file = old.installed(caller)
        if caller == id or not isinstance(file, CalleeFile) or file.problem is not None:
            continue
        asked = InstalledCallees(project=places.project)
        new = PackageCallees(project=asked, package=package, folder=folder, id=id)
        faults = tuple(_faults(file, new, lenient=lenient, step_types=step_types))
        if not faults or id not in asked.asked:
            continue
        before = set(map(_key, _faults(file, old, lenient=lenient, step_types=step_types)))
        faults = tuple(fault for fault in faults if _key(fault) not in before)
        if faults:
            found.append(BrokenCaller(id=caller, faults=faults))
    return tuple(found)


def callees_first(
    ids: Iterable[str], *, places: Places, lenient: bool, step_types: Available
) -> tuple[str, ...]:
    """Return ids of installed workflows, each behind those that it calls, else sorted."""

    def rank(id: str) -> tuple[int, str]:
        callees = InstalledCallees(project=places.project)
        file = callees.installed(id)
        if isinstance(file, CalleeFile):
            tuple(_faults(file, callees, lenient=lenient, step_types=step_types))
        # Whoever calls another one asks for it, and for all that it asks for.
        return len(callees.asked), id

    return tuple(sorted(ids, key=rank))


def _faults(
    file: CalleeFile, callees: CalleeFiles, *, lenient: bool, step_types: Available
) -> Iterator[Fault]:
    """Yield the errors of a workflow and of its overlays."""
    compilation: Compilation = compile_bytes(
        file.source,
        path=file.path,
        lenient=lenient,
        overlays=file.overlays,
        step_types=step_types,
        callees=callees,
    )
    for found in compilation.errors:
        yield Fault(path=found.path or compilation.path, found=found)


def _key(fault: Fault) -> tuple[object, ...]:
    return fault.path, fault.found.code, fault.found.span, fault.found.message
