"""What ends a command before it has done anything."""

from treadle.plan.problems import Problem, problem


class Rejected(Exception):
    """A command is refused with exit status 2; without problems they were shown already."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems

    @staticmethod
    def because(code: str, *, hint: str | None = None, **fields: object) -> "Rejected":
        """Return a rejection with one problem out of the catalogue."""
        return Rejected(problem(code, hint=hint, **fields))
