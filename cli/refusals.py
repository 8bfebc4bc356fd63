"""Refusals of the executor as rejections of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from treadle.cli.rejection import Rejected
from treadle.executor.errors import Refused
from treadle.plan.plan_file import PlanError


@contextmanager
def rejecting_refusals() -> Iterator[None]:
    """Turn what the executor refuses into the rejection of the command."""
    try:
        yield
    except Refused as refused:
        raise Rejected(*refused.problems) from refused
    except PlanError as error:
        raise Rejected(error.problem) from error
