"""Whether the step types of a plan are here, as they were when it was compiled."""

from msgspec import Struct

from treadle.executor.errors import Refused
from treadle.executor.step_type import FindStepType
from treadle.plan.plan import Plan, every_step
from treadle.plan.problems import Problem
from treadle.plan.steps import CustomStep


class NeededType(Struct, frozen=True, kw_only=True):
    """A step type that steps of a plan have.

    Shapes: `steps` are their paths; `problems` say why it cannot be used, none when it can.
    """

    name: str
    package: str | None
    steps: tuple[str, ...]
    problems: tuple[Problem, ...]


def needed_types(plan: Plan, find: FindStepType) -> tuple[NeededType, ...]:
    """Return all step types of a plan and of what it calls, in the order of the steps."""
    steps: dict[tuple[str, str], list[CustomStep]] = {}
    for each in (plan, *plan.callees.values()):
        for step in every_step(each):
            if isinstance(step, CustomStep):
                steps.setdefault((step.type, step.schemas), []).append(step)
    return tuple(
        NeededType(
            name=found[0].type,
            package=found[0].package,
            steps=tuple(step.path for step in found),
            problems=_problems(found[0], find),
        )
        for found in steps.values()
    )


def missing_types(plan: Plan, find: FindStepType) -> tuple[Problem, ...]:
    """Return why step types of a plan, or of what it calls, cannot be used: TR745 to TR747."""
    return tuple(problem for needed in needed_types(plan, find) for problem in needed.problems)


def _problems(step: CustomStep, find: FindStepType) -> tuple[Problem, ...]:
    try:
        found = find(step.type)
    except Refused as refused:
        return refused.problems
    if found is None:
        hint = f"install the package '{step.package}'" if step.package is not None else None
        return Refused.because("TR745", type=step.type, hint=hint).problems
    if found.signature().digest != step.schemas:
        return Refused.because("TR746", type=step.type).problems
    return ()
