"""How the state of a run comes to its end: time-out, cancellation, the legs of `finally`.

The deciding half of this is closing.py.
"""

from msgspec.structs import replace

from treadle.executor.address import ROOT
from treadle.executor.events import CancelRequested, ClosingStarted, RunTimedOut
from treadle.executor.program import CLOSING
from treadle.executor.state import RUN_SCOPE, Closing, Run, RunStatus, Sequence
from treadle.executor.timers import seconds_between


def used_before(run: Run) -> float:
    """Return how long a run has worked of what it may when it goes on.

    Pauses are not work. What came behind the last event of a run that crashed is not known. A
    failed run has its whole time again. Units: seconds.
    """
    if run.program.plan.timeout_s is None or run.status is RunStatus.FAILED:
        return 0.0
    return run.used_s + seconds_between(run.working_since, run.updated_at)


def closing_started(run: Run, event: ClosingStarted) -> Run:
    """Begin a leg of `finally`. Errors: ValueError when one is at work, or has the number."""
    if run.closing is not None or event.leg != run.legs + 1:
        raise ValueError(f"leg {event.leg} of finally cannot begin")
    closing = Closing(leg=event.leg, status=event.status, error=event.error, outputs=event.outputs)
    sequence = Sequence(
        address=closing.sequence,
        owner=ROOT,
        body=CLOSING,
        index=0,
        scope=RUN_SCOPE,
        prefix="",
    )
    sequences = run.sequences.insert(sequence.address, sequence)
    return replace(run, closing=closing, legs=event.leg, sequences=sequences)


def stopped(run: Run, event: RunTimedOut | CancelRequested) -> Run:
    """Give up what is in flight. Errors: ValueError for a run that cannot end so."""
    is_over = run.status.is_final
    if isinstance(event, RunTimedOut):
        is_over = run.status is not RunStatus.RUNNING or run.closing is not None
    if is_over:
        raise ValueError(f"a run that is {run.status} cannot end in this way")
    return replace(
        run, updated_at=event.at, status=RunStatus.RUNNING, error=None, outputs=None, put_off=()
    )
