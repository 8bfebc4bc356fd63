"""Moments that the core works out from the times of events: it has no clock of its own.

A moment is an ISO 8601 time in UTC, as events carry it. Nothing here can leave the years that
such a time can name: a wait that is longer than ten years is ten years long.
"""

from datetime import datetime, timedelta

_LONGEST_S = 10 * 366 * 86_400.0


def later(moment: str, seconds: float) -> str:
    """Return the moment that lies some seconds behind another.

    >>> later("2026-01-01T00:00:59.500+00:00", 1.5)
    '2026-01-01T00:01:01.000+00:00'
    """
    wait = timedelta(seconds=min(max(seconds, 0.0), _LONGEST_S))
    return (datetime.fromisoformat(moment) + wait).isoformat(timespec="milliseconds")


def is_due(due: str, moment: str) -> bool:
    """Whether a moment has come."""
    return datetime.fromisoformat(moment) >= datetime.fromisoformat(due)


def seconds_between(start: str, end: str) -> float:
    """Return the time from one moment to another, none when the clock went backwards."""
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0.0, span.total_seconds())
