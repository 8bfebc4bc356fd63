"""A plan with the look-ups that running it needs: made once a process, never stored.

`Program` answers what stands where; it knows nothing of any run.
"""

from collections.abc import Mapping

from msgspec import Struct

from treadle.executor.address import ROOT
from treadle.plan.plan import Plan
from treadle.plan.steps import FanOutStep, LoopStep, Step, branches

MAIN = (ROOT, "")  # the key of a plan's own list of steps
CLOSING = (ROOT, "finally")


class Body(Struct, frozen=True, kw_only=True):
    """One list of steps: the plan's own, a branch, a loop's body or a fan-out's template.

    Shapes: `in_loop` is true when any loop stands around it.
    """

    steps: tuple[Step, ...]
    in_loop: bool


class Program(Struct, frozen=True, eq=False):
    """A plan and its bodies, by the path of their owner and the branch's segment."""

    plan: Plan
    bodies: Mapping[tuple[str, str], Body]
    steps: Mapping[str, Step]

    @staticmethod
    def of(plan: Plan) -> "Program":
        """Return the program of a plan."""
        bodies: dict[tuple[str, str], Body] = {}
        steps: dict[str, Step] = {}
        pending = [
            (MAIN, Body(steps=plan.steps, in_loop=False)),
            (CLOSING, Body(steps=plan.closing, in_loop=False)),
        ]
        while pending:
            key, body = pending.pop()
            bodies[key] = body
            for step in body.steps:
                steps[step.path] = step
                for branch in branches(step):
                    inner = Body(
                        steps=branch.steps,
                        in_loop=isinstance(step, LoopStep)
                        or (body.in_loop and not isinstance(step, FanOutStep)),
                    )
                    pending.append(((step.path, branch.segment), inner))
        return Program(plan=plan, bodies=bodies, steps=steps)
