"""The names by which a file of tests may mean the steps of a workflow and of those that it calls.

| form | example | means |
|---|---|---|
| id | `child` | every execution of the step, also in a workflow that is called |
| path | `/loop/child` | the same, of one of several steps of that id |
| public id | `loop:child:2`, `fan:item:0`, `call/child` | one execution |
| address | `/loop/r2/child` | one execution |
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.plan import Plan, every_step
from treadle.plan.steps import GateStep, Step, WorkflowStep

_ROUND_ITEM_OR_LEG = lazy_pattern(r"[ril]\d+")
_INTO_A_CALL = "w"


class StepNames(Struct, frozen=True, kw_only=True):
    """The steps that can be meant.

    Shapes: `is_open` says that a workflow is found at run time only, whose steps nobody knows yet.
    """

    steps: tuple[Step, ...]
    is_open: bool

    @staticmethod
    def of(plan: Plan) -> "StepNames":
        """Return the names of a workflow."""
        steps = tuple(step for each in _plans(plan) for step in every_step(each))
        calls = (step for step in steps if isinstance(step, WorkflowStep))
        return StepNames(steps=steps, is_open=any(call.callee is None for call in calls))

    @property
    def gates(self) -> tuple[GateStep, ...]:
        """The gates among the steps."""
        return tuple(step for step in self.steps if isinstance(step, GateStep))

    def meant(self, name: str) -> tuple[Step, ...]:
        """Return the steps that a name can mean, none when it means nothing.

        Several have one id when workflows are called.
        """
        if name.startswith("/"):
            paths = _paths(name)
            return tuple(step for step in self.steps if step.path in paths)
        exact = tuple(step for step in self.steps if step.id == name)
        return exact or self._by_public(name)

    def _by_public(self, name: str) -> tuple[Step, ...]:
        """Return the steps of the last id in a public id, whose parts are all known."""
        ids = "|".join(sorted({re.escape(step.id) for step in self.steps}, key=len, reverse=True))
        part = rf"(?:{ids}|\d+)"
        if not ids or not re.fullmatch(rf"{part}(?:[:/]{part})*", name):
            return ()
        last = re.findall(rf"(?:^|[:/])({ids})(?=[:/]|$)", name)
        return tuple(step for step in self.steps if last and step.id == last[-1])


def _plans(plan: Plan) -> Iterator[Plan]:
    yield plan
    for callee in plan.callees.values():
        yield from _plans(callee)


def _paths(address: str) -> frozenset[str]:
    """Return the paths in a plan that an address can stand for: they begin anew in a call."""
    parts = [part for part in address.split("/") if not _ROUND_ITEM_OR_LEG.fullmatch(part)]
    starts = [0, *(at for at, part in enumerate(parts) if part == _INTO_A_CALL)]
    return frozenset({address, *("/" + "/".join(parts[at + 1 :]) for at in starts)})
