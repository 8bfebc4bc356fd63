"""TR346, TR347, TR348: what steps are given that a package performs.

An expression is held against the type of its input as far as its own type is known; what is left
is checked when the step runs.
"""

from collections.abc import Mapping

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.hints import Hints
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.typed.misfit import misfit
from treadle.compiler.typed.records import Records
from treadle.compiler.typed.roots import Roots
from treadle.compiler.workflow import Workflow
from treadle.plan.step_types import StepSignature
from treadle.plan.steps import CustomStep


def check_custom_inputs(workflow: Workflow, report: Report) -> None:
    """Report inputs that a step type does not have, lacks, or cannot use.

    Before and after::

        step_types:
          notify:
            package: treadle-notify
            input_schema: {type: object, properties: {to: {type: string}}, required: [to]}
            output_schema: {type: object}
        steps:
          - {id: tell, type: notify, input: {too: ops}}   # TR346 and TR347
    """
    roots = Roots(workflow=workflow, records=Records(workflow=workflow))
    hints = Hints()
    for declared in workflow.names.declarations:
        step = workflow.by_path.get(declared.path)
        if not isinstance(step, CustomStep):
            continue
        signature = workflow.step_types.signature(declared.kind)
        if isinstance(signature, StepSignature):
            _check_step(step, declared, signature, roots=roots, hints=hints, report=report)


def _check_step(
    step: CustomStep,
    declared: Declaration,
    signature: StepSignature,
    *,
    roots: Roots,
    hints: Hints,
    report: Report,
) -> None:
    schema = signature.input_schema
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    given = keys.mapping(declared.node, "input")
    for entry in given.entries if given is not None else ():
        name = str(entry.key.value)
        if name not in known:
            if schema.get("additionalProperties") is False:
                hint = hints.instead_of(name, tuple(known), what="its inputs")
                report.add("TR346", entry.key.span, hint=hint, type=step.type, name=name)
            continue
        value = step.input[name]
        reason = misfit(value, roots.value(value, declared), known[name])
        if reason is not None:
            report.add("TR348", entry.value.span, type=step.type, name=name, reason=reason)
    required = schema.get("required")
    for needed in required if isinstance(required, list) else ():
        if needed not in step.input:
            report.add("TR347", _place(declared, given), type=step.type, name=needed)


def _place(declared: Declaration, given: nodes.Mapping | None) -> Span:
    entry = declared.node.entry("input") if given is not None else None
    if entry is not None:
        return entry.key.span
    named = declared.node.get("type")
    return named.span if named is not None else declared.span
