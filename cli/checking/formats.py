"""The formats of a report: which there are, and how each gets onto stdout.

A format is imported when it is asked for. Paths in the formats of GitHub are those of the
repository; everywhere else they stand as they were given.
"""

import os
import shutil
import sys
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import assert_never

from treadle.cli.checking.findings import Checked
from treadle.cli.text.excerpt import MAX_WIDTH
from treadle.plan.catalogue import Severity

_REPOSITORY = "GITHUB_WORKSPACE"


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


# What people read ends in a summary on stderr.
FOR_PEOPLE = frozenset({Format.TEXT, Format.GITHUB})


def print_report(
    output: Format, checked: Sequence[Checked], *, lenient: bool, counted: Collection[Severity]
) -> None:
    """Print a report on stdout.

    Shapes: `lenient` is the mode of the check; `counted` are the severities that make the exit
    status 1.
    """
    match output:
        case Format.TEXT:
            _print_text(checked)
        case Format.JSON:
            from treadle.cli.checking.report_json import report_object
            from treadle.cli.text.json_output import print_json

            print_json(report_object(checked, lenient=lenient))
        case Format.JSONL:
            from treadle.cli.checking.report_jsonl import finding_objects
            from treadle.cli.text.json_output import print_json_line

            for finding in finding_objects(checked):
                print_json_line(finding)
        case Format.GITHUB:
            from treadle.cli.checking.report_github import github_lines

            _print("".join(f"{line}\n" for line in github_lines(checked, path_of=_in_repository)))
        case Format.SARIF:
            _print_sarif(checked)
        case Format.JUNIT:
            from treadle.cli.checking.report_junit import junit_xml

            _print(junit_xml(checked, counted=counted))
        case _:
            assert_never(output)


def _print_text(checked: Sequence[Checked]) -> None:
    from treadle.cli.checking.report_text import report_lines
    from treadle.cli.text.paint import painter

    paint = painter(sys.stdout, os.environ)
    width = shutil.get_terminal_size((MAX_WIDTH, 24)).columns if sys.stdout.isatty() else MAX_WIDTH
    for file in checked:
        for line in report_lines(file, paint, width=width):
            print(line)


def _print_sarif(checked: Sequence[Checked]) -> None:
    from importlib.metadata import version

    from treadle.cli.checking.report_sarif import sarif_object
    from treadle.cli.text.json_output import print_json

    print_json(sarif_object(checked, version=version("treadle"), path_of=_in_repository))


def _print(text: str) -> None:
    """Print what other programs read as UTF-8, whatever the locale says."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))


def _in_repository(path: str) -> str:
    root = os.environ.get(_REPOSITORY)
    if not root or path.startswith("<"):
        return path
    inside = os.path.relpath(path, root)
    return path if inside.startswith(os.pardir) else inside
