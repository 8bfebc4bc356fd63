"""The step types of the packages that are installed beside treadle: entry points of one group.

An entry point is loaded when a plan asks for it, and checked before anybody relies on it.
"""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from treadle.executor.errors import Refused
from treadle.executor.step_type import StepType, fault_of
from treadle.plan.step_types import StepSignature

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "treadle.steps"


class Provided(Struct, frozen=True, kw_only=True):
    """A name among the entry points. Shapes: `packages` are the distributions that have it."""

    name: str
    packages: tuple[str, ...]


def provided() -> tuple[Provided, ...]:
    """Return the step types of all packages by their names; none of them is loaded."""
    return tuple(
        Provided(name=name, packages=tuple(map(_package, found)))
        for name, found in sorted(_entry_points().items())
    )


def installed_step_type(name: str) -> StepType | None:
    """Return the step type of that name, None when no package has it.

    Errors: Refused with TR747 for one that cannot be loaded, or that is no step type.
    """
    return _loaded(name, tuple(sys.path))


# Every attempt asks, and looking through all packages takes milliseconds.
@cache
def _loaded(name: str, path: tuple[str, ...]) -> StepType | None:
    found = _entry_points().get(name, ())
    if not found:
        return None
    packages = tuple(map(_package, found))
    if len(found) > 1:
        raise _unusable(name, packages[0], f"'{packages[1]}' has one of that name, too")
    try:
        loaded = found[0].load()
    # What a package does while it is imported is not ours to know.
    except Exception as error:
        raise _unusable(name, packages[0], f"{type(error).__name__}: {error}") from error
    fault = fault_of(loaded, name=name)
    if fault is not None:
        raise _unusable(name, packages[0], fault)
    assert isinstance(loaded, StepType)
    return loaded


def installed_signature(name: str) -> StepSignature | None:
    """Return what the installed step type of that name takes and gives.

    Errors: as by `installed_step_type`.
    """
    found = installed_step_type(name)
    if found is None:
        return None
    return found.signature(package=_package(_entry_points()[name][0]))


def installed_step_types() -> Mapping[str, StepSignature | str]:
    """Return what every installed step type takes and gives, as the compiler is given it."""
    return InstalledSignatures()


class InstalledSignatures(Mapping[str, StepSignature | str]):
    """The signatures of all installed step types; nothing is looked for before it is asked for.

    A text stands for a type that cannot be used: it says why.
    """

    def __getitem__(self, name: str) -> StepSignature | str:
        try:
            found = installed_signature(name)
        except Refused as refused:
            return str(refused)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (each.name for each in provided())

    def __len__(self) -> int:
        return len(provided())


def _entry_points() -> Mapping[str, tuple["EntryPoint", ...]]:
    # Most runs have no such steps, and the import takes 20 ms.
    from importlib.metadata import entry_points

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in entry_points(group=GROUP):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


def _package(point: "EntryPoint") -> str:
    return point.dist.name if point.dist is not None else point.module


def _unusable(name: str, package: str, reason: str) -> Refused:
    return Refused.because("TR747", type=name, package=package, reason=reason)
