"""Enters the step that a sequence stands at: decides what can be decided, asks for the rest.

An expression that cannot be evaluated is a failed step with a record like any other failure.
"""

from typing import assert_never

from treadle.executor import address as addresses
from treadle.executor.call import enter_call
from treadle.executor.closing import closed, end
from treadle.executor.commands import Perform, StartTimer
from treadle.executor.events import (
    ActionStarted,
    BranchTaken,
    Ending,
    FanOutStarted,
    LoopEntered,
    OutputsCollected,
    RoundStarted,
    StepFinished,
    StepStatus,
)
from treadle.executor.finishing import fail, finish
from treadle.executor.gate import enter_gate
from treadle.executor.generations import next_attempt
from treadle.executor.inside import outputs_of
from treadle.executor.names import names
from treadle.executor.program import CLOSING
from treadle.executor.retry import still_due
from treadle.executor.state import RUN_SCOPE, Sequence
from treadle.executor.timers import is_due
from treadle.executor.turn import Turn, Work
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import EvaluationError, holds, render
from treadle.plan.expression import Json
from treadle.plan.steps import (
    ActionStep,
    FanInStep,
    FanOutStep,
    GateStep,
    IfStep,
    Kind,
    LoopStep,
    SlotStep,
    Step,
    SwitchStep,
    WorkflowStep,
)
from treadle.plan.text import as_text, kind_of


def enter(turn: Turn, sequence_address: str) -> None:
    """Enter the step that a sequence stands at, or leave the sequence at its end."""
    sequence = turn.run.sequences[sequence_address]
    step = turn.run.open_step(sequence)
    if step is not None:
        try:
            _enter_step(turn, sequence, step)
        except EvaluationError as error:
            fail(turn, sequence, step, error=error_text("TR801", reason=error.message))
    elif sequence.address == addresses.ROOT:
        _complete(turn)
    elif sequence.body == CLOSING:
        closed(turn)
    elif sequence.is_item:
        turn.unless_waiting(Work.FILL, sequence.owner)
    else:
        turn.then(Work.LEAVE, sequence.owner)


def start_action(turn: Turn, address: str) -> None:
    """Begin an attempt of an action, or go on waiting for the moment at which it is due."""
    known = turn.run.occurrences.get(address)
    if known is not None and known.waits_for_retry and known.due is not None:
        if not is_due(known.due, turn.run.updated_at):
            due = still_due(known, known.due, now=turn.run.updated_at)
            turn.commands.append(StartTimer(address=address, due=due))
            return
    attempt = next_attempt(turn.run, address)
    turn.happens(ActionStarted(address=address, attempt=attempt))
    turn.commands.append(Perform(address=address, attempt=attempt))


def _enter_step(turn: Turn, sequence: Sequence, step: Step) -> None:
    address = addresses.step(sequence.address, step.id)
    if step.condition is not None and not holds(step.condition, names(turn.run, sequence.scope)):
        skipped = StepFinished(address=address, status=StepStatus.SKIPPED, output=None)
        return finish(turn, sequence, skipped)
    if isinstance(step, ActionStep):
        return start_action(turn, address)
    roots = names(turn.run, sequence.scope)
    match step:
        case GateStep():
            finish(turn, sequence, enter_gate(turn, step, address=address, roots=roots))
        case SlotStep():
            output: dict[str, Json] = {"slot": step.slot}
            unfilled = StepFinished(address=address, status=StepStatus.SKIPPED, output=output)
            finish(turn, sequence, unfilled)
        case IfStep():
            is_true = holds(step.test, roots)
            segment = "then" if is_true else "else"
            steps = step.then if is_true else step.otherwise
            output = {"condition_result": is_true}
            _take(turn, sequence, address, segment=segment if steps else None, output=output)
        case SwitchStep():
            _switch(turn, sequence, step, roots=roots)
        case LoopStep():
            _start_loop(turn, sequence, step, roots=roots)
        case FanOutStep():
            _start_fan_out(turn, sequence, step, roots=roots)
        case FanInStep():
            _collect(turn, sequence, step, roots=roots)
        case WorkflowStep():
            enter_call(turn, sequence, step, roots=roots)
        case _:
            assert_never(step)


