"""``treadle fork``: copies a run, and goes on with the copy from one of its steps."""

from typing import Annotated

import typer

from treadle.cli.drive import drive_for
from treadle.cli.find_project import find_project
from treadle.cli.given import InputOptions
from treadle.cli.mend import Mending, fork_run
from treadle.cli.options import (
    ChoicesOption,
    CommentOption,
    DetailedExitcodeOption,
    FromOption,
    InputFileOption,
    InputFilesOption,
    InputsOption,
    JsonOption,
    LenientOption,
    RunArgument,
    YesOption,
)
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.settings import Settings
from treadle.executor.local.store import Store


def fork(
    settings: Settings,
    run: RunArgument,
    step: FromOption = None,
    inputs: InputsOption = None,
    input_texts: InputFilesOption = None,
    input_file: InputFileOption = None,
    run_id: Annotated[
        str | None, typer.Option("--run-id", metavar="ID", help="The id of the copy.")
    ] = None,
    choices: ChoicesOption = None,
    comment: CommentOption = None,
    is_confirmed: YesOption = False,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
    is_detailed: DetailedExitcodeOption = False,
) -> int:
    """Copy a run, and run a step of the copy again with everything behind it.

    The run itself stays as it is. What is done before the step is shared, with its results.
    """
    if step is None:
        raise typer.BadParameter("say where the copy begins to differ", param_hint="--from")
    project = find_project(settings)
    options = InputOptions(values=inputs or (), files=input_texts or (), input_file=input_file)
    drive = drive_for(settings, project, options, as_json=as_json)
    with rejecting_refusals():
        folder = Store(project).find(run)
    mending = Mending(
        step=step,
        is_confirmed=is_confirmed,
        choices=choices or (),
        comment=comment,
        lenient=lenient,
        as_json=as_json,
        is_detailed=is_detailed,
    )
    return fork_run(drive, folder, mending, run_id=run_id)
