"""``treadle cancel``: ends a run for good, whichever process works on it."""

from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode, of_signal
from treadle.cli.options import JsonOption, RunArgument
from treadle.cli.project.find_project import find_project
from treadle.cli.project.temporal_site import OnOption, site_for
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.drive import drive_for, tell
from treadle.cli.runs.given import InputOptions, from_environment
from treadle.cli.settings import Settings
from treadle.executor.local.cancel import cancel as cancel_run
from treadle.executor.state import RunStatus


def cancel(
    settings: Settings,
    run: RunArgument,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why, for those who ask later.")
    ] = None,
    as_json: JsonOption = False,
    on: OnOption = None,
) -> int:
    """End a run for good: what is at work is ended, its 'finally' runs, and it is cancelled.

    A paused, failed or interrupted run can be cancelled as well. Exit status: 0 when the run is
    cancelled, 2 when there is no such run or it has ended already.
    """
    site = site_for(settings, on)
    if site is not None:
        from treadle.cli.runs.on_temporal import cancel_on_temporal  # most runs are kept here

        return cancel_on_temporal(settings, site, run, reason=reason, as_json=as_json)
    project = find_project(settings)
    drive = drive_for(settings, project, InputOptions(), as_json=as_json)
    with rejecting_refusals():
        try:
            rested = cancel_run(run, host=drive.host, reason=reason, environment=from_environment)
        finally:
            drive.progress.rest()
    tell(drive, rested, as_json=as_json)
    if rested.interrupted_by is not None:
        return of_signal(rested.interrupted_by)
    return ExitCode.OK if rested.run.status is RunStatus.CANCELLED else ExitCode.FAILED
