"""The events of calls of other workflows; events.py says what they are among all others."""

from collections.abc import Mapping

from treadle.executor.fact import Fact
from treadle.plan.expression import Json


class CallResolved(Fact, frozen=True, kw_only=True):
    """The workflow that an expression names for the call at `address` was found, or was not.

    Shapes: `workflow` is its id; `plan_digest` tells which plan it has, None when `error` says
    why there is none.
    """

    at: str
    address: str
    workflow: str
    plan_digest: str | None
    error: str | None = None


class CallEntered(Fact, frozen=True, kw_only=True):
    """The workflow of a call begins.

    Shapes: `plan_digest` tells which plan it has, `workflow` is what the call names it; `secrets`
    maps its secret inputs to those of the run; `workflow_dir` is the folder of its file.
    """

    address: str
    plan_digest: str
    workflow: str
    inputs: Mapping[str, Json]
    secrets: Mapping[str, str] | None = None
    workflow_dir: str | None = None


class CallRebound(Fact, frozen=True, kw_only=True):
    """A call that goes on has its inputs made anew of those that the run was given.

    Shapes: `inputs` are all of them, `given` the names of those that count as given again.
    """

    address: str
    inputs: Mapping[str, Json]
    given: tuple[str, ...]
