"""The verbs of the program, each in a module of its own that is imported when it is named.

A command pays for nothing but its own imports: the others are known by their summaries only.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated

import typer
from msgspec import Struct

from treadle.cli.completion import words_to_complete
from treadle.cli.flags import with_plain_flags
from treadle.cli.settings import (
    NoInputOption,
    ProjectOption,
    QuietOption,
    VerboseOption,
    as_command,
    read_settings,
)

PROGRAM = "treadle"


class Verb(Struct, frozen=True):
    """A verb: the module ``treadle.cli.<module>`` holds the function of that name.

    Shapes: `module` is given where the verb itself is a word of Python's. A verb with `actions` is
    a group of commands: the module has a function ``<verb>_<action>`` for each.
    """

    name: str
    summary: str
    module: str | None = None
    actions: tuple[str, ...] = ()


VERBS = (
    Verb("run", "Run a workflow until it ends or waits for somebody."),
    Verb("resume", "Go on with a run that is paused, failed or interrupted."),
    Verb("cancel", "End a run for good, whichever process works on it."),
    Verb("fork", "Copy a run, and go on with the copy from a step."),
    Verb("status", "Show a run, or list all runs of the project."),
    Verb("logs", "Print the raw output of a run's steps."),
    Verb("wait", "Wait until a run rests."),
    Verb("export", "Write a run into one file."),
    Verb("import", "Add an exported run to the project.", "import_"),
    Verb("prune", "Remove runs that are over."),
    Verb("validate", "Check workflow files."),
    Verb("test", "Rehearse workflows against their tests."),
    Verb("fmt", "Format workflow files."),
    Verb("plan", "Show what a run would do, without doing it."),
    Verb("doctor", "Tell what a workflow would miss on this machine."),
    Verb("schema", "Print the schema of workflow files, or of a workflow's inputs."),
    Verb("graph", "Draw a workflow as a Mermaid flowchart."),
    Verb("list", "List installed workflows.", "list_"),
    Verb("add", "Install a workflow from a file, an archive, an address or a catalog."),
    Verb("update", "Bring installed workflows to the version of their catalog."),
    Verb("remove", "Remove an installed workflow."),
    Verb("enable", "Allow a disabled workflow to be run again."),
    Verb("disable", "Keep a workflow installed, and refuse to run it."),
    Verb("info", "Show a workflow, installed or in a catalog."),
    Verb("search", "Search the catalogs for workflows."),
    Verb("catalog", "Say where workflows are looked for.", actions=("list", "add", "remove")),
    Verb("verify", "Compare installed workflows with the lock file."),
    Verb("resolve", "Show which overlays a workflow has, and whose each step is."),
    Verb(
        "overlay",
        "Adapt an installed workflow without touching it.",
        actions=("add", "list", "set-priority", "enable", "disable", "remove"),
    ),
    Verb(
        "step",
        "Show, add and remove step types of your own.",
        actions=(
            *("list", "info", "add", "remove", "search"),
            *("catalog list", "catalog add", "catalog remove"),
        ),
    ),
    Verb("worker", "Work for runs that are kept on Temporal."),
    Verb("dev-server", "Start a Temporal server for development.", "dev_server"),
    Verb("explain", "Explain a diagnostic."),
    Verb("new", "Write a first workflow to start from."),
)
# Actions of two words stand below the first of them.
_INNER = {"catalog": "Say where they are looked for."}
_EPILOG = "Exit status: 0 done or paused, 1 failed or findings, 2 refused, 130 interrupted."


def run_program(arguments: Sequence[str]) -> int:
    """Run the command that the arguments ask for. Errors: SystemExit with its status."""
    app = build(words=words_to_complete() or arguments)
    app(args=with_plain_flags(arguments), prog_name=PROGRAM)
    return 0


def build(*, words: Sequence[str]) -> typer.Typer:
    """Return the program with the verb that stands in `words`, and stubs for the others."""
    app = typer.Typer(
        name=PROGRAM,
        help="Compiles declarative YAML workflows into a validated plan and runs it durably.",
        epilog=_EPILOG,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_before_the_verb)
    for verb in VERBS:
        if verb.actions and verb.name in words:
            app.add_typer(_group(verb), name=verb.name, short_help=verb.summary)
            continue
        if verb.name in words:
            name = verb.module or verb.name
            module = import_module(f"treadle.cli.{name}")
            command = as_command(getattr(module, name))
        else:
            command = _stub(verb)
        app.command(verb.name, short_help=verb.summary)(command)
    return app


def _group(verb: Verb) -> typer.Typer:
    """Return a verb with its actions."""
    module = import_module(f"treadle.cli.{verb.module or verb.name}")
    group = typer.Typer(help=verb.summary, no_args_is_help=True, rich_markup_mode=None)
    inner: dict[str, typer.Typer] = {}
    for action in verb.actions:
        function = f"{verb.name}_{action}".replace("-", "_").replace(" ", "_")
        outer, _, name = action.rpartition(" ")
        if outer and outer not in inner:
            inner[outer] = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
            group.add_typer(inner[outer], name=outer, short_help=_INNER[outer])
        place = inner[outer] if outer else group
        place.command(name)(as_command(getattr(module, function)))
    return group


def _stub(verb: Verb) -> Callable[[], None]:
    def stub() -> None:
        raise AssertionError(f"{verb.name} is named and yet not loaded")

    return stub


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version  # needed for this only

        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit()


def _before_the_verb(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", help="Show the version.", is_eager=True, callback=_show_version
        ),
    ] = False,
    project: ProjectOption = None,
    no_input: NoInputOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    context.obj = read_settings(project=project, no_input=no_input, quiet=quiet, verbose=verbose)
