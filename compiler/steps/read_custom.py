"""The steps of types that treadle does not bring, read from their entries.

What a package performs is a step of its own; what is made of steps is a call of them.
"""

from collections.abc import Mapping

from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps import read_limits
from treadle.compiler.steps.read_actions import common, environment
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import Field, Reading, nested_members
from treadle.plan.expression import Literal, Value
from treadle.plan.step_types import StepSignature
from treadle.plan.steps import CustomStep, WorkflowStep

# Keys that only what a package performs can have.
_OF_ACTIONS = ("env", "timeout", "retry", "runs_on")


def custom(step: Declaration, reading: Reading) -> CustomStep | WorkflowStep | None:
    """Read a step of a type of somebody's own, None when the type cannot be used.

    Errors: TR349 for an installed type that is broken; for a type that is made of steps TR333,
    TR351, TR353 and what is wrong with those.
    """
    named = keys.scalar(step.node, "type")
    assert named is not None and reading.step_types is not None
    entry = reading.step_types.composites.get(step.kind)
    if entry is not None:
        return _call(step, entry, named, reading)
    signature = reading.step_types.signature(step.kind)
    if isinstance(signature, StepSignature):
        return _action(step, signature, reading)
    if signature is not None:
        reading.report.add("TR349", named.span, type=step.kind, reason=signature)
    return None


def _action(step: Declaration, signature: StepSignature, reading: Reading) -> CustomStep:
    return CustomStep(
        **common(step, reading),
        timeout_s=keys.seconds(step.node, "timeout"),
        retry=read_limits.retry(step),
        runs_on=keys.text(step.node, "runs_on"),
        type=step.kind,
        input=_input(step, reading),
        env=environment(step, reading),
        output_schema=signature.output_schema,
        schemas=signature.digest,
        package=signature.package,
    )


def _call(
    step: Declaration, entry: nodes.Entry, named: nodes.Scalar, reading: Reading
) -> WorkflowStep:
    for key in _OF_ACTIONS:
        idle = step.node.entry(key)
        if idle is not None:
            reading.report.add("TR353", idle.key.span, key=key, type=step.kind)
    callee = None
    if reading.composites is not None:
        callee = reading.composites.named(
            entry, document=reading.document, at=named, report=reading.report
        )
    if callee is not None:
        reading.callees[step.path] = callee
    return WorkflowStep(
        **common(step, reading),
        workflow=Literal(step.kind),
        input=_input(step, reading),
        callee=callee.plan.digest if callee is not None else None,
    )


def _input(step: Declaration, reading: Reading) -> Mapping[str, Value]:
    given = keys.mapping(step.node, "input")
    here = Field(reading=reading, step=step, key="input")
    return nested_members(given, here) if given is not None else {}
