"""The strict reading of JSON text: what is refused, and what is not mistaken for it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.plan.expression import Json
from treadle.plan.json_text import MAX_DEPTH, parse_json

TEXTS = st.text(alphabet='"\\[]{}:,ab\né\U0001f600')
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


def nested(value: Json, levels: int) -> Json:
    for _ in range(levels):
        value = [value]
    return value


@given(value=VALUES, is_ascii=st.booleans())
def test_what_was_written_is_read(value: Json, is_ascii: bool) -> None:
    brackets = ["[]{}" * MAX_DEPTH, value]
    assert parse_json(json.dumps(brackets, ensure_ascii=is_ascii)) == brackets


@given(text=TEXTS)
def test_brackets_in_texts_do_not_nest(text: str) -> None:
    value = nested(text + "[" * MAX_DEPTH, MAX_DEPTH)
    assert parse_json(json.dumps(value)) == value


@given(text=TEXTS)
def test_brackets_behind_any_text_nest(text: str) -> None:
    deep = [text, nested(text, MAX_DEPTH)]
    with pytest.raises(ValueError, match="nested deeper than 200 levels"):
        parse_json(json.dumps(deep))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '["' + "\\" * 99_999 + "["])
def test_what_ends_in_the_middle_is_refused_all_the_same(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN is not a JSON value"),
        ("[1e999]", "1e999 is too large a number"),
        ("9" * 1001, "an integer has more than 1000 digits"),
        (r'"\ud800"', "it holds half a surrogate pair, which is no character"),
        ("[1,]", "expecting value at line 1, column 4"),
    ],
)
def test_each_refusal_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_json(text)
    assert str(refused.value) == reason
