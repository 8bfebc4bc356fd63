"""``treadle run``: compiles a workflow, or takes a plan, and runs it until it rests."""

from typing import Annotated

import typer

from treadle.cli.checking.plan_source import STDIN, load_plan
from treadle.cli.options import (
    AnswersOption,
    DetachOption,
    DetailedExitcodeOption,
    JsonOption,
    LenientOption,
    NoPromptOption,
    SourceArgument,
)
from treadle.cli.project.find_project import find_project
from treadle.cli.project.temporal_site import OnOption, site_for
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.run_options import GivenOptions
from treadle.cli.runs.drive import drive_for, exit_code, tell
from treadle.cli.runs.given import from_environment
from treadle.cli.runs.going_on import Asked
from treadle.cli.settings import Settings
from treadle.executor.local.session import start


def run(
    settings: Settings,
    source: SourceArgument,
    given: GivenOptions,
    run_id: Annotated[
        str | None, typer.Option("--run-id", metavar="ID", help="The id of the new run.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would run, as plan does.")
    ] = False,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
    is_detailed: DetailedExitcodeOption = False,
    answers: AnswersOption = None,
    no_prompt: NoPromptOption = False,
    is_detached: DetachOption = False,
    on: OnOption = None,
) -> int:
    """Run a workflow until it ends or waits for somebody.

    At a terminal, missing inputs and open gates are asked for, but not with --json.
    """
    options = given.read(is_stdin_taken=source == STDIN)
    if dry_run and (answers is not None or no_prompt):
        hint = "--answers" if answers is not None else "--no-prompt"
        raise typer.BadParameter("a dry run asks nothing", param_hint=hint)
    if dry_run:
        from treadle.cli.plan import show_plan  # most runs are not dry

        return show_plan(settings, source, options, lenient=lenient, as_json=as_json)
    project = find_project(settings)
    loaded = load_plan(source, settings, project=lambda: project, lenient=lenient)
    parting = None
    site = site_for(settings, on, waits=not is_detached)
    if is_detached and site is None:
        from treadle.cli.runs.detach import part_ways  # most runs stay at the terminal

        parting = part_ways(settings, project, as_json=as_json)
        if parting.code is not None:
            return parting.code
    drive = drive_for(settings, project, options, as_json=as_json)
    if parting is not None:
        parting.attach(drive)
    if site is not None:
        from treadle.cli.runs.on_temporal import attach  # most runs are kept here

        attach(drive, settings, site)
    if answers is not None or no_prompt:
        from treadle.cli.runs.answering import answer_start  # most runs are not answered before

        asked = Asked(file=answers, is_prompt_off=no_prompt, has_own_secrets=site is not None)
        folder = str(loaded.folder)
        answer_start(drive, loaded.plan, asked, workflow_dir=folder, lenient=lenient)
    with rejecting_refusals():
        rested = drive.until_rest(
            lambda given: (start if site is None else site.start)(
                loaded.plan,
                given,
                host=drive.host,
                lenient=lenient,
                run_id=run_id,
                workflow_dir=str(loaded.folder),
                environment=from_environment(loaded.plan),
            ),
            lambda: loaded.plan,
        )
    if site is not None:
        from treadle.cli.runs.on_temporal import rest_on_temporal  # most runs are kept here

        return rest_on_temporal(settings, drive, rested, as_json=as_json, is_detailed=is_detailed)
    tell(drive, rested, as_json=as_json)
    return exit_code(drive, rested, is_detailed=is_detailed)
