"""TR303, TR304, TR305, TR308, TR317, TR322: what is read from a step is there to be read.

The step is declared where the expression can see it, has run by then, and leaves the field that
is asked for.
"""

from msgspec import Struct

from treadle.compiler.diagnostics import Fix, Related, Report, Span
from treadle.compiler.expressions.chains import Chain, Member
from treadle.compiler.fixes import prefix, respell
from treadle.compiler.hints import Hints
from treadle.compiler.steps.scope import (
    FAN_OUT,
    LOOPS,
    Target,
    is_behind,
    may_have_run,
    other_branch,
)
from treadle.compiler.steps.sites import Site
from treadle.compiler.suggestions import did_you_mean
from treadle.compiler.typed.outputs import (
    ALWAYS_EMPTY,
    RECORD_FIELDS,
    Schema,
    member,
    property_names,
)
from treadle.compiler.typed.records import Records
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import CommandStep, PromptStep, ShellStep

OUTPUT = "output"
JSON_DATA = "data"
CAPTURED = frozenset({"stdout_truncated", "stderr_truncated", "timed_out", "interrupted"})

_WRITE_DATA = "write 'output.data.{name}'"
_PARSE = "with 'output_format: json' at step '{step_id}', what it prints is read as"


class _Reference(Struct, frozen=True, kw_only=True):
    """One ``steps.NAME…`` at its site."""

    site: Site
    name: str
    at: Member
    fields: tuple[Member, ...]

    def span(self, member: Member) -> Span:
        """Return the place of one member in the source."""
        return self.site.span(member.start, member.end)


class _Check(Struct, frozen=True, kw_only=True):
    """What all references of a workflow are looked up in."""

    workflow: Workflow
    records: Records
    hints: Hints
    report: Report


def check_references(workflow: Workflow, report: Report) -> None:
    """Report every step, field of a step and field of its output that cannot be read.

    Before and after::

        - id: scan
          type: shell
          run: ls
        - id: show
          type: shell
          run: echo {{ steps.scna.output.stdout }} {{ steps.scan.output.files }}
          # TR303 at 'scna', TR305 at 'files'
    """
    check = _Check(
        workflow=workflow, records=Records(workflow=workflow), hints=Hints(), report=report
    )
    for site in workflow.sites:
        for chain in site.chains:
            reference = _reference(site, chain)
            if reference is not None:
                _check_reference(reference, check)


def _reference(site: Site, chain: Chain) -> _Reference | None:
    if chain.root.name != "steps" or not chain.members:
        return None
    first, *fields = chain.members
    if not isinstance(first.name, str):
        return None
    return _Reference(site=site, name=first.name, at=first, fields=tuple(fields))


def _check_reference(reference: _Reference, check: _Check) -> None:
    names, site = check.workflow.names, reference.site
    target = names.resolve(reference.name, reader=site.step)
    if target is None:
        private = names.private(reference.name)
        if private is not None and private.space is not None:
            fan_out, span = private.space.id, reference.span(reference.at)
            check.report.add("TR317", span, name=reference.name, fan_out=fan_out)
        else:
            _tell_unknown(reference, check)
        return
    if is_behind(target, site.step):
        return
    if not may_have_run(target, reader=site.step, key=site.key):
        hint = _later_hint(reference, target)
        check.report.add("TR304", reference.span(reference.at), hint=hint, name=reference.name)
    _check_fields(reference, target, check)


def _tell_unknown(reference: _Reference, check: _Check) -> None:
    hint, name = _unknown_hint(reference, check), reference.name
    known = check.workflow.names.visible(reference.site.step)
    guess = check.hints.guess(name, known, what="the steps")
    span = reference.span(reference.at)
    # An input of that very name is what was meant, and a generated id is no slip of the pen.
    is_misspelt = ":" not in name and check.workflow.input_schema(name) is None
    fix = respell(span, name, guess) if is_misspelt else None
    check.report.add("TR303", span, hint=hint, fix=fix, name=name)


def _unknown_hint(reference: _Reference, check: _Check) -> str | None:
    names, reader = check.workflow.names, reference.site.step
    first, is_generated, _ = reference.name.partition(":")
    known = names.find(first, reader=reader) if is_generated else None
    if known is not None and known.kind in LOOPS:
        return f"the later rounds of '{first}' are '{first}:STEP:1', '{first}:STEP:2' and so on"
    if known is not None and known.kind == FAN_OUT:
        template = next((child.id for child in names.children(known)), "STEP")
        return f"the items of '{first}' are '{first}:{template}:0' and so on"
    if check.workflow.input_schema(reference.name) is not None:
        return f"did you mean 'inputs.{reference.name}'?"
    return check.hints.instead_of(reference.name, names.visible(reader), what="the steps")


