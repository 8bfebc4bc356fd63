"""``treadle validate``: checks workflow files and plan files, and runs nothing."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from treadle.cli.check_file import check_bytes, check_file
from treadle.cli.codes_option import IGNORE, SELECT, read_codes
from treadle.cli.compat import CompatOption, is_lenient_look, weighed
from treadle.cli.exit_codes import ExitCode
from treadle.cli.findings import Checked, Summary
from treadle.cli.fix_files import DiffOption, FixAllOption, FixOption, fixing_of
from treadle.cli.formats import FOR_PEOPLE, Format, print_report
from treadle.cli.options import LenientOption
from treadle.cli.settings import Settings
from treadle.cli.workflow_files import find_workflow_files
from treadle.plan.catalogue import Severity

STDIN = "-"
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
    found_in = _check_all(paths or (), settings, lenient=is_lenient)

    def shown(files: Iterable[Checked]) -> tuple[Checked, ...]:
        return selection(weighed(files, compat, lenient=lenient))

    def look(source: bytes, path: str) -> Checked:
        return shown((check_bytes(source, path=path, lenient=is_lenient),))[0]

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


def _check_all(paths: Sequence[str], settings: Settings, *, lenient: bool) -> Iterator[Checked]:
    if not paths:
        paths = (os.path.relpath(settings.find_project()),)
    seen: set[str] = set()
    for path in paths:
        if path == STDIN:
            yield check_bytes(sys.stdin.buffer.read(), path="<stdin>", lenient=lenient)
        for file in _files(path, settings):
            if file not in seen:
                seen.add(file)
                yield check_file(file, lenient=lenient)


def _files(path: str, settings: Settings) -> tuple[str, ...]:
    if path == STDIN:
        return ()
    if not os.path.isdir(path):
        return (path,)
    found = tuple(str(file) for file in find_workflow_files(Path(path)))
    if not found:
        settings.talk.say(f"no workflow files below {path}")
    return found


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
