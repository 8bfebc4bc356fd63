"""TR226, TR227, TR520: what a gate does when nobody has answered in time."""

from treadle.compiler.diagnostics import Report
from treadle.compiler.hints import Hints
from treadle.compiler.steps.read_limits import chosen
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import REJECTIONS, GateStep, OnReject, match_option


def check_gate_deadlines(workflow: Workflow, report: Report) -> None:
    """Report every `on_timeout` that can never happen, or that leads nowhere.

    Before and after::

        - id: ask
          type: gate
          message: Deploy?
          timeout: 3600
          on_timeout: {choose: aprove}    # TR227: the options are 'approve' and 'reject'
    """
    hints = Hints()
    for declared in workflow.names.declarations:
        step = workflow.by_path.get(declared.path)
        if isinstance(step, GateStep):
            _check(declared, step, hints=hints, report=report)


def _check(declared: Declaration, step: GateStep, *, hints: Hints, report: Report) -> None:
    entry = declared.node.entry("on_timeout")
    if entry is None:
        return
    if step.timeout_s is None:
        report.add("TR226", entry.key.span)
    wanted = chosen(declared)
    if wanted is None:
        return
    option = match_option(step.options, str(wanted.value))
    if option is None:
        text = str(wanted.value)
        hint, fix = hints.mend(wanted.span, text, step.options, what="its options")
        report.add("TR227", wanted.span, hint=hint, fix=fix, gate=step.id, option=text)
    elif option.lower() in REJECTIONS and step.on_reject is OnReject.RETRY:
        report.add("TR520", wanted.span, gate=step.id, option=option)