def _later_hint(reference: _Reference, target: Target) -> str:
    reader = reference.site.step
    assert reader is not None
    if target.awaited is reader:
        return "a step cannot read what it leaves behind itself"
    if target.is_item and target.awaited in reader.ancestors():
        return "the items of a fan-out cannot see each other"
    fork = other_branch(target.awaited, reader)
    if fork is not None:
        return f"it stands in another branch of '{fork.id}', of which only one is run"
    return f"it stands behind '{reader.id}': move it before"


def _check_fields(reference: _Reference, target: Target, check: _Check) -> None:
    """Follow the fields of a reference through the step's record up to one that is never there."""
    schema = check.records.record(target.step)
    for index, place in enumerate(reference.fields):
        found = member(schema, place.name)
        if found is None:
            _add_missing(reference, target, index, schema=schema, check=check)
            return
        schema = found
        if schema == ALWAYS_EMPTY:
            field = _path(reference.fields[1 : index + 1])
            check.report.add("TR322", reference.span(place), step=target.step.id, field=field)


def _add_missing(
    reference: _Reference, target: Target, index: int, *, schema: Schema, check: _Check
) -> None:
    place, first = reference.fields[index], reference.fields[0]
    name = str(place.name)
    known, span = property_names(schema), reference.span(place)
    if index > 0 and first.name == OUTPUT:
        field = _path(reference.fields[1 : index + 1])
        hint = _output_hint(name, target, known, check=check) if index == 1 else None
        fix = None
        if hint is None:
            hint, fix = check.hints.mend(span, name, known, what="its fields")
        elif hint == _WRITE_DATA.format(name=name):
            fix = _below(reference, place, f"{JSON_DATA}.")
        check.report.add(
            "TR305",
            span,
            hint=hint,
            fix=fix,
            related=_declared_outputs(target, check),
            step=reference.name,
            field=field,
        )
        return
    hint, fix = check.hints.mend(span, name, RECORD_FIELDS, what="its fields")
    if index > 0:
        hint, fix = f"'{first.name}' has no fields", None
    elif name in property_names(check.records.output(target.step)):
        hint = f"write 'steps.{reference.name}.output.{name}'"
        fix = _below(reference, place, f"{OUTPUT}.")
    field = _path(reference.fields[: index + 1])
    check.report.add("TR308", span, hint=hint, fix=fix, field=field)


def _declared_outputs(target: Target, check: _Check) -> tuple[Related, ...]:
    """Return where the outputs of a step are declared, if it calls another workflow."""
    callee = check.workflow.callees.get(target.step.path)
    return (callee.outputs[""],) if callee is not None else ()


def _below(reference: _Reference, place: Member, before: str) -> Fix | None:
    """Return the fix that reads a field one level further down; in brackets there is none."""
    text = reference.site.expression.text
    if text[place.start - 1 : place.start] != ".":
        return None
    return prefix(reference.span(place), str(place.name), before, is_safe=True)


def _output_hint(name: str, target: Target, known: tuple[str, ...], *, check: _Check) -> str | None:
    """Return how a step of the author's own programs comes to leave a field, None otherwise."""
    step, step_id = check.workflow.by_path.get(target.step.path), target.step.id
    if not isinstance(step, ShellStep | CommandStep | PromptStep):
        return None
    if name in CAPTURED:
        return f"write 'capture: true' at step '{step_id}'"
    if JSON_DATA not in known:
        is_near = did_you_mean(name, known) is not None
        return None if is_near else f"{_PARSE.format(step_id=step_id)} 'output.{_below_data(name)}'"
    data = member(check.records.output(target.step), JSON_DATA)
    is_inside = data is not None and name in property_names(data)
    return _WRITE_DATA.format(name=name) if is_inside else None


def _below_data(name: str) -> str:
    return JSON_DATA if name == JSON_DATA else f"{JSON_DATA}.{name}"


def _path(members: tuple[Member, ...]) -> str:
    return ".".join(str(member.name) for member in members)
