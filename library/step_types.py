"""A step type that is to be added to a project: its file is read and compiled before it is kept."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler import compile_text
from treadle.compiler.layers import OverlayFile, SourceFile
from treadle.compiler.source import read_overlay_file
from treadle.compiler.step_types import Available
from treadle.library.refusal import Refused
from treadle.library.step_files import PACKAGE_FILE, SUFFIX
from treadle.plan.plan import Plan
from treadle.plan.step_types import StepSignature, name_fault

# A workflow with one step of the type. What it lacks of inputs is no fault of the type.
_USE = "workflow: {{id: {name}, name: {name}}}\nsteps: [{{id: step, type: {name}}}]\n"
_CODE = (
    "it is a step package of Spec Kit, whose Python code treadle does not run: "
    "offer it as a package with the entry point group 'treadle.steps'"
)


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


def find_file(source: Path) -> Path:
    """Return the file of a step type that a path stands for: itself, or the only one in a folder.

    Errors: Refused with TR748.
    """
    if source.is_dir():
        if (source / PACKAGE_FILE).is_file():
            raise Refused.because("TR748", source=source, reason=_CODE)
        found = sorted(source.glob(f"*{SUFFIX}"))
        if len(found) != 1:
            reason = f"the folder has {len(found)} files '*{SUFFIX}', and one is needed"
            raise Refused.because("TR748", source=source, reason=reason)
        source = found[0]
    if source.suffix != SUFFIX or not source.is_file():
        reason = f"there is no file '*{SUFFIX}' there"
        raise Refused.because("TR748", source=source, reason=reason)
    fault = name_fault(source.stem)
    if fault is not None:
        raise Refused.because("TR748", source=source, reason=f"'{source.stem}': {fault}")
    if source.name == PACKAGE_FILE:
        raise Refused.because("TR748", source=source, reason=_CODE)
    return source


def read_candidate(path: Path, around: Available, *, lenient: bool) -> Candidate:
    """Compile the step type in a file, with the types around it that it is made of."""
    return compiled_type(path.stem, read_overlay_file(path), around, lenient=lenient)


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
