"""The steps that a run has still to come to, from the place where it stands.

What is done is left out, and so is a branch that was not taken; a loop that is at work may go
round again.
"""

from collections.abc import Iterator

from treadle.executor import address as addresses
from treadle.executor.open_steps import sequences_inside
from treadle.executor.state import Occurrence, Phase, Run, Sequence
from treadle.plan.known import Known
from treadle.plan.reach import MAX_ITEMS, Reached, all_steps, reached
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
    yield from _rest(run, top, known)
    if run.closing is None:
        yield from reached(plan.closing, known)


def _rest(run: Run, sequence: Sequence, known: Known) -> Iterator[Reached]:
    """Yield the steps of a sequence from the open one on."""
    steps = run.program.bodies[sequence.body].steps
    scope = run.scopes.get(sequence.scope)
    here = known.with_item(scope.item) if scope is not None and scope.has_item else known
    if sequence.index >= len(steps):
        return
    step = steps[sequence.index]
    occurrence = run.occurrences.get(addresses.step(sequence.address, step.id))
    inside = sequences_inside(run, occurrence) if occurrence is not None else ()
    if occurrence is None or not inside:
        is_done = occurrence is not None and occurrence.phase is Phase.DONE
        yield from () if is_done else reached((step,), here)
    else:
        yield Reached(step=step, known=here, is_certain=True)
        for inner in inside:
            yield from _rest(run, inner, here)
        yield from _again(occurrence, here)
    yield from reached(steps[sequence.index + 1 :], here)


def _again(occurrence: Occurrence, known: Known) -> Iterator[Reached]:
    """Yield what a loop or a fan-out begins after what is at work: rounds and items to come."""
    step = occurrence.step
    if isinstance(step, LoopStep) and occurrence.rounds < step.max_iterations:
        yield from reached(step.steps, known, is_certain=False)
    elif isinstance(step, FanOutStep) and occurrence.fan is not None:
        ahead = occurrence.fan.items[occurrence.fan.next :]
        for item in ahead[:MAX_ITEMS]:
            yield from reached((step.template,), known.with_item(item))
