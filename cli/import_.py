"""``treadle import``: adds a run that was exported to this project, after proving it."""

import sys
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.find_project import find_project
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.rejection import Rejected
from treadle.cli.runs.run_summary import next_commands
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.executor.local.store import Store
from treadle.executor.local.transfer import Imported, import_run
from treadle.executor.outcome import run_object

_STDIN = Path("-")


def import_(
    settings: Settings,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file of 'treadle export'; '-' is stdin.")
    ],
    run_id: Annotated[
        str | None, typer.Option("--run-id", metavar="ID", help="Another id for the run.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Add an exported run to this project. It can be looked at, and gone on with."""
    project = find_project(settings)
    with rejecting_refusals():
        imported = _imported(Store(project), file, run_id)
    settings.talk.say(_told(imported))
    for command in next_commands(imported.run, imported.status, project=project):
        settings.talk.say(f"next: {command}")
    if as_json:
        print_json(run_object(imported.run, imported.status))
    return ExitCode.OK


def _imported(store: Store, file: Path, run_id: str | None) -> Imported:
    if file == _STDIN:
        content = BytesIO(sys.stdin.buffer.read())
        return import_run(store, content, shown="stdin", run_id=run_id)
    # A pipe would wait for somebody to write to it, and a device may never end.
    if file.exists() and not file.is_file():
        raise Rejected.because("TR101", path=file, reason="it is not a plain file")
    try:
        with file.open("rb") as source:
            return import_run(store, source, shown=str(file), run_id=run_id)
    except OSError as error:
        raise Rejected.because("TR101", path=file, reason=error.strerror) from error


def _told(imported: Imported) -> str:
    run = imported.run
    was = f", which was {imported.exported_id}" if imported.exported_id != run.id else ""
    about = f"{run.program.plan.id}, {imported.status.value}"
    return f"imported run {run.id} ({about}){was}"
