"""The end of a step that needs no action: its record, and what its sequence does then."""

from treadle.executor import address as addresses
from treadle.executor.events import Halt, StepFinished, StepStatus
from treadle.executor.state import Sequence
from treadle.executor.turn import Turn, Work
from treadle.plan.expression import Json
from treadle.plan.steps import Step


def fail(
    turn: Turn,
    sequence: Sequence,
    step: Step,
    *,
    error: str,
    output: dict[str, Json] | None = None,
) -> None:
    """Record a step as failed and go on as its `continue_on_error` says."""
    finish(
        turn,
        sequence,
        StepFinished(
            address=addresses.step(sequence.address, step.id),
            status=StepStatus.FAILED,
            output=output if output is not None else {},
            error=error,
            halt=None if step.continue_on_error else Halt.FAILED,
        ),
    )


def finish(turn: Turn, sequence: Sequence, event: StepFinished) -> None:
    """Record a step that ended without an action, and go on or halt."""
    turn.happens(event)
    turn.then(Work.HALT if event.halt is not None else Work.ENTER, sequence.address)
