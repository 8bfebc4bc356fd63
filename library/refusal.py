"""What ends a request about installed workflows: it was refused, and nothing was changed."""

from collections.abc import Iterator
from contextlib import contextmanager

from treadle.plan.problems import Problem, problem


class Refused(Exception):
    """A request was refused; `problem` has its code and says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

    @staticmethod
    def because(code: str, *, hint: str | None = None, **fields: object) -> "Refused":
        """Return a refusal with a message of the catalogue."""
        return Refused(problem(code, hint=hint, **fields))


@contextmanager
def left_as_it_was(what: str) -> Iterator[None]:
    """Turn an error of the disk into the refusal to change `what`. Errors: Refused with TR969."""
    try:
        yield
    except OSError as error:
        raise Refused.because("TR969", what=what, reason=reason_of(error)) from error


def reason_of(error: OSError) -> str:
    """Return what the system says about a failed call."""
    return error.strerror or str(error) or type(error).__name__
