"""What is looked for before a run begins or goes on: everything that is missing is told at once.

A plan that needs nothing but a shell is not looked at: the imports would take longer.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from treadle.executor.errors import Refused, refuse_problems
from treadle.executor.local.departure import Departure
from treadle.executor.local.host import Host
from treadle.executor.step_needs import missing_types
from treadle.plan.plan import Plan, every_step
from treadle.plan.problems import Problem
from treadle.plan.steps import (
    CommandStep,
    GateStep,
    GithubStep,
    InitStep,
    PromptStep,
    ShellStep,
    Step,
)


def look_before(departure: Departure, host: Host) -> None:
    """Look for the step types of a plan, and for what the host looks for.

    Errors: Refused with everything that is missing for certain; nothing was written then.
    """
    problems: list[Problem] = [*missing_types(departure.plan, host.find_step_type)]
    try:
        host.preflight(departure)
    except Refused as refused:
        problems += refused.problems
    refuse_problems(problems)


def looking_around(
    project: Path, environment: Mapping[str, str], warn: Callable[[Problem], None]
) -> Callable[[Departure], None]:
    """Return what looks around on this machine; it warns of each thing once.

    Errors: of what is returned, Refused with everything that is missing for certain.
    """
    told: set[Problem] = set()

    def look(departure: Departure) -> None:
        if not may_need(departure.plan):
            return
        from treadle.executor.local.machine import LocalMachine
        from treadle.executor.local.preflight import findings_before, refusal, warnings

        machine = LocalMachine(project=project, environment=environment)
        findings = findings_before(departure, machine)
        for warning in warnings(findings, lenient=departure.lenient):
            if warning not in told:
                warn(warning)
            told.add(warning)
        refused = refusal(findings, lenient=departure.lenient)
        if refused is not None:
            raise refused

    return look


def may_need(plan: Plan) -> bool:
    """Whether a plan can need anything that a look around would find."""
    return any(
        each.requires is not None or any(_may_need(step) for step in every_step(each))
        for each in (plan, *plan.callees.values())
    )


def _may_need(step: Step) -> bool:
    match step:
        case CommandStep() | PromptStep() | GithubStep() | InitStep():
            return True
        case ShellStep():
            return step.cwd is not None
        case GateStep():
            return step.show_file is not None
        case _:
            return False
