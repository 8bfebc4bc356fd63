"""``treadle schema``: prints the JSON Schema of workflow files, or of one workflow's inputs."""

from typing import Annotated

import typer

from treadle import schemas
from treadle.cli.checking.plan_source import load_plan
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import LenientOption
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.plan.inputs import InputSet


def schema(
    settings: Settings,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A workflow, whose inputs are described; without it the format of workflows.",
        ),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Describe the files of overlays instead.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Describe the files of tests instead.")
    ] = False,
    lenient: LenientOption = False,
) -> int:
    """Print the schema of workflow files for an editor, or the schema of a workflow's inputs."""
    if overlay or test:
        if source is not None or (overlay and test):
            option = "--overlay" if overlay else "--test"
            raise typer.BadParameter("it describes one kind of file", param_hint=option)
        print_json(schemas.overlay_for_editors() if overlay else schemas.load("test"))
        return ExitCode.OK
    if source is None:
        print_json(schemas.load("workflow"))
        return ExitCode.OK
    loaded = load_plan(source, settings, project=settings.find_project, lenient=lenient)
    print_json(InputSet(loaded.plan.inputs).json_schema())
    return ExitCode.OK
