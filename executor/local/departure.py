"""A run that is about to begin or to go on, as those see it who look around before it does.

It stands by itself because most runs need nothing to be looked at, and pay for no more imports.
"""

from msgspec import Struct

from treadle.executor.state import Run
from treadle.plan.inputs import Resolved
from treadle.plan.plan import Plan


class Departure(Struct, frozen=True, kw_only=True):
    """A run before its first step, or before the first that is left.

    Shapes: `run` is None for one that begins; `resolved` are the inputs that it goes with;
    `workflow_dir` is the folder of the workflow's file, where there is one.
    """

    plan: Plan
    resolved: Resolved
    lenient: bool
    run: Run | None = None
    workflow_dir: str | None = None
