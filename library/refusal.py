"""What ends a request about installed workflows: it was refused, and nothing was changed."""

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


def reason_of(error: OSError) -> str:
    """Return what the system says about a failed call."""
    return error.strerror or str(error) or type(error).__name__
