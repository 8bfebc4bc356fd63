"""Moments: later ones, due ones, and spans that never run backwards."""

import pytest

from treadle.executor.timers import is_due, later, seconds_between

AT = "2026-01-01T00:00:59.500+00:00"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, AT),
        (-3.0, AT),
        (1.5, "2026-01-01T00:01:01.000+00:00"),
        (float("inf"), "2036-01-09T00:00:59.500+00:00"),
    ],
)
def test_a_later_moment_stays_within_the_years_that_a_time_can_name(
    seconds: float, expected: str
) -> None:
    assert later(AT, seconds) == expected


def test_a_moment_is_due_when_it_has_come() -> None:
    assert [is_due(AT, later(AT, wait)) for wait in (0.0, 0.001)] == [True, True]
    assert not is_due(later(AT, 0.001), AT)


def test_a_clock_that_goes_backwards_takes_no_time() -> None:
    assert (seconds_between(AT, later(AT, 2.5)), seconds_between(later(AT, 2.5), AT)) == (2.5, 0.0)
