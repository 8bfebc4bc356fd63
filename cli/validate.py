"""``treadle validate``: checks workflow, overlay and plan files, and runs nothing."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from enum import StrEnum
from typing import Annotated

import typer
from msgspec.structs import replace

from treadle.cli.checking.check_paths import Checking
from treadle.cli.checking.compat import CompatOption, is_lenient_look, weighed
from treadle.cli.checking.findings import Checked, Summary
from treadle.cli.checking.fix_files import DiffOption, FixAllOption, FixOption, fixing_of
from treadle.cli.checking.formats import FOR_PEOPLE, Format, print_report
from treadle.cli.codes_option import IGNORE, SELECT, read_codes
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import LenientOption
from treadle.cli.settings import Settings
from treadle.plan.catalogue import Severity

_UNREADABLE = "TR101"


class FailOn(StrEnum):
    """The least weight of a finding that makes the exit status 1."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


_COUNTED = {
    FailOn.ERROR: frozenset({Severity.ERROR}),
    FailOn.WARNING: frozenset({Severity.ERROR, Severity.WARNING}),
    FailOn.NEVER: frozenset[Severity](),
}


def validate(
    settings: Settings,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, or folders to search; '-' is stdin, nothing is the whole project.",
        ),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="What makes the exit status 1.")
    ] = FailOn.ERROR,
    select: Annotated[
        list[str] | None,
        typer.Option(SELECT, metavar="CODES", help="Report only these codes, such as TR302,TR5."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(IGNORE, metavar="CODES", help="Do not report these codes."),
    ] = None,
    lenient: LenientOption = False,
    compat: CompatOption = None,
    fix: FixOption = False,
    fix_all: FixAllOption = False,
    diff: DiffOption = False,
) -> int:
    """Check workflow files: exit 0 when clean, 1 with findings, 2 for a file nobody can read."""
    selection = _selection(settings, select=select, ignore=ignore)
    is_lenient = is_lenient_look(compat, lenient=lenient)
    checking = Checking(settings=settings, lenient=is_lenient)
    found_in = checking.of(paths or ())

    def shown(files: Iterable[Checked]) -> tuple[Checked, ...]:
        return selection(weighed(files, compat, lenient=lenient))

    def look(source: bytes, path: str) -> Checked:
        return shown((checking.again(source, path),))[0]

    fixing = fixing_of(settings, is_fixing=fix, is_fixing_all=fix_all, is_diff=diff)
    checked = fixing.of_all(shown(found_in), look)
    with redirect_stdout(fixing.voice()):
        print_report(output, checked, lenient=lenient, counted=_COUNTED[fail_on])
    if output in FOR_PEOPLE:
        settings.talk.say(str(Summary.of(checked)))
    found = [diagnostic for file in checked for diagnostic in file.diagnostics]
    if any(diagnostic.code == _UNREADABLE for diagnostic in found):
        return ExitCode.REJECTED
    has_failed = any(diagnostic.severity in _COUNTED[fail_on] for diagnostic in found)
    return fixing.status(ExitCode.FAILED if has_failed else ExitCode.OK)


def _selection(
    settings: Settings, *, select: Sequence[str] | None, ignore: Sequence[str] | None
) -> Callable[[Iterable[Checked]], tuple[Checked, ...]]:
    """Return what leaves of files the findings that the project and the options select."""
    project = settings.configuration
    selected = read_codes(select, option=SELECT)
    ignored = read_codes(ignore, option=IGNORE)
    own = project.selection
    selection = replace(
        own,
        select=own.select if selected is None else selected,
        ignore=own.ignore if ignored is None else ignored,
    )

    def of(checked: Iterable[Checked]) -> tuple[Checked, ...]:
        return tuple(selection.of(file, path=project.path_of(file.path)) for file in checked)

    return of
