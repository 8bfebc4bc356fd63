"""The steps that a run can come to, as far as what is known before it decides.

A branch that is not taken is left out; a step behind a condition that is still open is there, and
not certain. That an earlier step may fail is not thought of.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from treadle.plan.evaluate import EvaluationError
from treadle.plan.expression import Json
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.steps import (
    FanOutStep,
    IfStep,
    Kind,
    LoopStep,
    Step,
    SwitchStep,
    branches,
)
from treadle.plan.text import as_text

# Looking at each of ten thousand items would take longer than the run may.
MAX_ITEMS = 100


class Reached(Struct, frozen=True, kw_only=True):
    """A step that a run can come to, with what is known there."""

    step: Step
    known: Known
    is_certain: bool


def all_steps(plan: Plan, known: Known) -> Iterator[Reached]:
    """Yield the steps that a new run of a plan can come to, those under `finally` last."""
    yield from reached(plan.steps, known)
    yield from reached(plan.closing, known)


def reached(steps: Sequence[Step], known: Known, *, is_certain: bool = True) -> Iterator[Reached]:
    """Yield the steps of a list and those inside them, in source order; one of an item, each time.

    Before and after::

        - {id: pick, type: if, condition: "{{ inputs.fast }}", then: […], else: […]}

    With `fast` known as true, yields pick and the steps of `then`, all of them certain; with
    `fast` open, the steps of both branches, none of them certain.
    """
    for step in steps:
        certain = is_certain
        if step.condition is not None:
            is_met = known.decided(step.condition)
            if is_met is False:
                continue
            certain = certain and is_met is True
        yield Reached(step=step, known=known, is_certain=certain)
        yield from _inside(step, known, is_certain=certain)


def _inside(step: Step, known: Known, *, is_certain: bool) -> Iterator[Reached]:
    match step:
        case IfStep():
            taken = {True: "then", False: "else", None: None}[known.decided(step.test)]
            yield from _branches(step, taken, known, is_certain=is_certain)
        case SwitchStep():
            yield from _branches(step, _case(step, known), known, is_certain=is_certain)
        case LoopStep():
            is_met = True if step.kind is Kind.DO_WHILE else known.decided(step.test)
            if is_met is not False:
                certain = is_certain and is_met is True
                yield from reached(step.steps, known, is_certain=certain)
        case FanOutStep():
            yield from _items(step, known, is_certain=is_certain)
        case _:
            yield from _branches(step, None, known, is_certain=is_certain)


def _branches(
    step: Step, taken: str | None, known: Known, *, is_certain: bool
) -> Iterator[Reached]:
    """Yield the steps of the branch that is taken, of all branches when that is open."""
    for branch in branches(step):
        if taken is None or branch.segment == taken:
            certain = is_certain and taken is not None
            yield from reached(branch.steps, known, is_certain=certain)


def _case(step: SwitchStep, known: Known) -> str | None:
    """Return the branch that a switch takes, None when that is open."""
    if known.open_reads(step.expression):
        return None
    try:
        value = as_text(known.render(step.expression)).strip()
    except EvaluationError:
        return None
    return f"case:{value}" if any(case.key == value for case in step.cases) else "default"


def _items(step: FanOutStep, known: Known, *, is_certain: bool) -> Iterator[Reached]:
    items = _known_items(step, known)
    if items is None or len(items) > MAX_ITEMS:
        # A list whose items are not looked at one by one is still known not to be empty.
        certain = is_certain and items is not None
        yield from reached((step.template,), known.without_item(), is_certain=certain)
        return
    for item in items:
        yield from reached((step.template,), known.with_item(item), is_certain=is_certain)


def _known_items(step: FanOutStep, known: Known) -> list[Json] | None:
    """Return the items of a fan-out, None when they are open or would be an error."""
    if known.open_reads(step.items):
        return None
    try:
        items = known.render(step.items)
    except EvaluationError:
        return None
    return items if isinstance(items, list) else None
