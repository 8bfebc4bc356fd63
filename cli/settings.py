"""The options that every verb has, before or behind it."""

import inspect
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import Struct
from msgspec.structs import replace

from treadle.cli.exit_codes import ExitCode
from treadle.cli.guard import guarded
from treadle.cli.option_group import grouped, single_options
from treadle.cli.rejection import Rejected
from treadle.cli.text.talk import Talk, talk_on_stderr

if TYPE_CHECKING:
    from treadle.cli.project.configuration import Configuration

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The folder of the project, instead of the one around the working directory.",
        exists=True,
        file_okay=False,
    ),
]
NoInputOption = Annotated[bool, typer.Option("--no-input", help="Never ask anything.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Tell errors only.")]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Tell more, with the output of steps.")
]


class Settings(Struct, frozen=True, kw_only=True):
    """What the options of every verb say.

    Shapes: `project` is None when the project is to be found from the working directory.
    """

    project: Path | None = None
    is_input_off: bool = False
    is_quiet: bool = False
    is_verbose: bool = False

    def over(self, outer: "Settings") -> "Settings":
        """Return these settings with those that stood before the verb."""
        return Settings(
            project=self.project or outer.project,
            is_input_off=self.is_input_off or outer.is_input_off,
            is_quiet=self.is_quiet or outer.is_quiet,
            is_verbose=self.is_verbose or outer.is_verbose,
        )

    @property
    def may_ask(self) -> bool:
        """Whether there is a person at a terminal who may be asked."""
        return not self.is_input_off and sys.stdin.isatty() and sys.stderr.isatty()

    def find_project(self) -> Path:
        """Return the root of the project, and tell it when it is not the working directory."""
        # The executor's rule of what a project is; many commands never ask.
        from treadle.cli.project.find_project import find_project

        return find_project(self)

    @property
    def configuration(self) -> "Configuration":
        """What the project says about its checks. Errors: Rejected for a wrong file."""
        # Reading it takes TOML and JSON Schema where there is a file.
        from treadle.cli.project.configuration import find_configuration

        return find_configuration(self.project or Path.cwd(), os.environ)

    @property
    def talk(self) -> Talk:
        """The voice of the command."""
        return talk_on_stderr(is_quiet=self.is_quiet)


def for_programs(settings: Settings) -> Settings:
    """Return settings for a program that reads what is printed: it is never kept waiting."""
    return replace(settings, is_input_off=True)


def read_settings(
    *,
    project: ProjectOption = None,
    no_input: NoInputOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> Settings:
    """Return the settings that the options say."""
    return Settings(
        project=project.resolve() if project is not None else None,
        is_input_off=no_input,
        is_quiet=quiet,
        is_verbose=verbose,
    )


_SHARED = inspect.signature(read_settings).parameters
_MODE = "lenient"


def as_command(verb: Callable[..., int]) -> Callable[..., None]:
    """Return a verb as a command of typer: with the shared options, and ending in a status.

    Shapes: `verb` takes Settings first and returns an exit status; groups of options may be among
    its other parameters.
    """

    @wraps(verb)
    def command(context: typer.Context, **arguments: Any) -> None:
        own = read_settings(**{name: arguments.pop(name) for name in shared})
        outer = context.obj if isinstance(context.obj, Settings) else Settings()
        settings = own.over(outer)

        def work() -> int:
            if _is_left_to_project(context):
                arguments[_MODE] = settings.configuration.lenient
            return verb(settings, **grouped(verb, arguments))

        code = guarded(
            lambda: _unless_rejected(work, settings.talk),
            shows_traceback=settings.is_verbose,
            usage_errors=(typer.BadParameter,),
        )
        raise typer.Exit(code)

    parameters = tuple(single_options(verb))
    # A verb may have an option of its own under one of these names.
    shared = {name: _SHARED[name] for name in _SHARED if name not in {p.name for p in parameters}}
    named = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("context", named, annotation=typer.Context)
    options = [p.replace(kind=named) for p in (*parameters, *shared.values())]
    signature = inspect.Signature([context, *options])
    command.__signature__ = signature  # type: ignore[attr-defined] # how typer is told of options
    command.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    del command.__wrapped__  # typer would look at the verb instead
    return command


def _is_left_to_project(context: typer.Context) -> bool:
    """Whether a verb has two modes, and the command line names neither."""
    source = context.get_parameter_source(_MODE)
    return source is not None and source.name == "DEFAULT"


def _unless_rejected(work: Callable[[], int], talk: Talk) -> int:
    try:
        return work()
    except Rejected as rejected:
        for problem in rejected.problems:
            talk.error(problem)
        return ExitCode.REJECTED
