"""The steps whose type a package performs, read from their entries."""

from treadle.compiler import keys, nodes, read_limits
from treadle.compiler.read_actions import common, environment
from treadle.compiler.scope import Declaration
from treadle.compiler.sites import Field, Reading, nested_members
from treadle.plan.step_types import StepSignature
from treadle.plan.steps import CustomStep


def custom(step: Declaration, reading: Reading) -> CustomStep | None:
    """Read a step of a type that a package performs, None when the type cannot be used.

    Errors: TR349 for an installed type that is broken.
    """
    signature = reading.signature(step.kind)
    if not isinstance(signature, StepSignature):
        named = keys.scalar(step.node, "type")
        span = named.span if named is not None else step.span
        reason = signature or "nothing has a type of that name"
        reading.report.add("TR349", span, type=step.kind, reason=reason)
        return None
    given = keys.mapping(step.node, "input")
    empty = nodes.Mapping(entries=(), span=step.node.span)
    here = Field(reading=reading, step=step, key="input")
    return CustomStep(
        **common(step, reading),
        timeout_s=keys.seconds(step.node, "timeout"),
        retry=read_limits.retry(step),
        type=step.kind,
        input=nested_members(given if given is not None else empty, here),
        env=environment(step, reading),
        output_schema=signature.output_schema,
        schemas=signature.digest,
        package=signature.package,
    )
