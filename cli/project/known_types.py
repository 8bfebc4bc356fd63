"""Every step type that a project has or could have, with what is known of it."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from treadle.compiler.composing.step_types import Available
from treadle.executor.local.step_types import InstalledSignatures, provided
from treadle.library.installed import Installed, list_installed
from treadle.library.kinds import STEPS
from treadle.library.places import Places
from treadle.library.step_files import FOLDER, SUFFIX, ProjectTypes
from treadle.library.step_types import Candidate, compiled_type
from treadle.plan.entry import Severity
from treadle.plan.expression import Json
from treadle.plan.inputs import ORDER_KEY
from treadle.plan.plan import Plan
from treadle.plan.step_types import StepSignature

NOT_RUN = "a step package of Spec Kit: its Python code is not run by treadle"

GONE = "a step package of Spec Kit: it is registered, and its files are missing"


class Origin(StrEnum):
    """Where a step type comes from."""

    PROJECT = "project"
    PACKAGE = "package"
    SPEC_KIT = "spec-kit"


class KnownType(Struct, frozen=True, kw_only=True):
    """One step type.

    Shapes: `place` is its file, folder or package; `fault` says why no step can have the type.
    `plan` is what a type that is made of steps does; `version` is that of a package of Spec Kit.
    """

    name: str
    origin: Origin
    place: str
    version: str | None = None
    description: str | None = None
    fault: str | None = None
    input_schema: Mapping[str, Json] | None = None
    output_schema: Mapping[str, Json] | None = None
    package: str | None = None
    plan: Plan | None = None

    @staticmethod
    def of_candidate(candidate: Candidate, *, origin: Origin, place: str) -> "KnownType":
        """Return what is known of a type whose file was compiled."""
        plan, signature = candidate.plan, candidate.signature
        fault = None if plan is not None or signature is not None else _errors(candidate)
        given = signature.output_schema if signature is not None else None
        taken = signature.input_schema if signature is not None else None
        return KnownType(
            name=candidate.name,
            origin=origin,
            place=place,
            description=candidate.description,
            fault=fault,
            input_schema=_inputs(plan) if plan is not None else taken,
            output_schema=_outputs(plan) if plan is not None else given,
            package=signature.package if signature is not None else None,
            plan=plan,
        )


def known_types(project: Path) -> tuple[KnownType, ...]:
    """Return the step types of a project, of packages and of Spec Kit, in this order."""
    files, installed = ProjectTypes(project), InstalledSignatures()
    around = Available(files=files, installed=installed)
    own = tuple(
        KnownType.of_candidate(
            compiled_type(name, files[name], around, lenient=True),
            origin=Origin.PROJECT,
            place=str(FOLDER / f"{name}{SUFFIX}"),
        )
        for name in files
    )
    return (
        *own,
        *(_installed(each.name, installed, each.packages) for each in provided()),
        *(_of_spec_kit(each) for each in list_installed(Places(project=project, kind=STEPS))),
    )


def _installed(name: str, installed: InstalledSignatures, packages: tuple[str, ...]) -> KnownType:
    found = installed[name]
    place = ", ".join(packages)
    if not isinstance(found, StepSignature):
        return KnownType(name=name, origin=Origin.PACKAGE, place=place, fault=found)
    return KnownType(
        name=name,
        origin=Origin.PACKAGE,
        place=place,
        description=found.description,
        input_schema=found.input_schema,
        output_schema=found.output_schema,
        package=found.package,
    )


def _of_spec_kit(package: Installed) -> KnownType:
    return KnownType(
        name=package.id,
        origin=Origin.SPEC_KIT,
        place=str(FOLDER / package.id),
        version=package.text("version") or None,
        description=package.text("description") or None,
        fault=NOT_RUN if package.file is not None else GONE,
    )


def _errors(candidate: Candidate) -> str:
    found = [each for file in candidate.files for each in file.diagnostics]
    errors = [each for each in found if each.severity is Severity.ERROR]
    first = f": {errors[0].code}: {errors[0].message}" if errors else ""
    return f"it has errors{first}"


def _inputs(plan: Plan) -> Mapping[str, Json]:
    return {key: value for key, value in plan.inputs.items() if key != ORDER_KEY}


def _outputs(plan: Plan) -> Mapping[str, Json]:
    properties = {name: dict(output.schema or {}) for name, output in plan.outputs.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}
