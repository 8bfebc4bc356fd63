"""What happens around steps: leaving and repeating, halting, filling a fan-out, reopening.

A halt travels outwards: through branches, loops and calls at once, through a fan-out when none of
its items is at work any more; at the root it ends or pauses the run.
"""

from treadle.executor import address as addresses
from treadle.executor.address import ROOT
from treadle.executor.call import halt_call, leave_call, reopen_call
from treadle.executor.closing import end, halted
from treadle.executor.events import (
    Ending,
    Halt,
    ItemStarted,
    RoundStarted,
    RunPaused,
    StepHalted,
    StepLeft,
    StepReopened,
)
from treadle.executor.finishing import fail
from treadle.executor.names import names
from treadle.executor.program import CLOSING
from treadle.executor.state import Occurrence, Phase, Sequence
from treadle.executor.turn import Turn, Work
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import EvaluationError, holds
from treadle.plan.expression import Json
from treadle.plan.steps import FanOutStep, LoopStep, OnLimit

_MOST_AT_ONCE = 256  # a fan-out may allow any number, and a turn must come to its end


def leave(turn: Turn, address: str) -> None:
    """Go on after a branch, a round or a call: with another round, or with the step behind."""
    owner = turn.occurrence(address)
    if isinstance(owner.step, LoopStep):
        _next_round(turn, owner, owner.step)
    elif owner.call is not None:
        leave_call(turn, owner, owner.call)
    else:
        turn.happens(StepLeft(address=address, output={}))
        turn.then(Work.ENTER, owner.sequence)


def _next_round(turn: Turn, owner: Occurrence, step: LoopStep) -> None:
    sequence = turn.run.sequences[owner.sequence]
    is_last = owner.rounds >= step.max_iterations
    try:
        goes_on = holds(step.test, names(turn.run, sequence.scope))
    except EvaluationError as error:
        if not is_last:
            text = error_text("TR801", reason=error.message)
            return fail(turn, sequence, step, error=text, output=dict(owner.output or {}))
        goes_on = True
    if goes_on and not is_last:
        turn.happens(RoundStarted(address=owner.address, round=owner.rounds + 1))
        turn.then(Work.ENTER, addresses.round_(owner.address, owner.rounds + 1))
        return
    ended: dict[str, Json] = {"iterations": owner.rounds, "limit_reached": goes_on}
    if goes_on and step.on_limit is OnLimit.FAIL:
        text = error_text("TR817", limit=step.max_iterations)
        return fail(turn, sequence, step, error=text, output={**(owner.output or {}), **ended})
    turn.happens(StepLeft(address=owner.address, output=ended))
    turn.then(Work.ENTER, owner.sequence)


def halt(turn: Turn, sequence_address: str) -> None:
    """Stop a sequence at the step it stands at, and what stands around it."""
    sequence = turn.run.sequences[sequence_address]
    stopped = _stopped(turn, sequence)
    if sequence.address == ROOT:
        match stopped.halt:
            case Halt.PAUSED:
                turn.happens(RunPaused())
            case Halt.ABORTED:
                end(turn, Ending.ABORTED, error=stopped.halt_error)
            case _:
                end(turn, Ending.FAILED, error=stopped.halt_error)
    elif sequence.body == CLOSING:
        halted(turn, stopped)
    elif sequence.is_item:
        turn.unless_waiting(Work.FILL, sequence.owner)
    else:
        _halt_owner(turn, turn.occurrence(sequence.owner), stopped)


def _halt_owner(turn: Turn, owner: Occurrence, stopped: Occurrence) -> None:
    if owner.call is not None:
        return halt_call(turn, owner, owner.call, stopped)
    turn.happens(
        StepHalted(
            address=owner.address,
            halt=stopped.halt or Halt.FAILED,
            error=stopped.halt_error,
        )
    )
    turn.then(Work.HALT, owner.sequence)


def _stopped(turn: Turn, sequence: Sequence) -> Occurrence:
    step = turn.run.open_step(sequence)
    if step is None:
        raise ValueError(f"{sequence.address} is at its end and cannot halt")
    return turn.occurrence(addresses.step(sequence.address, step.id))


def fill(turn: Turn, address: str) -> None:
    """Start items of a fan-out until no more may be at work, or end it when none is.

    All of them have begun before the first one does anything: one that halts stops none of them.
    """
    begun: list[tuple[Work, str]] = []
    while len(begun) < _MOST_AT_ONCE and (index := _next_item(turn, address)) is not None:
        inside = addresses.item(address, index)
        begun.append((Work.REOPEN if inside in turn.run.sequences else Work.ENTER, inside))
        turn.happens(ItemStarted(address=address, index=index))
    if begun:
        turn.then(Work.FILL, address)
        for work, inside in reversed(begun):
            turn.then(work, inside)
    else:
        _end_fan_out(turn, turn.occurrence(address))


def _next_item(turn: Turn, address: str) -> int | None:
    """Return the item of a fan-out that may begin now, None when none may."""
    owner = turn.occurrence(address)
    fan = owner.fan
    if fan is None or not isinstance(owner.step, FanOutStep):
        raise ValueError(f"{address} is not a fan-out at work")
    if fan.is_halting or fan.active >= owner.step.concurrency:
        return None
    if fan.again:
        return fan.again[0]
    return fan.next if fan.next < len(fan.items) else None


def _end_fan_out(turn: Turn, owner: Occurrence) -> None:
    """End a fan-out none of whose items is at work."""
    # Another one may be waiting for a fan-out that is at work, or has ended already.
    if owner.phase is not Phase.ACTIVE or owner.fan is None or owner.fan.active > 0:
        return
    halted = _first_halted(turn, owner)
    if halted is not None:
        _halt_owner(turn, owner, halted)
    else:
        turn.happens(StepLeft(address=owner.address, output={}))
        turn.then(Work.ENTER, owner.sequence)


def _first_halted(turn: Turn, owner: Occurrence) -> Occurrence | None:
    fan = owner.fan
    if fan is None or not fan.is_halting:
        return None
    for index in range(fan.next):
        sequence = turn.run.sequences[addresses.item(owner.address, index)]
        if turn.run.open_step(sequence) is not None:
            return _stopped(turn, sequence)
    return None


def reopen(turn: Turn, sequence_address: str) -> None:
    """Go on with a sequence at exactly the step it stands at, at any depth."""
    sequence = turn.run.sequences[sequence_address]
    step = turn.run.open_step(sequence)
    address = addresses.step(sequence_address, step.id) if step is not None else ROOT
    occurrence = turn.run.occurrences.get(address)
    if occurrence is None:
        return turn.then(Work.ENTER, sequence_address)
    turn.happens(StepReopened(address=address))
    if occurrence.segment is not None:
        turn.then(Work.REOPEN, addresses.branch(address, occurrence.segment))
    elif occurrence.rounds:
        turn.then(Work.REOPEN, addresses.round_(address, occurrence.rounds))
    elif occurrence.fan is not None:
        turn.then(Work.FILL, address)
    elif occurrence.call is not None:
        reopen_call(turn, turn.occurrence(address), occurrence.call)
    else:
        turn.then(Work.ENTER, sequence_address)
