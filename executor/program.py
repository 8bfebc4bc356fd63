"""A plan with the look-ups that running it needs: made once a process, never stored.

`Program` answers what stands where; it knows nothing of any run.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

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
    """A plan and its bodies, by the path of their owner and the branch's segment.

    Shapes: `callees` are the programs of the workflows that it calls, and of those that a run
    has found so far, by the digests of their plans.
    """

    plan: Plan
    bodies: Mapping[tuple[str, str], Body]
    steps: Mapping[str, Step]
    callees: Mapping[str, "Program"]

    @staticmethod
    def of(plan: Plan) -> "Program":
        """Return the program of a plan."""
        callees = {digest: Program.of(callee) for digest, callee in plan.callees.items()}
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
        return Program(plan=plan, bodies=bodies, steps=steps, callees=callees)

    def with_callees(self, found: "Mapping[str, Program]") -> "Program":
        """Return a program that knows more workflows that are called."""
        if found.keys() <= self.callees.keys():
            return self
        return replace(self, callees={**found, **self.callees})

    def with_callee(self, plan: Plan) -> "Program":
        """Return a program that knows one more workflow, and all that this one calls."""
        own = Program.of(plan)
        return self.with_callees({plan.digest: own, **own.callees})

    def part(self, digest: str) -> "Program":
        """Return the program of a workflow that is called, this one for "". Errors: KeyError."""
        return self.callees[digest] if digest else self
