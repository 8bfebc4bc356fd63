"""``treadle wait``: waits until a run rests, whichever process works on it."""

from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import DetailedExitcodeOption, JsonOption, RunArgument
from treadle.cli.project.find_project import find_project
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.run_summary import summary_lines
from treadle.cli.settings import Settings
from treadle.cli.text.durations import duration
from treadle.cli.text.json_output import print_json
from treadle.cli.text.spans import seconds_meant
from treadle.executor.local.store import Store
from treadle.executor.local.waiting import wait_for_rest
from treadle.executor.outcome import run_object
from treadle.executor.state import RunStatus


def wait(
    settings: Settings,
    run: RunArgument,
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="TIME", help="Wait no longer: 90, 90s, 5m, 2h."),
    ] = None,
    is_detailed: DetailedExitcodeOption = False,
    as_json: JsonOption = False,
) -> int:
    """Wait until a run rests; exit as run does, or with 124 when the time is over before."""
    timeout_s = seconds_meant(timeout, option="--timeout") if timeout is not None else None
    project, talk = find_project(settings), settings.talk
    with rejecting_refusals():
        store = Store(project)
        folder = store.find(run)
        found, status = wait_for_rest(store, folder, timeout_s)
    if status is RunStatus.RUNNING:
        talk.say(f"run {folder.id} is still at work after {duration(timeout_s or 0.0)}")
    else:
        for line in summary_lines(found, status, talk.paint, project=project, began_at=None):
            talk.say(line)
    if as_json:
        print_json(run_object(found, status))
    return _exit_code(status, is_detailed=is_detailed)


def _exit_code(status: RunStatus, *, is_detailed: bool) -> int:
    match status:
        case RunStatus.COMPLETED:
            return ExitCode.OK
        case RunStatus.PAUSED:
            return ExitCode.PAUSED if is_detailed else ExitCode.OK
        case RunStatus.RUNNING:
            return ExitCode.TIMED_OUT
        case _:
            return ExitCode.FAILED
