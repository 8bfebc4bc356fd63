"""``treadle new``: writes a workflow to start from."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.plans.first_workflow import first_workflow
from treadle.cli.project.find_project import command_line
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings

STDOUT = "-"
_SUFFIXES = (".yml", ".yaml")


def new(
    settings: Settings,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The file to write; '-' prints it.")
    ] = "workflow",
) -> int:
    """Write a first workflow with comments; a file that exists is never overwritten."""
    if name == STDOUT:
        sys.stdout.write(first_workflow("first-workflow"))
        return ExitCode.OK
    if not os.path.basename(name):
        raise typer.BadParameter("a file needs a name", param_hint="NAME")
    path = Path(name if name.lower().endswith(_SUFFIXES) else f"{name}.yml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(first_workflow(_id(path.stem)))
    except FileExistsError as error:
        raise Rejected.because("TR908", path=path, reason="it exists already") from error
    except OSError as error:
        raise Rejected.because("TR908", path=path, reason=error.strerror) from error
    plan, run = (command_line(Path.cwd(), verb, str(path)) for verb in ("plan", "run"))
    settings.talk.say(f"wrote {path}; try: {plan}; {run}")
    return ExitCode.OK


def _id(stem: str) -> str:
    """Return a workflow id that looks like a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "first-workflow"
