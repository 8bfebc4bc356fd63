"""Spans of time and moments as people write them."""

from datetime import UTC, datetime

import pytest
import typer

from treadle.cli.text.byte_sizes import byte_size
from treadle.cli.text.spans import age, moment_meant, seconds_meant, span

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0),
        ("15m", 900.0),
        ("15 min", 900.0),
        ("1.5h", 5400.0),
        ("3D", 259_200.0),
        ("2w", 1_209_600.0),
        ("soon", None),
        ("-1h", None),
        ("1y", None),
        ("", None),
    ],
)
def test_a_span_has_a_unit(text: str, seconds: float | None) -> None:
    assert seconds == span(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", "2026-11-22T10:00:00.000+00:00"),
        ("2026-11-01T08:00:00Z", "2026-11-01T08:00:00.000+00:00"),
        ("2026-11-01T08:00+02:00", "2026-11-01T06:00:00.000+00:00"),
    ],
)
def test_a_moment_is_a_span_ago_or_a_time(text: str, moment: str) -> None:
    assert moment == moment_meant(text, now=NOW, option="--since")


def test_a_date_is_on_the_clock_of_this_machine() -> None:
    expected = datetime(2026, 11, 1).astimezone(UTC).isoformat(timespec="milliseconds")
    assert expected == moment_meant("2026-11-01", now=NOW, option="--since")


@pytest.mark.parametrize("text", ["soon", "999999w", "2026-13-01", ""])
def test_what_is_no_moment_is_told_with_its_option(text: str) -> None:
    with pytest.raises(typer.BadParameter) as wrong:
        moment_meant(text, now=NOW, option="--since")
    assert "--since" == wrong.value.param_hint


def test_a_bare_number_is_seconds() -> None:
    assert (1.5, 120.0) == (
        seconds_meant("1.5", option="--timeout"),
        seconds_meant("2m", option="--timeout"),
    )
    with pytest.raises(typer.BadParameter):
        seconds_meant("x", option="--timeout")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-22T11:59:30+00:00", "30 s"),
        ("2026-11-22T11:00:00+00:00", "1 h"),
        ("2026-11-20T11:00:00+00:00", "2 d"),
        ("2026-11-22T12:00:01+00:00", "0 s"),
    ],
)
def test_an_age_has_one_unit(moment: str, expected: str) -> None:
    assert expected == age(moment, now=NOW)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (4096, "4.0 KiB"),
        (5_500_000, "5.2 MiB"),
        (150 * 1024**3, "150 GiB"),
        (3000 * 1024**4, "3000 TiB"),
    ],
)
def test_a_size_has_the_unit_that_suits_it(count: int, expected: str) -> None:
    assert expected == byte_size(count)
