"""Performs one acting step: `perform` and `ready` are the only entrances to the actions.

An action never raises for what an author or a program did: it gives back a failed result.
"""

from collections.abc import Mapping
from typing import assert_never

from treadle.executor.actions.setting import NOT_DISPATCHED, NOT_STARTED
from treadle.executor.actions.shell import Ready, run_shell, what_to_start
from treadle.executor.ports import CANCELLED, ActionRequest, ActionResult, Outcome
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import EvaluationError
from treadle.plan.expression import Json
from treadle.plan.steps import (
    ActionStep,
    CommandStep,
    CustomStep,
    GithubStep,
    InitStep,
    PromptStep,
    ShellStep,
)


def perform(request: ActionRequest) -> ActionResult:
    """Carry out a step in the calling thread; nothing is started after a cancellation.

    Errors: what the log and the echo of the request raise.
    """
    if request.cancellation.is_set:
        return CANCELLED
    try:
        return _performed(request.step, request)
    except EvaluationError as error:
        return _not_evaluated(request.step, error)


def ready(request: ActionRequest) -> Ready | ActionResult | None:
    """Return what starts a step whose process a loop can watch, None for all other steps.

    Shapes: a result when there is nothing to start. Nothing is touched in any case.
    """
    step = request.step
    if not isinstance(step, ShellStep):
        return None
    try:
        what = what_to_start(step, request)
    except EvaluationError as error:
        return _not_evaluated(step, error)
    return what if isinstance(what, ActionResult) else Ready(step, what)


def _performed(step: ActionStep, request: ActionRequest) -> ActionResult:
    # Imported where they are needed: a run of shell steps starts 30 ms sooner.
    match step:
        case ShellStep():
            return run_shell(step, request)
        case CommandStep():
            from treadle.executor.actions.agent import run_command

            return run_command(step, request)
        case PromptStep():
            from treadle.executor.actions.agent import run_prompt

            return run_prompt(step, request)
        case InitStep():
            from treadle.executor.actions.init import run_init

            return run_init(step, request)
        case GithubStep():
            from treadle.executor.actions.github import run_github

            return run_github(step, request)
        case CustomStep():
            from treadle.executor.actions.custom import run_custom

            return run_custom(step, request)
        case _:
            assert_never(step)


def _not_evaluated(step: ActionStep, error: EvaluationError) -> ActionResult:
    return ActionResult(
        outcome=Outcome.FAILED,
        output=_blank_output(step),
        error=error_text("TR801", reason=error.message),
    )


def _blank_output(step: ActionStep) -> Mapping[str, Json]:
    """Return the output of a step of which nothing was started."""
    match step:
        case ShellStep():
            return NOT_STARTED
        case CommandStep() | PromptStep():
            return NOT_DISPATCHED
        case InitStep() | GithubStep() | CustomStep():
            return {}
        case _:
            assert_never(step)
