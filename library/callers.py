"""Whom a change breaks: installed workflows that call another one, compiled against what comes.

What comes is a new version, nothing at all, or the same workflow without one of its overlays.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler import Compilation, compile_bytes
from treadle.compiler.composing.callees import CalleeFile, CalleeFiles, NotFound
from treadle.compiler.composing.step_types import Available
from treadle.compiler.diagnostics import Diagnostic
from treadle.library.callees import ChangedCallees, InstalledCallees, PackageCallees
from treadle.library.installed import known_ids
from treadle.library.package import Package
from treadle.library.places import Places
from treadle.library.refusal import Refused


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

    def ahead(asked: InstalledCallees) -> CalleeFiles:
        return PackageCallees(project=asked, package=package, folder=folder, id=id)

    # What is wrong with the package itself is told before this.
    others = tuple(known for known in known_ids(places.project) if known != id)
    return _broken(others, ahead, id=id, places=places, lenient=lenient, step_types=step_types)


def broken_by_removal(
    id: str, *, places: Places, step_types: Available
) -> tuple[BrokenCaller, ...]:
    """Return the installed workflows that cannot do without another one, by id."""
    left = tuple(known for known in known_ids(places.project) if known != id)
    return _broken_by(NotFound(known=left), id=id, places=places, step_types=step_types)


def broken_by_disabling(
    id: str, *, places: Places, step_types: Available
) -> tuple[BrokenCaller, ...]:
    """Return the installed workflows that call another one, and are refused when it is disabled."""
    reason = Refused.because("TR958", id=id).problem.message
    return _broken_by(NotFound(reason=reason), id=id, places=places, step_types=step_types)


def broken_without_overlay(
    id: str, path: Path, *, places: Places, step_types: Available
) -> tuple[BrokenCaller, ...]:
    """Return who cannot do without an overlay: its workflow, and those that call that, by id.

    Shapes: `path` is the file of the overlay.
    """
    before = InstalledCallees(project=places.project).installed(id)
    if not isinstance(before, CalleeFile):
        return ()
    left = tuple(each for each in before.overlays if not path.samefile(each.path))
    after = replace(before, overlays=left)
    return _broken_by(after, id=id, places=places, step_types=step_types)


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


def _broken_by(
    instead: CalleeFile | NotFound, *, id: str, places: Places, step_types: Available
) -> tuple[BrokenCaller, ...]:
    def ahead(asked: InstalledCallees) -> CalleeFiles:
        return ChangedCallees(project=asked, id=id, instead=instead)

    ids = known_ids(places.project)
    return _broken(ids, ahead, id=id, places=places, lenient=False, step_types=step_types)


def _broken(
    callers: Iterable[str],
    ahead: Callable[[InstalledCallees], CalleeFiles],
    *,
    id: str,
    places: Places,
    lenient: bool,
    step_types: Available,
) -> tuple[BrokenCaller, ...]:
    """Return the workflows that will have errors at places where they have none now.

    Shapes: `ahead` makes of the workflows of the project those that there will be.
    """
    found: list[BrokenCaller] = []
    for caller in callers:
        now, asked = (InstalledCallees(project=places.project) for _ in range(2))
        then = ahead(asked)
        file, old = then.installed(caller), now.installed(caller)
        if not isinstance(file, CalleeFile) or not isinstance(old, CalleeFile):
            continue
        faults = tuple(_faults(file, then, lenient=lenient, step_types=step_types))
        if not faults or id not in asked.asked:
            continue
        before = set(map(_place, _faults(old, now, lenient=lenient, step_types=step_types)))
        faults = tuple(fault for fault in faults if _place(fault) not in before)
        if faults:
            found.append(BrokenCaller(id=caller, faults=faults))
    return tuple(found)


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


def _place(fault: Fault) -> tuple[object, ...]:
    # Another error where there was one is no news.
    return fault.path, fault.found.span
