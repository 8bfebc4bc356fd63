"""What the program says on stderr, beside the data that goes to stdout."""

import os
import sys
from typing import TextIO

from msgspec import Struct

from treadle.cli.text.no_room import NO_ROOM
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.visible import visible
from treadle.plan.problems import Problem


class Talk(Struct, frozen=True, kw_only=True):
    """The voice of a command; a quiet one tells errors only."""

    stream: TextIO
    paint: Paint
    is_quiet: bool

    def say(self, line: str = "") -> None:
        """Tell a line, unless quiet."""
        if not self.is_quiet:
            self.insist(line)

    def insist(self, line: str) -> None:
        """Tell a line, quiet or not; without room for it on a disk it is lost, and work goes on.

        Errors: BrokenPipeError when nobody reads any longer.
        """
        try:
            # One write: `print` makes a second one of the line's end.
            self.stream.write(f"{line}\n")
            self.stream.flush()
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise

    def error(self, problem: Problem) -> None:
        """Tell why something is refused."""
        self._problem(problem, word="error", role=Role.ERROR)

    def warning(self, problem: Problem) -> None:
        """Tell what was let pass, unless quiet."""
        if not self.is_quiet:
            self._problem(problem, word="warning", role=Role.WARNING)

    def _problem(self, problem: Problem, *, word: str, role: Role) -> None:
        head = self.paint(f"{word} {problem.code}:", role)
        self.insist(f"{head} {visible(problem.message)}")
        if problem.hint is not None:
            self.insist(f"    {self.paint('hint:', Role.WAITING)} {visible(problem.hint)}")


def talk_on_stderr(*, is_quiet: bool) -> Talk:
    """Return the voice of this process."""
    return Talk(stream=sys.stderr, paint=painter(sys.stderr, os.environ), is_quiet=is_quiet)