def _take(
    turn: Turn,
    sequence: Sequence,
    address: str,
    *,
    segment: str | None,
    output: dict[str, Json],
) -> None:
    turn.happens(BranchTaken(address=address, segment=segment, output=output))
    inside = addresses.branch(address, segment) if segment is not None else sequence.address
    turn.then(Work.ENTER, inside)


def _switch(turn: Turn, sequence: Sequence, step: SwitchStep, *, roots: dict[str, Json]) -> None:
    value = render(step.expression, roots)
    text = as_text(value).strip()
    segment, steps, matched = "default", step.default, "__default__"
    for case in step.cases:
        if case.key == text:
            segment, steps, matched = f"case:{case.key}", case.steps, case.key
            break
    _take(
        turn,
        sequence,
        addresses.step(sequence.address, step.id),
        segment=segment if steps else None,
        output={"matched_case": matched, "expression_value": value},
    )


def _start_loop(turn: Turn, sequence: Sequence, step: LoopStep, *, roots: dict[str, Json]) -> None:
    address = addresses.step(sequence.address, step.id)
    goes_round = True
    output: dict[str, Json] = {"condition": step.raw_condition}
    if step.kind is Kind.WHILE:
        goes_round = holds(step.test, roots)
        output = {"condition_result": goes_round}
    output |= {"max_iterations": step.max_iterations, "loop_type": step.kind.value}
    if goes_round and step.steps:
        turn.happens(LoopEntered(address=address, output=output))
        turn.happens(RoundStarted(address=address, round=1))
        turn.then(Work.ENTER, addresses.round_(address, 1))
    else:
        # No round can change what an empty body's condition reads: it does nothing.
        output |= {"iterations": 0, "limit_reached": False}
        done = StepFinished(address=address, status=StepStatus.COMPLETED, output=output)
        finish(turn, sequence, done)


def _start_fan_out(
    turn: Turn, sequence: Sequence, step: FanOutStep, *, roots: dict[str, Json]
) -> None:
    address = addresses.step(sequence.address, step.id)
    items = render(step.items, roots)
    output: dict[str, Json] = {"max_concurrency": step.max_concurrency}
    if not isinstance(items, list | tuple):
        error = error_text("TR807", found=kind_of(items))
        output = {"items": [], **output, "item_count": 0}
        return fail(turn, sequence, step, error=error, output=output)
    output["item_count"] = len(items)
    if not items:
        output = {"items": [], **output, "results": []}
        done = StepFinished(address=address, status=StepStatus.COMPLETED, output=output)
        return finish(turn, sequence, done)
    turn.happens(FanOutStarted(address=address, items=tuple(items), output=output))
    turn.then(Work.FILL, address)


def _collect(turn: Turn, sequence: Sequence, step: FanInStep, *, roots: dict[str, Json]) -> None:
    known = turn.run.scopes[sequence.scope].names
    sources = tuple(known.get(name) for name in step.wait_for)
    roots["fan_in"] = {"results": outputs_of(turn.run, sources)}
    output = {name: render(value, roots) for name, value in step.output.items()}
    address = addresses.step(sequence.address, step.id)
    turn.happens(OutputsCollected(address=address, sources=sources, output=output))
    turn.then(Work.ENTER, sequence.address)


def _complete(turn: Turn) -> None:
    roots = names(turn.run, RUN_SCOPE)
    outputs: dict[str, Json] = {}
    for name, output in turn.run.program.plan.outputs.items():
        try:
            outputs[name] = render(output.value, roots)
        except EvaluationError as error:
            if not turn.run.lenient:
                reason = f"output '{name}': {error.message}"
                return end(turn, Ending.FAILED, error=error_text("TR801", reason=reason))
            outputs[name] = None  # Spec Kit computes outputs only where a workflow is called
    end(turn, Ending.COMPLETED, outputs=outputs)
