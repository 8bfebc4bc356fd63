"""Spans of time and moments as people write them on a command line: ``2h``, ``30d``, a date."""

from datetime import UTC, datetime, timedelta

import typer

from treadle.plan.lazy_pattern import lazy_pattern

_SPAN = lazy_pattern(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(s|m|min|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def span(text: str) -> float | None:
    """Return a span of time in seconds, None when the text is none.

    >>> span("90s"), span("1.5h"), span("2w"), span("soon")
    (90.0, 5400.0, 1209600.0, None)
    """
    found = _SPAN.fullmatch(text.strip().lower())
    return float(found[1]) * _SECONDS[found[2]] if found else None


def moment_meant(text: str, *, now: datetime, option: str) -> str:
    """Return the moment that a span before now, a date or a time means.

    Units: the moment is an ISO 8601 time in UTC; what names no zone is on this machine's clock.
    Errors: typer.BadParameter that names the option.
    """
    seconds = span(text)
    try:
        if seconds is not None:
            meant = now - timedelta(seconds=seconds)
        else:
            meant = datetime.fromisoformat(text.strip())
        return meant.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        hint = f"'{text}' is no span such as 90s, 2h, 30d or 4w, and no date such as 2026-11-01"
        raise typer.BadParameter(hint, param_hint=option) from None


def seconds_meant(text: str, *, option: str) -> float:
    """Return the seconds of a span; a bare number is seconds.

    Errors: typer.BadParameter that names the option.
    """
    seconds = span(text)
    if seconds is None:
        seconds = span(f"{text.strip()}s")
    if seconds is None:
        hint = f"'{text}' is no span such as 90, 90s, 5m or 2h"
        raise typer.BadParameter(hint, param_hint=option)
    return seconds


def age(text: str, *, now: datetime) -> str:
    """Return how long ago a moment was, in one unit. Units: an ISO 8601 time.

    >>> age("2026-01-01T00:00:00+00:00", now=datetime(2026, 1, 3, 5, tzinfo=UTC))
    '2 d'
    """
    seconds = max(0.0, (now - datetime.fromisoformat(text)).total_seconds())
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"
