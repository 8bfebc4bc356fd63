"""TR510: a gate whose rejection changes nothing.

With `on_reject: skip` the run goes on either way, and it is for the author to read the choice.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.flows.flow import Flow
from treadle.compiler.reading import keys
from treadle.compiler.steps.scope import Declaration
from treadle.plan.steps import REJECTIONS, GateStep, Kind, OnReject


def check_unread_choices(flow: Flow, report: Report) -> None:
    """Report every gate that can be rejected without any step looking at it.

    Before and after::

        - id: review
          type: gate
          message: Build it?
          on_reject: skip       # TR510: nothing reads the choice, so that a rejection is ignored
        - {id: build, type: shell, run: make}
    """
    if flow.is_open:
        return
    last = max((d.order for d in flow.workflow.names.declarations if not d.is_closing), default=-1)
    for declared, step in flow.declared(Kind.GATE):
        if not isinstance(step, GateStep) or step.on_reject is not OnReject.SKIP:
            continue
        can_reject = any(option.lower() in REJECTIONS for option in step.options)
        # Behind the last step there is nothing that a rejection could keep from running.
        if can_reject and declared.order < last and not _is_looked_at(declared, step, flow):
            scalar = keys.scalar(declared.node, "on_reject")
            span = scalar.span if scalar is not None else declared.span
            report.add("TR510", span, gate=step.id)


def _is_looked_at(gate: Declaration, step: GateStep, flow: Flow) -> bool:
    if flow.is_read(gate) or (gate.parent is not None and gate.parent is gate.space):
        # The choice of a template itself stands in the results of its fan-out.
        return True
    if step.verdict_input is None:
        return False
    verdict = ("inputs", step.verdict_input)
    return any(
        verdict in site.expression.reads or ("inputs",) in site.expression.reads
        for site in flow.workflow.sites
    )
