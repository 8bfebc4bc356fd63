"""A step type that is to be added to a project: its file is read and compiled before it is kept."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler import compile_text
from treadle.compiler.composing.step_types import Available
from treadle.compiler.reading.layers import OverlayFile, SourceFile
from treadle.library.kinds import TYPE_SUFFIX
from treadle.library.package import Package
from treadle.library.refusal import Refused
from treadle.plan.plan import Plan
from treadle.plan.step_types import StepSignature, name_fault

# A workflow with one step of the type. What it lacks of inputs is no fault of the type.
_USE = "workflow: {{id: {name}, name: {name}}}\nsteps: [{{id: step, type: {name}}}]\n"


class Candidate(Struct, frozen=True, kw_only=True):
    """A step type as it was compiled.

    Shapes: `files` are what declares it and the types that it is made of, with what was found in
    each. `plan` is that of a type that is made of steps, `signature` what a package performs;
    both are None when there are errors.
    """

    name: str
    files: tuple[SourceFile, ...]
    plan: Plan | None
    signature: StepSignature | None

    @property
    def description(self) -> str | None:
        """What steps of the type do, in the author's words."""
        known = self.plan if self.plan is not None else self.signature
        return known.description if known is not None else None


def candidate_of(package: Package, around: Available, *, lenient: bool) -> Candidate:
    """Compile the step type that a package declares, with the types around it.

    Errors: Refused with TR748 for a name that no type can have.
    """
    name = package.main.removesuffix(TYPE_SUFFIX)
    fault = name_fault(name)
    if fault is not None:
        raise Refused.because("TR748", source=package.label, reason=f"'{name}': {fault}")
    file = OverlayFile(path=package.shown_path, source=package.content)
    return compiled_type(name, file, around, lenient=lenient)


def compiled_type(name: str, file: OverlayFile, around: Available, *, lenient: bool) -> Candidate:
    """Compile a step type with the types around it that it is made of."""
    others = {each: around.files[each] for each in around.files if each != name}
    files: Mapping[str, OverlayFile] = {**others, name: file}
    available = Available(files=files, installed=around.installed)
    found = compile_text(_USE.format(name=name), lenient=lenient, step_types=available)
    callee = found.workflow.callees.get("/step") if found.workflow is not None else None
    types = found.workflow.step_types if found.workflow is not None else None
    return Candidate(
        name=name,
        files=found.files[1:],
        plan=replace(callee.plan, callees=callee.callees) if callee is not None else None,
        signature=types.signatures.get(name) if types is not None else None,
    )
