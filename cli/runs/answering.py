"""Gives a run its answers before it begins, and refuses one that would have to ask.

With --no-prompt nothing is begun unless every question that may come up has its answer.
"""

from treadle.cli.rejection import Rejected
from treadle.cli.runs.answers import NO_ANSWERS
from treadle.cli.runs.answers_file import read_answers_file, unanswered
from treadle.cli.runs.drive import Drive
from treadle.cli.runs.going_on import Asked
from treadle.executor.local.session import merged_inputs, resolve_inputs
from treadle.executor.state import Run
from treadle.plan.inputs import InputSet, Resolved
from treadle.plan.known import Known
from treadle.plan.plan import Plan


def answer_start(
    drive: Drive, plan: Plan, asked: Asked, *, workflow_dir: str, lenient: bool
) -> None:
    """Give a new run its answers.

    Errors: Rejected for a bad file, and with --no-prompt for a question without an answer.
    """
    _give(drive, plan, asked, run=None)
    if asked.is_prompt_off:
        resolved = resolve_inputs(
            plan,
            drive.given,
            host=drive.host,
            lenient=lenient,
            environment=drive.environment(plan),
        )
        resolved = _without_secrets(plan, resolved, asked)
        _refuse_questions(drive, plan, resolved, workflow_dir=workflow_dir, run=None)


def answer_resume(drive: Drive, run: Run, asked: Asked, *, lenient: bool) -> None:
    """Give a run that goes on its answers; inputs that it has already keep their values.

    Errors: as for `answer_start`.
    """
    plan = run.program.plan
    _give(drive, plan, asked, run=run)
    if asked.is_prompt_off:
        resolved = merged_inputs(
            plan,
            run,
            drive.given,
            host=drive.host,
            lenient=lenient,
            environment=drive.environment,
        )
        resolved = _without_secrets(plan, resolved, asked)
        _refuse_questions(drive, plan, resolved, workflow_dir=run.workflow_dir or "", run=run)


def _without_secrets(plan: Plan, resolved: Resolved, asked: Asked) -> Resolved:
    """Leave out what is wrong with secrets that nobody gives here."""
    if not asked.has_own_secrets:
        return resolved
    return resolved.without_secrets(InputSet(plan.inputs).secrets)


def _give(drive: Drive, plan: Plan, asked: Asked, *, run: Run | None) -> None:
    answers = read_answers_file(asked.file, plan) if asked.file is not None else NO_ANSWERS
    settled = run.inputs if run is not None else {}
    fresh = {name: given for name, given in answers.inputs.items() if name not in settled}
    drive.answers = answers
    drive.given = {**fresh, **drive.given}
    drive.may_ask = drive.may_ask and not asked.is_prompt_off


def _refuse_questions(
    drive: Drive, plan: Plan, resolved: Resolved, *, workflow_dir: str, run: Run | None
) -> None:
    known = Known.of(plan, resolved, workflow_dir=workflow_dir)
    problems = (*resolved.problems, *unanswered(plan, known, drive.answers, run))
    if problems:
        raise Rejected(*problems)
