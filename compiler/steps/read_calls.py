"""Steps that call another workflow, read from their entries together with what they call."""

from treadle.compiler.composing.callees import Callee
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.read_actions import common
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import BLOCK_OPENS, Field, Reading, direct_value, nested_members
from treadle.plan.expression import Literal, Value
from treadle.plan.steps import WorkflowStep


def call(step: Declaration, reading: Reading) -> WorkflowStep:
    """Read a call of another workflow.

    Errors: TR201, TR330 to TR335, TR344.
    """
    named, file = keys.scalar(step.node, "workflow"), keys.text_scalar(step.node, "path")
    if named is not None and file is not None:
        reading.report.add("TR344", file.span)
    elif named is None and file is None:
        reading.report.add("TR201", step.span, where=f"step '{step.id}'", key="workflow' or 'path")
    callee = _callee(named, file, reading)
    if callee is not None:
        reading.callees[step.path] = callee
    given = keys.mapping(step.node, "input")
    return WorkflowStep(
        **common(step, reading),
        workflow=_target(named, step, reading) if file is None else None,
        file=str(file.value) if file is not None else None,
        callee=callee.plan.digest if callee is not None else None,
        input=nested_members(given, Field(reading=reading, step=step, key="input"))
        if given is not None
        else {},
    )


def _target(named: nodes.Scalar | None, step: Declaration, reading: Reading) -> Value:
    if named is None:
        return Literal(None)
    return direct_value(named, Field(reading=reading, step=step, key="workflow"))


def _callee(
    named: nodes.Scalar | None, file: nodes.Scalar | None, reading: Reading
) -> Callee | None:
    calls, report, id = reading.calls, reading.report, reading.workflow_id
    if calls is None:
        return None
    if file is not None:
        return calls.beside(str(file.value), id=id, span=file.span, report=report)
    if named is None or not isinstance(named.value, str) or BLOCK_OPENS in named.value:
        return None
    return calls.named(id, workflow=named.value, span=named.span, report=report)
