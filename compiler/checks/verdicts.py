"""TR310, TR311, TR316, TR320: the input that answers a gate can do so.

An answer by input belongs to the whole run: the items of a fan-out cannot have one each.
"""

from collections.abc import Mapping

from treadle.compiler.diagnostics import Report
from treadle.compiler.hints import Hints
from treadle.compiler.reading import keys, nodes
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Json
from treadle.plan.inputs import SECRET_KEY
from treadle.plan.steps import GateStep, OnReject

RESET = ""


def check_verdicts(workflow: Workflow, report: Report) -> None:
    """Report every `verdict_input` that cannot answer its gate.

    Before and after::

        - id: ask
          type: gate
          message: Ship?
          verdict_input: verdikt    # TR310: no input is called 'verdikt'
    """
    hints = Hints()
    for declared in workflow.names.declarations:
        step = workflow.by_path.get(declared.path)
        if not isinstance(step, GateStep):
            continue
        scalar = keys.text_scalar(declared.node, "verdict_input")
        if scalar is not None:
            if declared.space is not None:
                report.add("TR311", scalar.span)
            else:
                _check_input(step, scalar, workflow=workflow, hints=hints, report=report)


def _check_input(
    gate: GateStep, scalar: nodes.Scalar, *, workflow: Workflow, hints: Hints, report: Report
) -> None:
    name = str(scalar.value)
    declared = workflow.input_schema(name)
    if declared is None:
        hint, fix = hints.mend(scalar.span, name, workflow.input_names, what="the inputs")
        report.add("TR310", scalar.span, hint=hint, fix=fix, name=name)
        return
    if declared.get(SECRET_KEY) is True:
        report.add("TR320", scalar.span, hint="a verdict is stored and shown", name=name)
    if gate.on_reject is OnReject.RETRY and not _can_be_reset(declared):
        report.add("TR316", scalar.span, name=name)


def _can_be_reset(declared: Mapping[str, Json]) -> bool:
    allowed = declared.get("enum")
    return not isinstance(allowed, list) or RESET in allowed
