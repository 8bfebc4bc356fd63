"""The values of plain and tagged scalars, here and under YAML 1.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler.reading.scalars import (
    Difference,
    Refused,
    difference,
    kind_of,
    plain_value,
    short_tag,
    tagged_value,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nUll", "nUll"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1.5e-3", -0.0015),
        ("1e3", 1000.0),
        ("1.0.0", "1.0.0"),
        (".", "."),
        ("-", "-"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1:30", "1:30"),
        ("yes", "yes"),
        ("2026-01-31", "2026-01-31"),
        ("=", "="),
        ("٣", "٣"),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_says(text: str, expected: object) -> None:
    value = plain_value(text)
    assert (type(expected), expected) == (type(value), value)


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf", ".nan", "1e999", "-1e999"])
def test_a_number_that_is_not_finite_is_refused(text: str) -> None:
    assert Refused(code="TR115") == plain_value(text)


def test_an_integer_may_have_a_thousand_digits() -> None:
    assert 10**1000 - 1 == plain_value("9" * 1000)


@pytest.mark.parametrize("text", ["1" + "0" * 1000, "-" + "9" * 1001, "9" * 5000, "0x" + "f" * 900])
def test_a_longer_integer_is_refused(text: str) -> None:
    assert Refused(code="TR111") == plain_value(text)


def test_leading_zeros_are_not_digits_of_an_integer() -> None:
    assert 7 == plain_value("0" * 6000 + "7")


@pytest.mark.parametrize(
    ("text", "tag", "expected"),
    [
        ("12", "str", "12"),
        ("12", "int", 12),
        ("0x10", "float", 16.0),
        ("1", "float", 1.0),
        ("true", "bool", True),
        ("", "null", None),
        ("x", "int", Refused(code="TR119", found="'x'")),
        ("1.5", "int", Refused(code="TR119", found="'1.5'")),
        ("true", "int", Refused(code="TR119", found="'true'")),
        ("yes", "bool", Refused(code="TR119", found="'yes'")),
        ("x", "seq", Refused(code="TR119", found="text")),
        ("9" * 400, "float", Refused(code="TR115")),
        ("2026-01-31", "timestamp", Refused(code="TR113")),
    ],
)
def test_a_tag_decides_what_its_scalar_means(text: str, tag: str, expected: object) -> None:
    value = tagged_value(text, f"tag:yaml.org,2002:{tag}")
    assert (type(expected), expected) == (type(value), value)


def test_a_tag_is_shown_as_authors_write_it() -> None:
    shown = [short_tag(tag) for tag in ("tag:yaml.org,2002:int", "!env", "tag:example.com,1:x")]
    assert ["!!int", "!env", "tag:example.com,1:x"] == shown


@pytest.mark.parametrize(
    ("text", "here", "there", "instead"),
    [
        ("yes", "text", "true", "true"),
        ("Off", "text", "false", "false"),
        ("1_000", "text", "the number 1000", "1000"),
        ("0b11", "text", "the number 3", "3"),
        ("012", "the number 12", "the number 10", "10"),
        ("08", "the number 8", "text", "8"),
        ("0o17", "the number 15", "text", "15"),
        ("1e3", "the number 1000.0", "text", "1000.0"),
        ("1e22", "the number 1e+22", "text", "1.0e+22"),
        ("-.5", "the number -0.5", "text", "-0.5"),
        ("1:30", "text", "the number 90", "90"),
        ("1:30.5", "text", "the number 90.5", "90.5"),
        ("-0x1F", "text", "the number -31", "-31"),
        ("2026-01-31", "text", "a date", None),
        ("2026-1-3 10:00:00", "text", "a date with a time", None),
        ("=", "text", "a sign that it cannot load", None),
    ],
)
def test_a_scalar_that_yaml_1_1_reads_otherwise_is_told_apart(
    text: str, here: str, there: str, instead: str | None
) -> None:
    value = plain_value(text)
    assert not isinstance(value, Refused)
    assert Difference(here=here, there=there, instead=instead) == difference(text, value)


@pytest.mark.parametrize(
    "text",
    ["", "y", "n", "true", "12", "-0", "007", "1.5", ".5", "1.0e+5", "0x1F", "1.0.0", "text"],
)
def test_a_scalar_that_both_read_alike_is_no_difference(text: str) -> None:
    value = plain_value(text)
    assert not isinstance(value, Refused)
    assert difference(text, value) is None


@given(st.text(alphabet="0123456789_:.+-eExobn aftlsry~=<", max_size=330))
def test_every_text_has_a_reading(text: str) -> None:
    value = plain_value(text)
    if not isinstance(value, Refused):
        difference(text, value)
        assert kind_of(value) in ("null", "true", "false", "a number", "text")


@given(st.from_regex(r"[1-9][0-9_]{0,150}(:[0-5]?[0-9]){0,140}(\.[0-9_]*)?", fullmatch=True))
def test_a_sexagesimal_number_of_any_length_has_a_reading(text: str) -> None:
    value = plain_value(text)
    assert not isinstance(value, Refused)
    difference(text, value)


@given(st.integers())
def test_a_decimal_integer_means_itself(number: int) -> None:
    assert number == plain_value(str(number))
