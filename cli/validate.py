"""``treadle validate``: checks workflow files and plan files, and runs nothing."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.check_file import check_bytes, check_file
from treadle.cli.excerpt import MAX_WIDTH
from treadle.cli.exit_codes import ExitCode
from treadle.cli.findings import Checked, Summary
from treadle.cli.json_output import print_json
from treadle.cli.paint import painter
from treadle.cli.report_json import report_object
from treadle.cli.report_text import report_lines
from treadle.cli.settings import Settings
from treadle.cli.workflow_files import find_workflow_files
from treadle.plan.catalogue import Severity

STDIN = "-"
_UNREADABLE = "TR101"


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


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
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Accept what Spec Kit accepts, with warnings.")
    ] = False,
) -> int:
    """Check workflow files: exit 0 when clean, 1 with findings, 2 for a file nobody can read."""
    checked = tuple(_check_all(paths or (), settings, lenient=lenient))
    match output:
        case Format.JSON:
            print_json(report_object(checked, lenient=lenient))
        case Format.TEXT:
            _print_text(checked)
            settings.talk.say(str(Summary.of(checked)))
    found = [diagnostic for file in checked for diagnostic in file.diagnostics]
    if any(diagnostic.code == _UNREADABLE for diagnostic in found):
        return ExitCode.REJECTED
    has_failed = any(diagnostic.severity in _COUNTED[fail_on] for diagnostic in found)
    return ExitCode.FAILED if has_failed else ExitCode.OK


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


def _print_text(checked: Sequence[Checked]) -> None:
    paint = painter(sys.stdout, os.environ)
    width = shutil.get_terminal_size((MAX_WIDTH, 24)).columns if sys.stdout.isatty() else MAX_WIDTH
    for file in checked:
        for line in report_lines(file, paint, width=width):
            print(line)
