"""Whether the step types of a plan are here, as they were when it was compiled."""

from treadle.executor.errors import Reason, Refused
from treadle.executor.step_type import FindStepType
from treadle.plan.plan import Plan, every_step
from treadle.plan.steps import CustomStep


def refuse_missing_types(plan: Plan, find: FindStepType) -> None:
    """Look for all step types of a plan and of what it calls.

    Errors: Refused with TR745, TR746 and TR747, one reason for each type that cannot be used.
    """
    reasons: list[Reason] = []
    seen: set[tuple[str, str]] = set()
    for each in (plan, *plan.callees.values()):
        for step in every_step(each):
            if isinstance(step, CustomStep) and (step.type, step.schemas) not in seen:
                seen.add((step.type, step.schemas))
                reasons += _faults(step, find)
    if reasons:
        raise Refused(*reasons)


def _faults(step: CustomStep, find: FindStepType) -> tuple[Reason, ...]:
    try:
        found = find(step.type)
    except Refused as refused:
        return refused.reasons
    if found is None:
        hint = f"install the package '{step.package}'" if step.package is not None else None
        return Refused.because("TR745", type=step.type, step=step.path, hint=hint).reasons
    if found.signature().digest != step.schemas:
        return Refused.because("TR746", type=step.type, step=step.path).reasons
    return ()
