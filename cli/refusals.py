"""Refusals of the executor as rejections of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from treadle.cli.rejection import Rejected
from treadle.executor.errors import Reason, Refused
from treadle.plan.plan_file import PlanError
from treadle.plan.problems import Problem


def problem_of(reason: Reason) -> Problem:
    """Return a reason of the executor's as people are told of it."""
    return Problem(
        code=reason.code, field=reason.field or "", message=reason.message, hint=reason.hint
    )


@contextmanager
def rejecting_refusals() -> Iterator[None]:
    """Turn what the executor refuses into the rejection of the command."""
    try:
        yield
    except Refused as refused:
        raise Rejected(*map(problem_of, refused.reasons)) from refused
    except PlanError as error:
        problem = Problem(code=error.code, field="", message=str(error), hint=error.hint)
        raise Rejected(problem) from error
