"""``treadle resume``: goes on with a run that rests, with new inputs and answers to its gates."""

from typing import Annotated

import typer

from treadle.cli.options import AnswersOption, DetachOption, NoPromptOption, RunArgument
from treadle.cli.project.find_project import find_project
from treadle.cli.project.temporal_site import OnOption, site_for
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.run_options import GivenOptions, GoingOnOptions
from treadle.cli.runs.drive import Drive, drive_for, exit_code, tell
from treadle.cli.runs.given import STDIN, from_environment
from treadle.cli.runs.going_on import Asked, Mending
from treadle.cli.settings import Settings
from treadle.executor.local import session
from treadle.executor.local.store import RunFolder, Store
from treadle.plan.plan_file import read_plan


def resume(
    settings: Settings,
    run: RunArgument,
    given: GivenOptions,
    going_on: GoingOnOptions,
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
    options = given.read(is_stdin_taken=source == STDIN)
    mending = going_on.read(source=source, accepts_changes=accepts_changes)
    site = site_for(settings, on, waits=not is_detached)
    asked = Asked(file=answers, is_prompt_off=no_prompt, has_own_secrets=site is not None)
    if site is not None:
        from treadle.cli.runs.on_temporal import resume_on_temporal  # most runs are kept here

        return resume_on_temporal(settings, site, run, options, mending, asked)
    parting = None
    if is_detached:
        from treadle.cli.runs.detach import part_ways  # most runs stay at the terminal

        parting = part_ways(settings, project, as_json=mending.as_json)
        if parting.code is not None:
            return parting.code
    drive = drive_for(settings, project, options, as_json=mending.as_json)
    if parting is not None:
        parting.attach(drive)
    with rejecting_refusals():
        folder = Store(project).find(run)
        if answers is not None or no_prompt:
            from treadle.cli.runs.answering import answer_resume  # most runs ask when they must

            found = Store(project).load(folder)[1]
            answer_resume(drive, found, asked, lenient=mending.lenient)
    if mending.step is not None or source is not None:
        from treadle.cli.runs.mend import mend  # most runs just go on

        return mend(settings, drive, folder, mending)
    return _go_on(drive, folder, mending)


def _go_on(drive: Drive, folder: RunFolder, mending: Mending) -> int:
    """Go on where the run rests."""
    with rejecting_refusals():
        rested = drive.until_rest(
            lambda given: session.resume(
                folder.id,
                given,
                host=drive.host,
                choices=mending.choices,
                comment=mending.comment,
                lenient=mending.lenient,
                environment=from_environment,
            ),
            lambda: read_plan(folder.plan),
        )
    tell(drive, rested, as_json=mending.as_json)
    return exit_code(drive, rested, is_detailed=mending.is_detailed)
