"""``treadle validate --fix``: rewrites files with the fixes of their findings.

What is reported afterwards is what is left. With ``--diff`` nothing is written; standard input
has its fixed text printed. Either way stdout holds that and nothing else.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, TextIO

import typer
from msgspec import Struct

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.plan_source import is_plan
from treadle.cli.checking.replace_file import replace_file
from treadle.cli.exit_codes import ExitCode
from treadle.cli.flags import FIX_ALL
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.counted import counted
from treadle.cli.text.unified_diff import diff_lines
from treadle.compiler.diagnostics import Report
from treadle.compiler.mending.repair import Wanted, is_fixable, is_safely_fixable, repair
from treadle.compiler.reading.source import read_source

Look = Callable[[bytes, str], Checked]

STDIN = "<stdin>"

FixOption = Annotated[
    bool,
    typer.Option("--fix", help="Rewrite the files with safe fixes; '--fix=all' with all of them."),
]
FixAllOption = Annotated[bool, typer.Option(FIX_ALL, hidden=True)]
DiffOption = Annotated[bool, typer.Option("--diff", help="Show what --fix would write instead.")]

_NOT_TEXT = "TR102"


def fixing_of(
    settings: Settings, *, is_fixing: bool, is_fixing_all: bool, is_diff: bool
) -> "Fixing":
    """Return what the options ask for; a difference alone is that of the safe fixes."""
    if not (is_fixing or is_fixing_all or is_diff):
        return Fixing(settings=settings, wanted=lambda _: False, is_diff=False, is_on=False)
    wanted = is_fixable if is_fixing_all else is_safely_fixable
    return Fixing(settings=settings, wanted=wanted, is_diff=is_diff, is_on=True)


class Fixing(Struct, kw_only=True):
    """The fixing of one command: how it is done, and what was done so far."""

    settings: Settings
    wanted: Wanted
    is_diff: bool
    is_on: bool
    fixed: int = 0
    changed: int = 0
    has_printed: bool = False
    has_failed: bool = False

    def of_all(self, checked: Iterable[Checked], look: Look) -> tuple[Checked, ...]:
        """Fix the files that were checked; return what is left in them.

        Shapes: `look` checks other bytes for the path of a file.
        """
        if not self.is_on:
            return tuple(checked)
        left = tuple(self._of(file, look) for file in checked)
        if self.fixed:
            verb = "would fix" if self.is_diff else "fixed"
            findings, files = counted(self.fixed, "finding"), counted(self.changed, "file")
            self.settings.talk.say(f"{verb} {findings} in {files}")
        return left

    def voice(self) -> TextIO:
        """Return where the report goes: stdout may hold a text or a difference already."""
        return sys.stderr if self.has_printed else sys.stdout

    def status(self, code: int) -> int:
        """Return the exit status of a command that has `code` for what is left."""
        if self.has_failed:
            return ExitCode.REJECTED
        return ExitCode.FAILED if self.is_diff and self.changed and not code else code

    def _of(self, checked: Checked, look: Look) -> Checked:
        if checked.path == STDIN:
            self.has_printed = True
        elif not any(self.wanted(found) for found in checked.diagnostics):
            return checked
        source = _source(checked)
        if source is None or is_plan(source, name=checked.path):
            return checked
        repaired = repair(source, lambda new: look(new, checked.path), wanted=self.wanted)
        if not self._put(checked.path, source, repaired.source):
            return checked
        self.fixed += len(repaired.fixes)
        self.changed += repaired.source != source
        return repaired.looked

    def _put(self, path: str, source: bytes, fixed: bytes) -> bool:
        """Write, print or show a fixed text; return whether that could be done."""
        if self.is_diff:
            self.has_printed = True
            for line in diff_lines(source, fixed, path=path):
                print(line)
        elif path == STDIN:
            sys.stdout.buffer.write(fixed)
            sys.stdout.buffer.flush()
        elif source != fixed:
            return self._write(path, fixed)
        return True

    def _write(self, path: str, fixed: bytes) -> bool:
        try:
            replace_file(path, fixed, project=self.settings.find_project)
        except Rejected as rejected:
            self.has_failed = True
            for problem in rejected.problems:
                self.settings.talk.error(problem)
            return False
        return True


def _source(checked: Checked) -> bytes | None:
    """Return the bytes of a checked file, None when they cannot be fixed."""
    if checked.path != STDIN:
        return read_source(Path(checked.path), report=Report())
    is_text = not any(found.code == _NOT_TEXT for found in checked.diagnostics)
    return checked.text.encode("utf-8") if is_text else None
