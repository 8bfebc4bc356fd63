"""``treadle resume``: goes on with a run that rests, with new inputs and answers to its gates."""

import os
from typing import Annotated

import typer

from treadle.cli.drive import Drive, exit_code, tell
from treadle.cli.find_project import find_project
from treadle.cli.given import InputOptions, from_environment, read_given
from treadle.cli.options import (
    DetailedExitcodeOption,
    InputFileOption,
    InputFilesOption,
    InputsOption,
    JsonOption,
    LenientOption,
    RunArgument,
)
from treadle.cli.progress import Progress
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.settings import Settings
from treadle.cli.yaml_text import parse_yaml
from treadle.executor.local import session
from treadle.executor.local.session import Host
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
) -> int:
    """Go on with a run that is paused, failed or interrupted.

    New inputs are merged over the stored ones; when anything is refused, nothing has changed.
    """
    project = find_project(settings)
    options = InputOptions(values=inputs or (), files=input_texts or (), input_file=input_file)
    progress = Progress(settings.talk, shows_output=settings.is_verbose)
    drive = Drive(
        host=Host(
            project=project,
            environment=os.environ,
            parse_yaml=parse_yaml,
            watch=progress.watch,
            echo=progress.echo,
        ),
        talk=settings.talk,
        progress=progress,
        given=read_given(options),
        environment=from_environment,
        may_ask=settings.may_ask and not as_json,
    )
    with rejecting_refusals():
        folder = Store(project).find(run)

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
