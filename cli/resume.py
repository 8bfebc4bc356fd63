"""``treadle resume``: goes on with a run that rests, with new inputs and answers to its gates."""

from typing import Annotated

import typer

from treadle.cli.drive import drive_for, exit_code, tell
from treadle.cli.find_project import find_project
from treadle.cli.given import STDIN, InputOptions, from_environment
from treadle.cli.options import (
    AnswersOption,
    ChoicesOption,
    CommentOption,
    DetachOption,
    DetailedExitcodeOption,
    FromOption,
    InputFileOption,
    InputFilesOption,
    InputsOption,
    JsonOption,
    LenientOption,
    NoPromptOption,
    RunArgument,
    YesOption,
)
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.settings import Settings
from treadle.cli.temporal_site import OnOption, refuse_on_temporal, site_for
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
    choices: ChoicesOption = None,
    comment: CommentOption = None,
    step: FromOption = None,
    source: Annotated[
        str | None,
        typer.Option("--plan", metavar="SOURCE", help="Go on under an edited workflow."),
    ] = None,
    accepts_changes: Annotated[
        bool,
        typer.Option(
            "--accept", help="With --plan, run steps again that are done and not what they were."
        ),
    ] = False,
    is_confirmed: YesOption = False,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
    is_detailed: DetailedExitcodeOption = False,
    answers: AnswersOption = None,
    no_prompt: NoPromptOption = False,
    is_detached: DetachOption = False,
    on: OnOption = None,
) -> int:
    """Go on with a run that is paused, failed or interrupted; with --from, with any.

    New inputs are merged over the stored ones; when anything is refused, nothing has changed.
    """
    if accepts_changes and source is None:
        raise typer.BadParameter("it goes with --plan", param_hint="--accept")
    project = find_project(settings)
    options = InputOptions(
        values=inputs or (),
        files=input_texts or (),
        input_file=input_file,
        is_stdin_taken=source == STDIN,
    )
    site = site_for(settings, on, waits=not is_detached)
    if site is not None:
        from treadle.cli.on_temporal import Answering, resume_on_temporal  # most runs are here

        with rejecting_refusals():
            refuse_on_temporal(
                (step, "'--from'"), (source, "'--plan'"), (answers or no_prompt, "'--answers'")
            )
        asking = Answering(
            choices=choices or (),
            comment=comment,
            lenient=lenient,
            as_json=as_json,
            is_detailed=is_detailed,
        )
        return resume_on_temporal(settings, site, run, options, asking)
    parting = None
    if is_detached:
        from treadle.cli.detach import part_ways  # most runs stay at the terminal

        parting = part_ways(settings, project, as_json=as_json)
        if parting.code is not None:
            return parting.code
    drive = drive_for(settings, project, options, as_json=as_json)
    if parting is not None:
        parting.attach(drive)
    with rejecting_refusals():
        folder = Store(project).find(run)
        if answers is not None or no_prompt:
            from treadle.cli.answering import Asked, answer_resume  # most runs ask when they must

            asked = Asked(file=answers, is_prompt_off=no_prompt)
            answer_resume(drive, folder, asked, lenient=lenient)
        if step is not None or source is not None:
            from treadle.cli.mend import Mending, mend  # most runs just go on

            mending = Mending(
                step=step,
                source=source,
                accepts_changes=accepts_changes,
                is_confirmed=is_confirmed,
                choices=choices or (),
                comment=comment,
                lenient=lenient,
                as_json=as_json,
                is_detailed=is_detailed,
            )
            return mend(settings, drive, folder, mending)

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
