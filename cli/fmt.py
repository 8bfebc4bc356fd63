"""``treadle fmt``: brings workflow files into their one form."""

import os
import shutil
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct, field

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.plan_source import PLAN_SUFFIX
from treadle.cli.checking.replace_file import replace_file
from treadle.cli.checking.report_text import report_lines
from treadle.cli.checking.workflow_files import find_workflow_files
from treadle.cli.exit_codes import ExitCode
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.counted import counted
from treadle.cli.text.excerpt import MAX_WIDTH
from treadle.cli.text.paint import painter
from treadle.cli.text.unified_diff import diff_lines
from treadle.cli.text.visible import visible
from treadle.compiler.diagnostics import Report
from treadle.compiler.mending.formatting import formatted
from treadle.compiler.reading.document import load
from treadle.compiler.reading.source import read_source

STDIN = "-"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Outcome(IntEnum):
    """What became of a file; the greatest one decides how the command ends."""

    UNCHANGED = 0
    CHANGED = 1
    LEFT_ALONE = 2
    REFUSED = 3


def fmt(
    settings: Settings,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, or folders to search; '-' is stdin, nothing is the whole project.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 when something would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change, as --check.")
    ] = False,
) -> int:
    """Format workflow files: exit 0 when all is well, 1 with --check, 2 for a broken file."""
    formatter = _Formatter(settings=settings, is_dry=check or diff, shows_diff=diff)
    for path in _files(tuple(paths or ()), settings):
        formatter.take(path)
    formatter.tell()
    match max(formatter.outcomes, default=Outcome.UNCHANGED):
        case Outcome.REFUSED:
            return ExitCode.REJECTED
        case Outcome.LEFT_ALONE:
            return ExitCode.FAILED
        case Outcome.CHANGED:
            return ExitCode.FAILED if formatter.is_dry else ExitCode.OK
        case Outcome.UNCHANGED:
            return ExitCode.OK


class _Formatter(Struct, kw_only=True):
    """One command: how it is done, and what became of the files so far."""

    settings: Settings
    is_dry: bool
    shows_diff: bool
    outcomes: list[Outcome] = field(default_factory=list)

    def take(self, path: str) -> None:
        """Format one file, or what comes from standard input."""
        report = Report()
        if path == STDIN:
            source: bytes | None = sys.stdin.buffer.read()
        else:
            source = read_source(Path(path), report=report)
        if source is None:
            self._show(Checked(path=path, text="", diagnostics=report.diagnostics))
            self.outcomes.append(Outcome.REFUSED)
        else:
            self.outcomes.append(self._format(path, source, report))

    def tell(self) -> None:
        """Say what became of the files."""
        changed = self.outcomes.count(Outcome.CHANGED)
        same = self.outcomes.count(Outcome.UNCHANGED)
        word = "would be formatted" if self.is_dry else "formatted"
        parts = [f"{counted(changed, 'file')} {word}"] if changed else []
        if same or not changed:
            parts.append(f"{counted(same, 'file')} left as {'it is' if same == 1 else 'they are'}")
        self.settings.talk.say(", ".join(parts))

    def _format(self, path: str, source: bytes, report: Report) -> Outcome:
        document = load(source, path=path, report=report)
        if document is None:
            text = source.decode("utf-8", "replace").removeprefix("\ufeff")
            self._show(Checked(path=path, text=text, diagnostics=report.diagnostics))
            return Outcome.REFUSED
        new = formatted(document)
        mark = _BYTE_ORDER_MARK if source.startswith(_BYTE_ORDER_MARK) else b""
        after = source if new is None else mark + new.encode("utf-8")
        if new is None:
            self.settings.talk.insist(f"{visible(path)}: left alone, its lines cannot be moved")
        return self._put(path, source, after, otherwise=_outcome(new, is_same=source == after))

    def _put(self, path: str, source: bytes, after: bytes, *, otherwise: Outcome) -> Outcome:
        if self.shows_diff:
            for line in diff_lines(source, after, path=path):
                print(line)
        elif path == STDIN and not self.is_dry:
            sys.stdout.buffer.write(after)
            sys.stdout.buffer.flush()
        elif self.is_dry and source != after:
            print(visible(path))
        elif source != after:
            return self._write(path, after)
        return otherwise

    def _write(self, path: str, content: bytes) -> Outcome:
        try:
            replace_file(path, content, project=self.settings.find_project)
        except Rejected as rejected:
            for problem in rejected.problems:
                self.settings.talk.error(problem)
            return Outcome.REFUSED
        return Outcome.CHANGED

    def _show(self, checked: Checked) -> None:
        # Standard output may hold the formatted text of another file.
        is_terminal = sys.stderr.isatty()
        width = shutil.get_terminal_size((MAX_WIDTH, 24)).columns if is_terminal else MAX_WIDTH
        for line in report_lines(checked, painter(sys.stderr, os.environ), width=width):
            self.settings.talk.insist(line)


def _outcome(new: str | None, *, is_same: bool) -> Outcome:
    if new is None:
        return Outcome.LEFT_ALONE
    return Outcome.UNCHANGED if is_same else Outcome.CHANGED


def _files(paths: tuple[str, ...], settings: Settings) -> Iterator[str]:
    """Yield each file once; a folder stands for the workflow files below it."""
    seen: set[str] = set()
    for path in paths or (os.path.relpath(settings.find_project()),):
        for file in _below(path) if os.path.isdir(path) else (path,):
            if file not in seen and not file.lower().endswith(PLAN_SUFFIX):
                seen.add(file)
                yield file


def _below(folder: str) -> tuple[str, ...]:
    return tuple(str(file) for file in find_workflow_files(Path(folder)))
