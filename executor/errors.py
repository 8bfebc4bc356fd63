"""Refusals: what a caller asked for cannot be done, and nothing was changed."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from treadle.plan.problems import Problem, problem


class Refused(Exception):
    """A request was refused before anything was written.

    `problems` holds every reason, at least one, each with its code.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems

    @staticmethod
    def because(code: str, *, hint: str | None = None, **fields: object) -> "Refused":
        """Return a refusal with one reason out of the catalogue."""
        return Refused(problem(code, hint=hint, **fields))


@contextmanager
def refusing_disk_errors(path: Path) -> Iterator[None]:
    """Turn an error of the disk into a refusal. Errors: Refused with TR908.

    Shapes: `path` is told where the error names no file.
    """
    try:
        yield
    except OSError as error:
        place, reason = error.filename or path, error.strerror or error
        raise Refused.because("TR908", path=place, reason=reason) from error


def refuse_problems(problems: Collection[Problem]) -> None:
    """Refuse what has problems. Errors: Refused with all of them."""
    if problems:
        raise Refused(*problems)
