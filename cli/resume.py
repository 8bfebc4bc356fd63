"""``treadle resume``: goes on with a run that rests, with new inputs and answers to its gates."""

from typing import Annotated

import typer

from treadle.cli.drive import drive_for, exit_code, tell
from treadle.cli.find_project import find_project
from treadle.cli.given import InputOptions, from_environment
from treadle.cli.options import (
    AnswersOption,
    DetailedExitcodeOption,
    InputFileOption,
    InputFilesOption,
    InputsOption,
    JsonOption,
    LenientOption,
    NoPromptOption,
    RunArgument,
)
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.settings import Settings
from treadle.executor.local import session
from treadle.executor.local.store import Store
from treadle.plan.plan import Plan
from treadle.plan.plan_file import read_plan


def resume(
    settings: Settings,
    run: RunArgument,
    inputs: InputsOption = None,
    input_texts: InputFilesOption = None,
    input_file: InputFileOption = None,
    choices: Annotated[
        list[str] | None,
        typer.Option(
            "--choice",
            metavar="[GATE=]OPTION",
            help="Answer an open gate; name it by step id or address when there are several.",
        ),
    ] = None,
    comment: Annotated[
        str | None, typer.Option("--comment", metavar="TEXT", help="A note beside the answers.")
    ] = None,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
    is_detailed: DetailedExitcodeOption = False,
    answers: AnswersOption = None,
    no_prompt: NoPromptOption = False,
) -> int:
    """Go on with a run that is paused, failed or interrupted.

    New inputs are merged over the stored ones; when anything is refused, nothing has changed.
    """
    project = find_project(settings)
    options = InputOptions(values=inputs or (), files=input_texts or (), input_file=input_file)
    drive = drive_for(settings, project, options, as_json=as_json)
    with rejecting_refusals():
        folder = Store(project).find(run)
        if answers is not None or no_prompt:
            from treadle.cli.answering import Asked, answer_resume  # most runs ask when they must

            asked = Asked(file=answers, is_prompt_off=no_prompt)
            answer_resume(drive, folder, asked, lenient=lenient)

        def plan() -> Plan:
            return read_plan(folder.plan)

        rested = drive.until_rest(
            lambda given: session.resume(
                folder.id,
                given,
                host=drive.host,
                choices=choices or (),
                comment=comment,
                lenient=lenient,
                environment=from_environment,
            ),
            plan,
        )
    tell(drive, rested, as_json=as_json)
    return exit_code(drive, rested, is_detailed=is_detailed)
