"""The steps that a run can come to, as far as what is known before it decides.

A branch that is not taken is left out; a step behind a condition that is still open is there, and
not certain. That an earlier step may fail is not thought of. A workflow that is called is gone
into where its plan is known.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from treadle.plan.evaluate import EvaluationError
from treadle.plan.inputs import AUTO, INTEGRATION, Given, InputSet
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.steps import (
    FanOutStep,
    IfStep,
    Kind,
    LoopStep,
    Step,
    SwitchStep,
    WorkflowStep,
    branches,
)

# Looking at each of ten thousand items would take longer than the run may.
MAX_ITEMS = 100


class Whereabouts(Struct, frozen=True, kw_only=True):
    """What is known at a place of a plan.

    Shapes: `callees` are the plans of workflows that are called, by digest; `prefix` stands
    before the paths of steps in one of them; `calls` are the digests around the place.
    """

    known: Known
    is_certain: bool = True
    callees: Mapping[str, Plan] = field(default_factory=dict)
    prefix: str = ""
    calls: tuple[str, ...] = ()


class Reached(Struct, frozen=True, kw_only=True):
    """A step that a run can come to, with what is known there. Shapes: `path` is from the run's."""

    step: Step
    path: str
    known: Known
    is_certain: bool


def all_steps(plan: Plan, known: Known) -> Iterator[Reached]:
    """Yield the steps that a new run of a plan can come to, those under `finally` last."""
    at = Whereabouts(known=known, callees=plan.callees)
    yield from reached(plan.steps, at)
    yield from reached(plan.closing, at)


def reached(steps: Sequence[Step], at: Whereabouts) -> Iterator[Reached]:
    """Yield the steps of a list and those inside them, in source order; one of an item, each time.

    Before and after::

        - {id: pick, type: if, condition: "{{ inputs.fast }}", then: […], else: […]}

    With `fast` known as true, yields pick and the steps of `then`, all of them certain; with
    `fast` open, the steps of both branches, none of them certain.
    """
    for step in steps:
        here = at
        if step.condition is not None:
            is_met = at.known.decided(step.condition)
            if is_met is False:
                continue
            here = _doubting(at, is_certain=is_met is True)
        yield reached_at(step, here)
        yield from _inside(step, here)


def reached_at(step: Step, at: Whereabouts) -> Reached:
    """Return a step as it is reached, without what is inside it."""
    path = f"{at.prefix}{step.path}"
    return Reached(step=step, path=path, known=at.known, is_certain=at.is_certain)


def _inside(step: Step, at: Whereabouts) -> Iterator[Reached]:
    match step:
        case IfStep():
            taken = {True: "then", False: "else", None: None}[at.known.decided(step.test)]
            yield from _branches(step, taken, at)
        case SwitchStep():
            yield from _branches(step, at.known.branch(step), at)
        case LoopStep():
            is_met = True if step.kind is Kind.DO_WHILE else at.known.decided(step.test)
            if is_met is not False:
                yield from reached(step.steps, _doubting(at, is_certain=is_met is True))
        case FanOutStep():
            yield from _items(step, at)
        case WorkflowStep():
            yield from _called(step, at)
        case _:
            yield from _branches(step, None, at)


def _doubting(at: Whereabouts, *, is_certain: bool) -> Whereabouts:
    return replace(at, is_certain=at.is_certain and is_certain)


def _branches(step: Step, taken: str | None, at: Whereabouts) -> Iterator[Reached]:
    """Yield the steps of the branch that is taken, of all branches when that is open."""
    for branch in branches(step):
        if taken is None or branch.segment == taken:
            yield from reached(branch.steps, _doubting(at, is_certain=taken is not None))


def _items(step: FanOutStep, at: Whereabouts) -> Iterator[Reached]:
    items = at.known.items(step)
    if items is None or len(items) > MAX_ITEMS:
        # A list whose items are not looked at one by one is still known not to be empty.
        inside = replace(at, known=at.known.without_item())
        yield from reached((step.template,), _doubting(inside, is_certain=items is not None))
        return
    for item in items:
        yield from reached((step.template,), replace(at, known=at.known.with_item(item)))


def _called(step: WorkflowStep, at: Whereabouts) -> Iterator[Reached]:
    """Yield the steps of a workflow that is called, with the inputs that the call gives."""
    inside = inside_call(step, at)
    if inside is not None:
        # A `finally` is for runs of the workflow itself.
        yield from reached(at.callees[step.callee or ""].steps, inside)


def inside_call(step: WorkflowStep, at: Whereabouts) -> Whereabouts | None:
    """Return what is known inside a call, None where the workflow is not known."""
    plan = at.callees.get(step.callee) if step.callee is not None else None
    if plan is None or plan.digest in at.calls:
        return None
    return replace(
        at,
        known=known_inside(step, plan, at.known),
        prefix=f"{at.prefix}{step.path}/w",
        calls=(*at.calls, plan.digest),
    )


def known_inside(step: WorkflowStep, plan: Plan, known: Known) -> Known:
    """Return the inputs of a call that are known before it; what is wrong with one is open."""
    given: dict[str, Given] = {}
    missing: set[str] = set()
    for name, value in step.input.items():
        try:
            if known.open_reads(value):
                missing.add(name)
            else:
                given[name] = Given(value=known.render(value), is_text=False)
        except EvaluationError:
            missing.add(name)
    inputs = InputSet(plan.inputs)
    resolved = inputs.resolve(given, lenient=True, integration=None)
    values = {name: value for name, value in resolved.values.items() if name not in missing}
    if values.get(INTEGRATION) == AUTO:
        del values[INTEGRATION]  # only the run knows what the word stands for
    open_ = {*missing, *resolved.missing, *inputs.secrets}
    open_ |= {name for name in inputs.names if name not in values}
    return replace(known, inputs=values, missing=frozenset(open_), has_item=False, item=None)
