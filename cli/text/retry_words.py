"""How people are told of attempts: which one of how many comes, and when."""

from treadle.cli.text.durations import between, duration
from treadle.executor.attempts import retry_of
from treadle.executor.state import Occurrence


def coming_attempt(occurrence: Occurrence, *, now: str) -> str:
    """Return what a step waits for: ``attempt 2 of 3 in 1.5 s``.

    Attempts are counted as the budget does: one that was lost is not among them.
    """
    return f"{attempt_of(occurrence, occurrence.failures + 1)} {_when(occurrence, now)}"


def attempt_of(occurrence: Occurrence, number: int) -> str:
    """Return an attempt and how many there may be: ``attempt 2 of 3``."""
    retry = retry_of(occurrence)
    return f"attempt {number} of {retry.max_attempts}" if retry is not None else f"attempt {number}"


def _when(occurrence: Occurrence, now: str) -> str:
    seconds = between(now, occurrence.due) if occurrence.due is not None else 0.0
    return f"in {duration(seconds)}" if seconds else "at once"
