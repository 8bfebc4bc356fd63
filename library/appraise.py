"""Judging a package before it is installed: it is compiled, and compared with what is there."""

import tempfile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler import Compilation, compile_file
from treadle.compiler.composing.step_types import NONE_AVAILABLE, Available
from treadle.library.acts import Act, SecretUse, acts_of, secrets_of
from treadle.library.callees import InstalledCallees, PackageCallees
from treadle.library.callers import BrokenCaller, broken_callers
from treadle.library.kinds import WORKFLOWS
from treadle.library.lockfile import digests_of, digests_of_folder
from treadle.library.obtain import Obtained, check_promise
from treadle.library.package import Package
from treadle.library.places import WORKFLOW_FILE, Places, refuse_links
from treadle.library.registry import Entry, Registry
from treadle.plan.diff import PlanDiff, compare
from treadle.plan.plan import Plan


class Appraisal(Struct, frozen=True, kw_only=True):
    """What a package would bring.

    Shapes: `old` and `difference` are None where nothing is installed under the id, or where that
    does not compile. `is_same` tells that the very files are there already. `breaks` are the
    installed workflows that call the old one and cannot call this one.
    """

    obtained: Obtained
    plan: Plan
    acts: tuple[Act, ...]
    secrets: tuple[SecretUse, ...]
    replaces: Entry | None
    is_there: bool
    is_same: bool
    old: Plan | None
    difference: PlanDiff | None
    breaks: tuple[BrokenCaller, ...] = ()


def compiled(
    package: Package, *, places: Places, lenient: bool, step_types: Available = NONE_AVAILABLE
) -> Compilation:
    """Compile the workflow of a package, with the files beside it and what is installed in reach.

    Shapes: `places` and `step_types` are those of the project that it is for.
    """
    with tempfile.TemporaryDirectory(prefix="treadle-package-") as name:
        folder = Path(name)
        lay_out(package, folder)
        project = InstalledCallees(project=places.project)
        callees = PackageCallees(project=project, package=package, folder=folder)
        path = folder / WORKFLOW_FILE
        found = compile_file(path, lenient=lenient, step_types=step_types, callees=callees)
        if found.workflow is not None and found.workflow.id in project.asked:
            # What has its id now will be gone: it calls itself.
            callees = replace(callees, id=found.workflow.id)
            found = compile_file(path, lenient=lenient, step_types=step_types, callees=callees)
        # The plan is made while the files are there.
        _ = found.plan
    return replace(found, path=package.shown_path)


def appraise(
    obtained: Obtained,
    plan: Plan,
    *,
    places: Places,
    registry: Registry,
    lenient: bool,
    step_types: Available = NONE_AVAILABLE,
) -> Appraisal:
    """Return what a package that compiles would bring to a project.

    Errors: Refused with TR954, TR956, TR959 or TR960; OSError.
    """
    id = WORKFLOWS.check_id(plan.id)
    check_promise(obtained, id=id, version=plan.version)
    folder = places.of(id)
    refuse_links(places, folder / WORKFLOW_FILE)
    is_there = (folder / WORKFLOW_FILE).is_file()
    present = digests_of_folder(folder) if is_there else None
    is_same = present == digests_of(obtained.package.files)
    old = None
    breaks: tuple[BrokenCaller, ...] = ()
    if is_there:
        path, callees = folder / WORKFLOW_FILE, InstalledCallees(project=places.project)
        old = compile_file(path, lenient=lenient, step_types=step_types, callees=callees).plan
    if is_there and not is_same:
        breaks = _broken(obtained.package, id, places=places, lenient=lenient, types=step_types)
    return Appraisal(
        obtained=obtained,
        plan=plan,
        acts=acts_of(plan),
        secrets=secrets_of(plan),
        replaces=registry.entry(id),
        is_there=is_there,
        is_same=is_same,
        old=old,
        difference=compare(old, plan) if old is not None else None,
        breaks=breaks,
    )


def _broken(
    package: Package, id: str, *, places: Places, lenient: bool, types: Available
) -> tuple[BrokenCaller, ...]:
    with tempfile.TemporaryDirectory(prefix="treadle-package-") as name:
        folder = Path(name)
        lay_out(package, folder)
        return broken_callers(
            package, folder, id=id, places=places, lenient=lenient, step_types=types
        )


def lay_out(package: Package, folder: Path) -> None:
    """Write the files of a package into an empty folder. Errors: OSError."""
    for name, content in package.files.items():
        path = folder.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
