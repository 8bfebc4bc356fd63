"""When another attempt follows on one that failed: the back-off grows with every failure."""

from datetime import datetime

from treadle.executor.attempts import retry_of
from treadle.executor.commands import StartTimer
from treadle.executor.events import RetryScheduled
from treadle.executor.state import Occurrence
from treadle.executor.timers import later
from treadle.executor.turn import Turn
from treadle.plan.steps import Retry


def delay_s(retry: Retry, failures: int) -> float:
    """Return how long to wait after so many failures.

    >>> [delay_s(Retry(max_attempts=5, delay_s=1, backoff=2, max_delay_s=5), n) for n in (1, 2, 9)]
    [1.0, 2.0, 5.0]
    """
    try:
        delay = retry.delay_s * float(retry.backoff) ** (failures - 1)
    except OverflowError:
        delay = float("inf") if retry.delay_s else 0.0
    return delay if retry.max_delay_s is None else float(min(delay, retry.max_delay_s))


def still_due(occurrence: Occurrence, due: str, *, now: str) -> str:
    """Return when an attempt begins that was put off until `due` before the run was stopped.

    No later than it would after a failure now: the clock may have been set back meanwhile.
    """
    retry = retry_of(occurrence)
    if retry is None:
        return due
    return min(due, later(now, delay_s(retry, occurrence.failures)), key=datetime.fromisoformat)


def schedule(turn: Turn, address: str) -> None:
    """Decide when the next attempt of an action follows on the one that has just failed."""
    occurrence = turn.occurrence(address)
    retry = retry_of(occurrence)
    if retry is None:
        raise ValueError(f"{address} has no other attempt")
    due = later(turn.run.updated_at, delay_s(retry, occurrence.failures))
    turn.happens(RetryScheduled(address=address, attempt=occurrence.attempts + 1, due=due))
    turn.commands.append(StartTimer(address=address, due=due))
