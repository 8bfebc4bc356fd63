"""TR224, TR323, TR324, TR326: the border between `finally` and the rest of a workflow.

What runs there waits for nobody, and only there it is known how the run has ended.
"""

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.expressions.chains import Chain
from treadle.compiler.steps.scope import CLOSING, Declaration, Names, is_behind
from treadle.compiler.steps.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.plan import every_step
from treadle.plan.steps import GateStep, Kind

STATUS = "status"
_CROSSING = ("context", "steps")


def check_closing_steps(workflow: Workflow, report: Report) -> None:
    """Report gates under `finally`, and names that cross its border the wrong way.

    Before and after::

        steps:
          - {id: build, type: shell, run: "make {{ steps.clean.status }}"}    # TR323 at 'clean'
          - {id: tell, type: shell, run: "echo {{ context.status }}"}         # TR324 at 'status'
        finally:
          - {id: clean, type: shell, run: "echo {{ context.status }}"}
          - {id: ask, type: gate, message: "Keep the logs?"}                  # TR224
    """
    _check_steps(workflow.names, report)
    _check_calls(workflow, report)
    for site in workflow.sites:
        if site.step is None or not site.step.is_closing:
            for chain in site.chains:
                if chain.root.name in _CROSSING:
                    _check_chain(chain, site, names=workflow.names, report=report)


def _check_steps(names: Names, report: Report) -> None:
    closing = names.children(None, CLOSING)
    for step in names.declarations if closing else ():
        if step.is_closing and step.kind == Kind.GATE:
            report.add("TR224", _span_of_kind(step))
        elif step.id == CLOSING and step.parent is None and not step.is_closing:
            # Its address would begin like those of the steps under `finally`.
            related = Related(span=closing[0].span, message="the first step under 'finally'")
            report.add("TR326", step.span, related=(related,))


def _check_calls(workflow: Workflow, report: Report) -> None:
    """Report calls under `finally` of what has a gate, however deep."""
    for step in workflow.names.declarations if workflow.callees else ():
        callee = workflow.callees.get(step.path) if step.is_closing else None
        for plan in (callee.plan, *callee.callees.values()) if callee is not None else ():
            gate = next((each for each in every_step(plan) if isinstance(each, GateStep)), None)
            if gate is not None:
                hint = f"'{plan.id}' has the gate '{gate.id}'"
                report.add("TR224", _span_of_kind(step), hint=hint)


def _span_of_kind(step: Declaration) -> Span:
    kind = step.node.get("type")
    return kind.span if kind is not None else step.span


def _check_chain(chain: Chain, site: Site, *, names: Names, report: Report) -> None:
    first = chain.members[0] if chain.members else None
    if first is None or not isinstance(first.name, str):
        return
    if chain.root.name == "context" and first.name == STATUS:
        report.add("TR324", site.span(first.start, first.end))
    target = names.resolve(first.name, reader=site.step) if chain.root.name == "steps" else None
    if target is not None and is_behind(target, site.step):
        related = Related(span=target.step.span, message="this runs when the run has ended")
        span = site.span(first.start, first.end)
        report.add("TR323", span, related=(related,), name=first.name)
