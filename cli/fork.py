"""``treadle fork``: copies a run, and goes on with the copy from one of its steps."""

from typing import Annotated

import typer

from treadle.cli.options import RunArgument
from treadle.cli.project.find_project import find_project
from treadle.cli.project.temporal_site import OnOption, site_for
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.run_options import GivenOptions, GoingOnOptions
from treadle.cli.runs.drive import drive_for
from treadle.cli.runs.mend import fork_run
from treadle.cli.settings import Settings
from treadle.executor.local.store import Store


def fork(
    settings: Settings,
    run: RunArgument,
    going_on: GoingOnOptions,
    given: GivenOptions,
    run_id: Annotated[
        str | None, typer.Option("--run-id", metavar="ID", help="The id of the copy.")
    ] = None,
    on: OnOption = None,
) -> int:
    """Copy a run, and run a step of the copy again with everything behind it.

    The run itself stays as it is. What is done before the step is shared, with its results.
    """
    if going_on.step is None:
        raise typer.BadParameter("say where the copy begins to differ", param_hint="--from")
    options, mending = given.read(), going_on.read()
    site = site_for(settings, on)
    if site is not None:
        from treadle.cli.runs.on_temporal import fork_on_temporal  # most runs are kept here

        return fork_on_temporal(settings, site, run, options, mending, run_id=run_id)
    project = find_project(settings)
    drive = drive_for(settings, project, options, as_json=mending.as_json)
    with rejecting_refusals():
        folder = Store(project).find(run)
    return fork_run(drive, folder, mending, run_id=run_id)
