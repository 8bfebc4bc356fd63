"""Puts a run under an edited plan: what is done stays, what comes is that of the new plan.

| a list of steps that | goes on |
|---|---|
| was left, or is an earlier round | never |
| stands at a control step that is at work | inside that step |
| stands anywhere else | behind the last of its steps that is done |

A step that was open begins anew, but for one inside a call, whose workflow stays what it was. Which
branch was taken, the items of a fan-out and the rounds that are done stay as they are. What the new
plan would have to have changed in the past is for verdict.py to find: here it is a mistake.
"""

from msgspec.structs import replace

from treadle.executor import address as addresses
from treadle.executor.address import ROOT
from treadle.executor.apply import apply
from treadle.executor.events import PlanReplaced
from treadle.executor.program import Program
from treadle.executor.rewind import cut, resumption
from treadle.executor.state import Phase, Run, Sequence
from treadle.executor.walk import sequences_begun, walk


def plan_replaced(program: Program, run: Run, event: PlanReplaced) -> Run:
    """Return a run that goes on under the plan of `program`.

    Errors: KeyError or ValueError when the plan does not fit what the run has done.
    """
    if program.plan.digest != event.plan_digest:
        raise ValueError(f"the plan is {program.plan.digest[:19]}, not {event.plan_digest[:19]}")
    run = rebased(cut(run, event.addresses).run, program)
    run = replace(run, inputs=event.inputs, secrets=frozenset(event.secrets))
    return apply(run, resumption(event))


def rebased(run: Run, program: Program) -> Run:
    """Return the run with everything it has done standing in the lists of another program."""
    run = cut(run, tuple(o.address for o in walk(run) if _is_open_leaf(run, o.address))).run
    occurrences, sequences = run.occurrences, run.sequences
    for address in (ROOT, *_inner(run)):
        sequence = run.sequences[address]
        index = position(run, program, sequence)
        sequences = sequences.insert(address, replace(sequence, index=index))
    for occurrence in walk(run):
        if run.sequences[occurrence.sequence].plan:
            continue
        step = program.steps[occurrence.step.path]
        occurrences = occurrences.insert(occurrence.address, replace(occurrence, step=step))
    # What has been called stays what it was when the call began.
    program = program.with_callees(run.program.callees)
    return replace(run, program=program, occurrences=occurrences, sequences=sequences)


def position(run: Run, program: Program, sequence: Sequence) -> int:
    """Return the number of the step that a sequence stands at in the lists of another program.

    Errors: KeyError when the list, or the control step it stands at, is not there any more.
    """
    if sequence.plan:
        return sequence.index
    old = run.program.bodies[sequence.body].steps
    new = program.bodies[sequence.body].steps
    if sequence.index == len(old) and _is_left(run, sequence):
        return len(new)
    numbers = {step.id: number for number, step in enumerate(new)}
    at = run.open_step(sequence)
    here = addresses.step(sequence.address, at.id) if at is not None else None
    if here in run.occurrences and at is not None and not _is_open_leaf(run, here or ""):
        return numbers[at.id]
    done = (numbers[step.id] for step in old[: sequence.index] if step.id in numbers)
    return max(done, default=-1) + 1


def _inner(run: Run) -> tuple[str, ...]:
    return tuple(inside for o in walk(run) for inside in sequences_begun(run, o))


def _is_left(run: Run, sequence: Sequence) -> bool:
    """Whether nothing can make a sequence that is at its end go on."""
    if sequence.address == ROOT:
        return False
    owner = run.occurrences[sequence.owner]
    return owner.phase is Phase.DONE or sequence.address != sequences_begun(run, owner)[-1]


def _is_open_leaf(run: Run, address: str) -> bool:
    occurrence = run.occurrences[address]
    return occurrence.phase is not Phase.DONE and not sequences_begun(run, occurrence)
