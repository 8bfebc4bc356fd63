"""``treadle export``: writes a run into one file, to hand it to somebody else."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import RunArgument
from treadle.cli.project.find_project import find_project
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.byte_sizes import byte_size
from treadle.executor.local.archive import SUFFIX
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.local.transfer import export_run
from treadle.executor.state import Run

_STDOUT = Path("-")


def export(
    settings: Settings,
    run: RunArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help=f"The file, instead of RUN{SUFFIX}; '-': stdout."
        ),
    ] = None,
    no_logs: Annotated[
        bool, typer.Option("--no-logs", help="Leave the raw output of the steps out.")
    ] = False,
) -> int:
    """Write a run into one file: its plan, journal and logs. 'treadle import' reads it."""
    with rejecting_refusals():
        store = Store(find_project(settings))
        folder = store.find(run)
        if output == _STDOUT:
            if sys.stdout.isatty():
                raise typer.BadParameter("a terminal cannot show an archive", param_hint="-o")
            export_run(store, folder, sys.stdout.buffer, with_logs=not no_logs)
            return ExitCode.OK
        path = output or Path(folder.id + SUFFIX)
        exported = _to_file(store, folder, path, with_logs=not no_logs)
    size = byte_size(path.stat().st_size)
    about = f"{exported.program.plan.id}, {exported.status.value}"
    settings.talk.say(f"run {folder.id} ({about}) is in {path}, {size}")
    return ExitCode.OK


def _to_file(store: Store, folder: RunFolder, path: Path, *, with_logs: bool) -> Run:
    """Write the file beside its place and move it there, whole or not at all.

    A link is followed; what is there and no file, such as a pipe, is written to as it is.
    Errors: Refused; Rejected with TR908.
    """
    if path.is_dir():
        raise Rejected.because("TR908", path=path, reason="it is a folder")
    real = Path(os.path.realpath(path))
    try:
        if real.exists() and not real.is_file():
            with real.open("wb") as target:
                return export_run(store, folder, target, with_logs=with_logs)
        return _replacing(store, folder, real, with_logs=with_logs)
    except OSError as error:
        raise Rejected.because("TR908", path=path, reason=error.strerror) from error


def _replacing(store: Store, folder: RunFolder, path: Path, *, with_logs: bool) -> Run:
    written = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            run = export_run(store, folder, file, with_logs=with_logs)
        os.replace(written, path)
    except BaseException:
        with suppress(OSError):
            written.unlink()
        raise
    return run
