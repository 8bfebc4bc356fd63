"""Judging a package before it is installed: it is compiled, and compared with what is there."""

import tempfile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler import Compilation, compile_file
from treadle.compiler.step_types import NONE_AVAILABLE, Available
from treadle.library.acts import Act, SecretUse, acts_of, secrets_of
from treadle.library.ids import check_id
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
    does not compile. `is_same` tells that the very files are there already.
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


def compiled(
    package: Package, *, lenient: bool, step_types: Available = NONE_AVAILABLE
) -> Compilation:
    """Compile the workflow of a package, with the files beside it in reach.

    Shapes: `step_types` are those of the project that it is for.
    """
    with tempfile.TemporaryDirectory(prefix="treadle-package-") as folder:
        lay_out(package, Path(folder))
        path = Path(folder, WORKFLOW_FILE)
        compilation = compile_file(path, lenient=lenient, step_types=step_types)
        # The plan is made while the files are there.
        _ = compilation.plan
    return replace(compilation, path=package.shown_path)


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
    id = check_id(plan.id)
    check_promise(obtained, id=id, version=plan.version)
    folder = places.of(id)
    refuse_links(places, folder / WORKFLOW_FILE)
    is_there = (folder / WORKFLOW_FILE).is_file()
    present = digests_of_folder(folder) if is_there else None
    path = folder / WORKFLOW_FILE
    there = compile_file(path, lenient=lenient, step_types=step_types) if is_there else None
    old = there.plan if there is not None else None
    return Appraisal(
        obtained=obtained,
        plan=plan,
        acts=acts_of(plan),
        secrets=secrets_of(plan),
        replaces=registry.entry(id),
        is_there=is_there,
        is_same=present == digests_of(obtained.package.files),
        old=old,
        difference=compare(old, plan) if old is not None else None,
    )


def lay_out(package: Package, folder: Path) -> None:
    """Write the files of a package into an empty folder. Errors: OSError."""
    for name, content in package.files.items():
        path = folder.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
