"""What the verbs that run something look at before the first step, and tell of it.

A plan that needs nothing but a shell is not looked at: the imports would take longer.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from treadle.cli.talk import Talk
from treadle.executor.local.departure import Departure
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


def looking_around(
    project: Path, environment: Mapping[str, str], talk: Talk
) -> Callable[[Departure], None]:
    """Return what looks around before a run; what it warns of it tells once.

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
                talk.warning(warning)
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
