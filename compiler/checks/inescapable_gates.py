"""TR511: a gate that no answer lets pass."""

from treadle.compiler.diagnostics import Report
from treadle.compiler.flows.flow import Flow
from treadle.compiler.reading import keys
from treadle.plan.steps import REJECTIONS, GateStep, Kind, OnReject

_ENDS = {
    OnReject.ABORT: "every answer aborts the run",
    OnReject.RETRY: "every answer asks again",
}


def check_inescapable_gates(flow: Flow, report: Report) -> None:
    """Report every gate whose options all reject, where a rejection does not go on.

    Before and after::

        - id: ask
          type: gate
          message: Go on?
          options: [reject]     # TR511: every answer asks again
          on_reject: retry
    """
    for declared, step in flow.declared(Kind.GATE):
        if not isinstance(step, GateStep) or step.on_reject not in _ENDS:
            continue
        if all(option.lower() in REJECTIONS for option in step.options):
            options = keys.sequence(declared.node, "options")
            span = options.span if options is not None else declared.span
            report.add("TR511", span, gate=step.id, what=_ENDS[step.on_reject])
