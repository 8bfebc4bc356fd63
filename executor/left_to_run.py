"""The steps that a run has still to come to, from the place where it stands.

What is done is left out, and so is a branch that was not taken; a loop that is at work may go
round again.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from treadle.executor import address as addresses
from treadle.executor.open_steps import sequences_inside
from treadle.executor.state import Occurrence, Phase, Run, Sequence
from treadle.plan.known import Known
from treadle.plan.reach import (
    MAX_ITEMS,
    Reached,
    Whereabouts,
    all_steps,
    reached,
    reached_at,
)
from treadle.plan.steps import FanOutStep, LoopStep


def left_to_run(run: Run, known: Known) -> Iterator[Reached]:
    """Yield the steps that a run can come to when it goes on.

    Shapes: `known` holds the inputs that it goes on with.
    """
    plan = run.program.plan
    top = run.sequences.get(run.top)
    if top is None:
        yield from all_steps(plan, known)
        return
    at = Whereabouts(known=known, callees=plan.callees)
    yield from _rest(run, top, at)
    if run.closing is None:
        yield from reached(plan.closing, at)


def _rest(run: Run, sequence: Sequence, around: Whereabouts) -> Iterator[Reached]:
    """Yield the steps of a sequence from the open one on."""
    steps = run.body(sequence).steps
    if sequence.index >= len(steps):
        return
    at = _whereabouts(run, sequence, around)
    step = steps[sequence.index]
    occurrence = run.occurrences.get(addresses.step(sequence.address, step.id))
    inside = sequences_inside(run, occurrence) if occurrence is not None else ()
    if occurrence is None or not inside:
        is_done = occurrence is not None and occurrence.phase is Phase.DONE
        yield from () if is_done else reached((step,), at)
    else:
        yield reached_at(step, at)
        for inner in inside:
            yield from _rest(run, inner, at)
        yield from _again(occurrence, at)
    yield from reached(steps[sequence.index + 1 :], at)


def _whereabouts(run: Run, sequence: Sequence, around: Whereabouts) -> Whereabouts:
    """Return what is known in a sequence: its item, and the inputs of the call it belongs to."""
    scope = run.scopes.get(sequence.scope)
    if scope is None:
        return around
    known = around.known
    if scope.has_item:
        known = known.with_item(scope.item)
    if scope.call is None:
        return replace(around, known=known)
    inputs = run.inputs_at(sequence.scope)
    known = replace(known, inputs=inputs, missing=frozenset())
    return replace(around, known=known, prefix=addresses.call(scope.call))


def _again(occurrence: Occurrence, at: Whereabouts) -> Iterator[Reached]:
    """Yield what a loop or a fan-out begins after what is at work: rounds and items to come."""
    step = occurrence.step
    if isinstance(step, LoopStep) and occurrence.rounds < step.max_iterations:
        yield from reached(step.steps, replace(at, is_certain=False))
    elif isinstance(step, FanOutStep) and occurrence.fan is not None:
        ahead = occurrence.fan.items[occurrence.fan.next :]
        for item in ahead[:MAX_ITEMS]:
            yield from reached((step.template,), replace(at, known=at.known.with_item(item)))
