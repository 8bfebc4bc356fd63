"""Spans of time and moments in the words of people."""

from datetime import datetime


def between(start: str, end: str) -> float:
    """Return the time from one moment to another. Units: ISO 8601 times; seconds."""
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def duration(seconds: float) -> str:
    """Return a span of time in at most two units.

    >>> duration(0.0124), duration(3.44), duration(75), duration(7300)
    ('12 ms', '3.4 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(text: str) -> str:
    """Return a moment on the clock of this machine. Units: an ISO 8601 time."""
    return datetime.fromisoformat(text).astimezone().isoformat(" ", "seconds")[:19]
