"""``treadle dev-server``: a Temporal server for development, on this machine only."""

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.project.find_project import find_project
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.paint import Role
from treadle.executor.errors import Refused
from treadle.executor.temporal.messages import ATTRIBUTES

_PROGRAM = "temporal"


def dev_server(
    settings: Settings,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65_535, help="Where the server listens.")
    ] = 7233,
    database: Annotated[
        Path | None,
        typer.Option("--db", metavar="FILE", help="Where it keeps everything it knows."),
    ] = None,
    is_headless: Annotated[
        bool, typer.Option("--headless", help="Without Temporal's own page in the browser.")
    ] = False,
) -> int:
    """Start a Temporal server for development that listens on this machine only.

    It keeps its runs in .treadle/temporal.db of the project, and ends with Ctrl-C.
    """
    program = _program()
    if program is None:
        raise Rejected.because("TR877")
    if database is None:
        from treadle.executor.local.store import Store  # for this default only

        store = Store(find_project(settings))
        with rejecting_refusals():
            try:
                store.make_private()
            except OSError as error:
                raise Refused.because("TR908", path=store.folder, reason=error.strerror) from error
        database = store.folder / "temporal.db"
    words = [program, "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    words += ["--db-filename", str(database), "--log-level", "error"]
    for name in ATTRIBUTES:
        words += ["--search-attribute", f"{name}=Keyword"]
    if is_headless:
        words.append("--headless")
    address = f"127.0.0.1:{port}"
    talk = settings.talk
    talk.say(f"Temporal listens on {address} and keeps its runs in {database}")
    talk.say(f"{talk.paint('next:', Role.WAITING)} treadle worker --temporal {address}")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(program, words)


def _program() -> str | None:
    """Return the server's program: on the PATH, or beside the interpreter that runs this."""
    beside = Path(sys.executable).parent / _PROGRAM
    return shutil.which(_PROGRAM) or (str(beside) if os.access(beside, os.X_OK) else None)
