"""How a run ends: through its `finally`, if it has one.

| the run is about to be | before that | and then |
|---|---|---|
| completed | its outputs are computed, `finally` runs | failed, if a step of `finally` failed |
| failed, aborted, cancelled | `finally` runs | as it was, whatever `finally` did |
| paused, interrupted | nothing | a resume goes on where it stands, also inside `finally` |

Each time is a leg with addresses of its own. A run that failed in `finally` only does its leg
anew when it is resumed. A cancellation inside `finally` ends the run at once.
"""

from collections.abc import Mapping

from treadle.executor import address as addresses
from treadle.executor.commands import StartTimer
from treadle.executor.events import (
    CancelRequested,
    ClosingStarted,
    Ending,
    Halt,
    RunAborted,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
)
from treadle.executor.state import Closing, Occurrence, Run
from treadle.executor.timers import later
from treadle.executor.turn import Turn, Work
from treadle.plan.catalogue import error_text
from treadle.plan.expression import Json


def end(
    turn: Turn,
    status: Ending,
    *,
    error: str | None = None,
    outputs: Mapping[str, Json] | None = None,
) -> None:
    """End the run, after its `finally` if there is one."""
    if not turn.run.program.plan.closing:
        return _rest(turn, status, error=error, outputs=outputs)
    number = turn.run.legs + 1
    turn.happens(ClosingStarted(leg=number, status=status, error=error, outputs=outputs))
    turn.then(Work.ENTER, addresses.leg(number))


def closed(turn: Turn) -> None:
    """End the run as it was to end when its `finally` began."""
    closing = _closing(turn.run)
    _rest(turn, closing.status, error=closing.error, outputs=closing.outputs)


def halted(turn: Turn, stopped: Occurrence) -> None:
    """Stop `finally` at a step that failed: a run that had completed has failed now."""
    closing = _closing(turn.run)
    if stopped.halt is Halt.PAUSED:
        turn.happens(RunPaused())
    elif closing.status is Ending.COMPLETED:
        _rest(turn, Ending.FAILED, error=stopped.halt_error)
    else:
        closed(turn)


def cancel(turn: Turn, event: CancelRequested) -> None:
    """End the run for good; inside `finally` at once."""
    by = f" by {event.by}" if event.by is not None else ""
    reason = f": {event.reason}" if event.reason is not None else ""
    error = error_text("TR819", about=f"{by}{reason}")
    if turn.run.closing is not None:
        turn.happens(RunCancelled(error=error))
    else:
        end(turn, Ending.CANCELLED, error=error)


def time_out(turn: Turn) -> None:
    """End a run that has worked for longer than it may."""
    limit = turn.run.program.plan.timeout_s
    end(turn, Ending.FAILED, error=error_text("TR816", timeout_s=f"{limit:g}"))


def limit(turn: Turn) -> None:
    """Ask for the timer of a run that may work for a limited time; `finally` has no limit."""
    timeout_s = turn.run.program.plan.timeout_s
    if timeout_s is not None and turn.run.closing is None:
        due = later(turn.run.updated_at, timeout_s - turn.run.used_s)
        turn.commands.append(StartTimer(address=addresses.ROOT, due=due))


def _closing(run: Run) -> Closing:
    if run.closing is None:
        raise ValueError("the run is not inside its finally")
    return run.closing


def _rest(
    turn: Turn,
    status: Ending,
    *,
    error: str | None,
    outputs: Mapping[str, Json] | None = None,
) -> None:
    match status:
        case Ending.COMPLETED:
            turn.happens(RunCompleted(outputs=outputs or {}))
        case Ending.FAILED:
            turn.happens(RunFailed(error=error))
        case Ending.ABORTED:
            turn.happens(RunAborted(error=error))
        case Ending.CANCELLED:
            turn.happens(RunCancelled(error=error))
