"""The pipeline: a workflow's source goes through the stages and comes out as a plan.

No stage raises for what an author wrote. Past a barrier nothing runs when there are errors that
no mode lets pass; behind the shape the stages look at what is sound and leave out what could follow
from the rest. There is a plan when there are no errors.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.compiler.checks.call_inputs import check_call_inputs
from treadle.compiler.checks.cases import check_cases
from treadle.compiler.checks.closing_steps import check_closing_steps
from treadle.compiler.checks.constant_conditions import check_constant_conditions
from treadle.compiler.checks.custom_inputs import check_custom_inputs
from treadle.compiler.checks.dead_branches import check_dead_branches
from treadle.compiler.checks.empty_waits import check_empty_waits
from treadle.compiler.checks.gate_deadlines import check_gate_deadlines
from treadle.compiler.checks.ids import check_ids
from treadle.compiler.checks.inescapable_gates import check_inescapable_gates
from treadle.compiler.checks.injection import check_injection
from treadle.compiler.checks.integrations import check_integrations
from treadle.compiler.checks.missing_values import check_missing_values
from treadle.compiler.checks.names import check_names
from treadle.compiler.checks.option_like import check_option_like
from treadle.compiler.checks.options import check_options
from treadle.compiler.checks.output_collisions import check_output_collisions
from treadle.compiler.checks.references import check_references
from treadle.compiler.checks.retries import check_retries
from treadle.compiler.checks.secret_leaks import check_secret_leaks
from treadle.compiler.checks.secrets import check_secrets
from treadle.compiler.checks.shared_verdicts import check_shared_verdicts
from treadle.compiler.checks.spec_kit import check_spec_kit
from treadle.compiler.checks.stale_values import check_stale_values
from treadle.compiler.checks.swallowed_caps import check_swallowed_caps
from treadle.compiler.checks.tolerated_codes import check_tolerated_codes
from treadle.compiler.checks.types import check_types
from treadle.compiler.checks.unchanging_loops import check_unchanging_loops
from treadle.compiler.checks.unevaluated_blocks import check_unevaluated_blocks
from treadle.compiler.checks.unreachable_cases import check_unreachable_cases
from treadle.compiler.checks.unreachable_steps import check_unreachable_steps
from treadle.compiler.checks.unread_captures import check_unread_captures
from treadle.compiler.checks.unread_choices import check_unread_choices
from treadle.compiler.checks.unusable_verdicts import check_unusable_verdicts
from treadle.compiler.checks.unused_inputs import check_unused_inputs
from treadle.compiler.checks.verdicts import check_verdicts
from treadle.compiler.checks.waits import check_waits
from treadle.compiler.composing.callee import broken, callee_of
from treadle.compiler.composing.callee_files import FilesAround, identity, root_around
from treadle.compiler.composing.callees import Callee, CalleeFile, CalleeFiles, Calls, Compiled
from treadle.compiler.composing.composites import Composites
from treadle.compiler.composing.stack import stack
from treadle.compiler.composing.step_types import NONE_AVAILABLE, Available, bring_in, check_unused
from treadle.compiler.consequences import without_consequences
from treadle.compiler.diagnostics import START, Diagnostic, Related, Report
from treadle.compiler.emit import emit
from treadle.compiler.flows.flow import Flow, read_flow
from treadle.compiler.reading import document
from treadle.compiler.reading.layers import OverlayFile, SourceFile, told_apart
from treadle.compiler.reading.nodes import Document
from treadle.compiler.reading.source import read_overlay_file, read_source
from treadle.compiler.shapes import shape
from treadle.compiler.workflow import Workflow, read_workflow
from treadle.plan.catalogue import Severity
from treadle.plan.plan import Plan

Check = Callable[[Workflow, Report], None]
FlowCheck = Callable[[Flow, Report], None]

# Independent of each other; the report sorts what they find.
CHECKS: tuple[Check, ...] = (
    check_ids,
    check_cases,
    check_waits,
    check_verdicts,
    check_gate_deadlines,
    check_retries,
    check_closing_steps,
    check_integrations,
    check_options,
    check_secrets,
    check_custom_inputs,
    check_call_inputs,
    check_names,
    check_references,
    check_types,
    check_unevaluated_blocks,
    check_unused_inputs,
    check_injection,
    check_option_like,
    check_secret_leaks,
    check_spec_kit,
)

# The same, over who reads what: that is found once for all of them.
FLOW_CHECKS: tuple[FlowCheck, ...] = (
    check_dead_branches,
    check_constant_conditions,
    check_unreachable_cases,
    check_missing_values,
    check_tolerated_codes,
    check_unchanging_loops,
    check_swallowed_caps,
    check_stale_values,
    check_unread_choices,
    check_inescapable_gates,
    check_unusable_verdicts,
    check_shared_verdicts,
    check_empty_waits,
    check_output_collisions,
    check_unreachable_steps,
    check_unread_captures,
)


class Compilation(Struct, frozen=True, kw_only=True, dict=True):
    """What came of a source: its plan if there are no errors, and everything found on the way.

    Shapes: `document` is None when the source is not YAML, `workflow` when its shape is wrong by
    more than misspelt keys; `text` is that of the workflow's own file, as far as it could be
    decoded. `files` are that file and those of its overlays, each with its findings, which
    `diagnostics` are together, sorted by place. `removed` says of steps that are gone which
    overlay did it.
    """

    path: str
    text: str
    document: Document | None
    workflow: Workflow | None
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[SourceFile, ...]
    removed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def plan(self) -> Plan | None:
        """The plan, made when it is first asked for; None when anything is wrong."""
        return emit(self.workflow) if self.ok and self.workflow is not None else None

    @property
    def ok(self) -> bool:
        """Whether there is a plan: nothing worse than warnings was found."""
        return self.workflow is not None and not self.errors

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics for which there is no plan."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


class _Work(Struct, frozen=True, kw_only=True):
    """What the stages hand on: each fills in its part."""

    path: str
    source: bytes
    overlays: Sequence[OverlayFile] = ()
    step_types: Available = NONE_AVAILABLE
    calls: Calls | None = None
    document: Document | None = None
    removed: Mapping[str, Related] = field(default_factory=dict)
    workflow: Workflow | None = None
    is_shaped: bool = False
    composites: Composites | None = None


Stage = Callable[[_Work, Report], _Work]


def compile_file(
    path: Path | str,
    *,
    lenient: bool = False,
    overlays: Sequence[Path | str] = (),
    step_types: Available = NONE_AVAILABLE,
    callees: CalleeFiles | None = None,
) -> Compilation:
    """Compile the workflow in a file, with the overlays in other files applied to it.

    Shapes: `step_types` are those that steps can have besides what the workflow declares;
    `callees` finds the workflows that it calls, None: in files of the project around it.
    Errors: none; TR101 among the diagnostics for a file that cannot be read.
    """
    report = Report(lenient=lenient)
    source = read_source(Path(path), report=report)
    if source is None:
        return _compilation(_Work(path=str(path), source=b""), report)
    files = tuple(read_overlay_file(overlay) for overlay in overlays)
    found = callees if callees is not None else FilesAround(root_around(Path(path)))
    key = identity(Path(path))
    calls = _calls(str(path), found, key=key, step_types=step_types, lenient=lenient)
    work = _Work(path=str(path), source=source, overlays=files, step_types=step_types, calls=calls)
    return _compile(work, report)


def compile_text(
    text: str,
    *,
    path: str = "workflow.yml",
    lenient: bool = False,
    step_types: Available = NONE_AVAILABLE,
) -> Compilation:
    """Compile a workflow from its text; `path` is only shown."""
    # Half a surrogate pair is no text in any encoding: the first stage refuses it with its place.
    source = text.encode("utf-8", "surrogatepass")
    return compile_bytes(source, path=path, lenient=lenient, step_types=step_types)


def compile_bytes(
    source: bytes,
    *,
    path: str,
    lenient: bool = False,
    overlays: Sequence[OverlayFile] = (),
    step_types: Available = NONE_AVAILABLE,
    callees: CalleeFiles | None = None,
) -> Compilation:
    """Compile a workflow from the bytes of its file and of its overlays; `path` is only shown."""
    key = identity(Path(path))
    calls = _calls(path, callees, key=key, step_types=step_types, lenient=lenient)
    work = _Work(path=path, source=source, overlays=overlays, step_types=step_types, calls=calls)
    return _compile(work, Report(lenient=lenient))


def _compile(work: _Work, report: Report) -> Compilation:
    for stage in STAGES:
        work = stage(work, report)
        if stage in BARRIERS and report.forbids_going_on:
            break
    return _compilation(work, report)


def _calls(
    path: str, files: CalleeFiles | None, *, key: str, step_types: Available, lenient: bool
) -> Calls:
    """Return the calls of a workflow that nothing calls."""

    def compiled(file: CalleeFile, calls: Calls) -> Compiled:
        report = Report(lenient=lenient)
        if file.problem is not None:
            report.add("TR101", START, path=file.path, reason=file.problem)
        work = _Work(
            path=file.path,
            source=file.source,
            overlays=file.overlays,
            step_types=step_types,
            calls=calls,
        )
        found = _compile(work, report)
        if found.plan is None or found.workflow is None:
            return broken(calls, found.workflow, found.errors)
        return callee_of(found.workflow, found.plan)

    return Calls(files=files, compile=compiled, path=path, around=((key, ""),))


def _load(work: _Work, report: Report) -> _Work:
    return replace(work, document=document.load(work.source, path=work.path, report=report))


def _stack(work: _Work, report: Report) -> _Work:
    if not work.overlays:
        return work
    assert work.document is not None
    stacked = stack(work.document, work.overlays, report)
    return replace(work, document=stacked.document, removed=stacked.removed)


def _types(work: _Work, report: Report) -> _Work:
    assert work.document is not None
    return replace(work, document=bring_in(work.document, work.step_types, report))


def _shape(work: _Work, report: Report) -> _Work:
    assert work.document is not None
    installed = work.step_types.installed
    document = shape.check(work.document, report, step_types=installed)
    if not document.gaps.is_open:
        check_unused(document, report)
    return replace(work, document=document, is_shaped=not report.forbids_going_on)


def _read(work: _Work, report: Report) -> _Work:
    assert work.document is not None
    installed = work.step_types.installed
    return replace(
        work,
        workflow=read_workflow(
            work.document,
            report,
            installed=installed,
            calls=work.calls,
            composites=work.composites or Composites(compile=partial(_composite, work)),
        ),
    )


def _composite(
    outer: _Work, document: Document, composites: Composites, report: Report
) -> Callee | None:
    """Compile a step type that is made of steps."""
    before = len(report.errors)
    work = replace(outer, document=document, composites=composites, workflow=None)
    work = _check(_read(work, report), report)
    assert work.workflow is not None
    if len(report.errors) > before or report.forbids_going_on:
        return None
    return callee_of(work.workflow, emit(work.workflow))


def _check(work: _Work, report: Report) -> _Work:
    workflow = work.workflow
    assert workflow is not None
    found = report.copy() if workflow.document.gaps.is_any else report
    for check in CHECKS:
        check(workflow, found)
    flow = read_flow(workflow, found)
    for flow_check in FLOW_CHECKS:
        flow_check(flow, found)
    if found is not report:
        without_consequences(workflow, found, report)
    return work


STAGES: tuple[Stage, ...] = (_load, _stack, _types, _shape, _read, _check)
# What has no shape, or is half read behind it, leaves gaps: the checks still look at the rest.
BARRIERS = frozenset({_load, _stack, _types})


def _compilation(work: _Work, report: Report) -> Compilation:
    files = _files(work, report)
    return Compilation(
        path=work.path,
        text=files[0].text,
        document=work.document,
        workflow=work.workflow if work.is_shaped else None,
        diagnostics=tuple(found for file in files for found in file.diagnostics),
        files=files,
        removed={step: cause.message for step, cause in work.removed.items()},
    )


def _files(work: _Work, report: Report) -> tuple[SourceFile, ...]:
    document, found = work.document, report.diagnostics
    if document is not None and document.parts:
        return told_apart(document, found, removed=work.removed)
    text = work.source.decode("utf-8", "replace").removeprefix("\ufeff")
    text = document.text if document is not None else text
    return (SourceFile(path=work.path, text=text, document=document, diagnostics=found),)
