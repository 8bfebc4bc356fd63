"""Options and arguments that several verbs share, each with its help and its completion."""

from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.completion import (
    complete_inputs,
    complete_installed,
    complete_runs,
    complete_steps,
)

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A workflow file, a plan file, '-' for stdin, or the id of an installed workflow.",
    ),
]
InstalledArgument = Annotated[
    str,
    typer.Argument(metavar="ID", help="The id of a workflow.", autocompletion=complete_installed),
]
InstalledOption = Annotated[
    str | None,
    typer.Argument(
        metavar="[ID]",
        help="The id of an installed workflow; all of them without it.",
        show_default=False,
        autocompletion=complete_installed,
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run id, its unique beginning, or @latest.",
        autocompletion=complete_runs,
    ),
]
StepArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="STEP", help="The id or address of a step.", autocompletion=complete_steps
    ),
]
InputsOption = Annotated[
    list[str] | None,
    typer.Option(
        "-i",
        "--input",
        metavar="NAME=VALUE",
        help="Give an input; lists and mappings as JSON or YAML.",
        autocompletion=complete_inputs,
    ),
]
InputFilesOption = Annotated[
    list[str] | None,
    typer.Option(
        "-I",
        "--input-text",
        metavar="NAME=PATH",
        help="Give an input the text of a file; '-' is stdin.",
    ),
]
InputFileOption = Annotated[
    Path | None,
    typer.Option("--input-file", metavar="FILE", help="Give the inputs of a JSON or YAML mapping."),
]
LenientOption = Annotated[
    bool,
    typer.Option("--lenient/--strict", help="Accept what Spec Kit accepts, with warnings."),
]
ChoicesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--choice",
        metavar="[GATE=]OPTION",
        help="Answer an open gate; name it by step id or address when there are several.",
    ),
]
CommentOption = Annotated[
    str | None, typer.Option("--comment", metavar="TEXT", help="A note beside the answers.")
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="STEP",
        help="Run a step again, and everything behind it; an id or an address.",
        autocompletion=complete_steps,
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Let steps run again without being asked.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
DetailedExitcodeOption = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit with 3 when the run is paused.")
]
DetachOption = Annotated[
    bool,
    typer.Option("--detach", "-d", help="Go on in the background, and print the run's id."),
]
DiffOption = Annotated[
    str | None,
    typer.Option("--diff", metavar="OLD", help="Show what SOURCE changes against OLD."),
]
NeedsOption = Annotated[
    bool, typer.Option("--needs", help="List every question that a run may ask.")
]
DetailedDiffOption = Annotated[
    bool,
    typer.Option(
        "--detailed-exitcode",
        help="With --diff, exit with 3 for a difference, 1 for one that breaks callers.",
    ),
]
AnswersOption = Annotated[
    Path | None,
    typer.Option(
        "--answers", metavar="FILE", help="Answer inputs and gates from a JSON or YAML mapping."
    ),
]
NoPromptOption = Annotated[
    bool,
    typer.Option(
        "--no-prompt", help="Ask nothing; refuse at once when something would have to be asked."
    ),
]
