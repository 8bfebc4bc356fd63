"""TR336 to TR339: what a call gives is what the workflow that it calls takes.

Nothing here reports what is only possible: a value that can never fit is wrong, one that may not
is refused when it comes.
"""

from collections.abc import Iterator

from msgspec import Struct

from treadle.compiler.composing.callees import Callee
from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.hints import Hints
from treadle.compiler.reading import keys
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.typed import types
from treadle.compiler.typed.records import Records
from treadle.compiler.typed.roots import Roots
from treadle.compiler.typed.typed_sites import describe
from treadle.compiler.typed.types import Type
from treadle.compiler.workflow import Workflow
from treadle.plan.binding import bind, input_read
from treadle.plan.coercion import EXPECTED
from treadle.plan.expression import Json, Literal, Value
from treadle.plan.inputs import SECRET_KEY, InputSet
from treadle.plan.steps import WorkflowStep

# Text that comes at run time may be one of these.
_READ_FROM_TEXT = frozenset({"number", "integer", "boolean"})

_ONLY_SECRETS = "is a secret: give it one of this workflow, '{{ inputs.NAME }}' and no more"


class _Call(Struct, frozen=True, kw_only=True):
    """One call of a workflow that is known."""

    workflow: Workflow
    declared: Declaration
    step: WorkflowStep
    callee: Callee
    roots: Roots
    report: Report

    @property
    def id(self) -> str:
        """What the workflow is called."""
        return self.callee.plan.id

    @property
    def target(self) -> Span:
        """Where the workflow is named."""
        node = self.declared.node
        found = keys.scalar(node, "workflow") or keys.scalar(node, "path")
        return found.span if found is not None else self.declared.span


def check_call_inputs(workflow: Workflow, report: Report) -> None:
    """Report inputs of called workflows that are unknown, missing or never fit.

    Before and after, where `build` needs `stage`, one of dev and prod::

        - id: make
          type: workflow
          workflow: build           # TR337: workflow 'build' needs the input 'stage'
          input: {satge: dev}       # TR336 at 'satge'
    """
    if not workflow.callees:
        return
    roots = Roots(workflow=workflow, records=Records(workflow=workflow))
    hints = Hints()
    for declared in workflow.names.declarations:
        step, callee = workflow.by_path.get(declared.path), workflow.callees.get(declared.path)
        if not isinstance(step, WorkflowStep) or callee is None:
            continue
        call = _Call(
            workflow=workflow,
            declared=declared,
            step=step,
            callee=callee,
            roots=roots,
            report=report,
        )
        _check_names(call, hints)
        for name, value in step.input.items():
            _check_value(call, name, value)
        if callee.idle:
            key = "' and '".join(callee.idle)
            related = callee.idle.values()
            report.add("TR339", call.target, related=related, key=key, id=call.id)


def _check_names(call: _Call, hints: Hints) -> None:
    inputs = InputSet(call.callee.plan.inputs)
    meant = set()
    for name, span in _given(call):
        if name in inputs.names:
            continue
        hint, fix = hints.mend(span, name, inputs.names, what="its inputs")
        guess = hints.guess(name, inputs.names, what="its inputs")
        meant |= {guess.name} if guess is not None else set()
        related = (call.callee.inputs[""],)
        call.report.add("TR336", span, hint=hint, fix=fix, related=related, id=call.id, name=name)
    for name in inputs.names:
        # What is only misspelt is not missing as well.
        if name in inputs.required - meant and name not in call.step.input:
            related = (call.callee.inputs[name],)
            hint = f"write 'input: {{{name}: …}}'"
            call.report.add("TR337", call.target, hint=hint, related=related, id=call.id, name=name)


def _check_value(call: _Call, name: str, value: Value) -> None:
    inputs = InputSet(call.callee.plan.inputs)
    if name not in inputs.names:
        return
    schema = inputs.declaration(name)
    if schema.get(SECRET_KEY) is True:
        source = call.workflow.input_schema(input_read(value) or "")
        if source != {} and (source is None or source.get(SECRET_KEY) is not True):
            _tell(call, name, _ONLY_SECRETS)
        return
    reason: str | None
    if isinstance(value, Literal):
        reason = _fault(call, name, value.value)
    else:
        found = types.present(call.roots.value(value, call.declared))
        reason = _misfit(call, name, found, types.from_schema(schema))
    if reason is not None:
        _tell(call, name, reason)


def _misfit(call: _Call, name: str, found: Type, expected: Type) -> str | None:
    """Return why no value of a type can be given, None when one may fit."""
    if not found.kinds:
        return None if "null" in expected.kinds else f"must be {describe(expected)}, not null"
    if found.values is not None and not found.kinds & {"array", "object"}:
        faults = [_fault(call, name, value) for value in found.values]
        is_wrong = bool(faults) and None not in faults
        return faults[0] if is_wrong else None
    wanted = set(expected.kinds)
    wanted |= {"integer"} if "number" in wanted else set()
    wanted |= {"number"} if "integer" in wanted else set()
    wanted |= {"string"} if wanted & _READ_FROM_TEXT else set()
    if found.kinds & wanted:
        return None
    return f"must be {_words(expected)}, not {describe(found)}"


def _words(expected: Type) -> str:
    kinds = [kind for kind in EXPECTED if kind in expected.kinds and kind != "null"]
    return " or ".join(EXPECTED[kind] for kind in kinds) or describe(expected)


def _fault(call: _Call, name: str, value: Json) -> str | None:
    """Return what is wrong with a value that is written, or known before the run."""
    bound = bind(call.callee.plan.inputs, {name: value}, secrets={})
    found = [problem for problem in bound.problems if problem.code not in ("TR701", "TR705")]
    if not found:
        return None
    message = found[0].message
    return message.removeprefix(f"input '{found[0].field}' ")


def _tell(call: _Call, name: str, reason: str) -> None:
    given = keys.mapping(call.declared.node, "input")
    entry = given.entry(name) if given is not None else None
    span = entry.value.span if entry is not None else call.target
    related = (call.callee.inputs[name],)
    call.report.add("TR338", span, related=related, id=call.id, name=name, reason=reason)


def _given(call: _Call) -> Iterator[tuple[str, Span]]:
    given = keys.mapping(call.declared.node, "input")
    for entry in given.entries if given is not None else ():
        yield str(entry.key.value), entry.key.span
