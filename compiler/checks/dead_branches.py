"""TR502: steps that no run can reach, because a constant decides their branch.

A branch that is empty, and an `if: true` that only holds its steps together, hide nothing.
"""

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.expressions.constants import constant_truth
from treadle.compiler.flows.certainty import CASE, DEFAULT, dead_segments
from treadle.compiler.flows.flow import Flow
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import Declaration
from treadle.plan.expression import Value
from treadle.plan.steps import IfStep, Kind, LoopStep, Step, branches


def check_dead_branches(flow: Flow, report: Report) -> None:
    """Report every condition whose value is the same in every run and that leaves steps out.

    Before and after::

        - id: pick
          type: if
          condition: "{{ 'docs' == 'code' }}"   # TR502: the branch 'then' of 'pick' never runs
          then: [...]
    """
    if flow.is_misread:
        return
    for declared, step in flow.steps:
        if constant_truth(step.condition) is False:
            _add(report, _span(declared, "if"), what=f"step '{step.id}'", first=declared.span)
        _check_branches(declared, step, flow=flow, report=report)


def _check_branches(declared: Declaration, step: Step, *, flow: Flow, report: Report) -> None:
    if step.kind is Kind.WHILE and isinstance(step, LoopStep):
        body = flow.workflow.names.children(declared)
        if body and _is_false(step.test):
            what = f"the body of '{step.id}'"
            _add(report, _span(declared, "condition"), what=what, first=body[0].span)
        return
    key = "condition" if isinstance(step, IfStep) else "expression"
    dead = dead_segments(step)
    for branch in branches(step):
        inner = flow.workflow.names.children(declared, branch.segment)
        if branch.segment in dead and inner:
            what = f"{_branch(branch.segment)} of '{step.id}'"
            _add(report, _span(declared, key), what=what, first=inner[0].span)


def _branch(segment: str) -> str:
    if segment.startswith(CASE):
        return f"the case '{segment.removeprefix(CASE)}'"
    return "the default" if segment == DEFAULT else f"the branch '{segment}'"


def _is_false(value: Value) -> bool:
    return constant_truth(value) is False


def _span(declared: Declaration, key: str) -> Span:
    found: nodes.Scalar | None = keys.scalar(declared.node, key)
    return found.span if found is not None else declared.span


def _add(report: Report, span: Span, *, what: str, first: Span) -> None:
    related = (Related(span=first, message="the first step that never runs"),)
    report.add("TR502", span, related=related, what=what)
