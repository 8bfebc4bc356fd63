"""Values as text and in the words of messages."""

from collections.abc import Iterator, Mapping

import pytest

from treadle.plan.expression import Json
from treadle.plan.text import as_text, kind_of


class View(Mapping[str, Json]):
    """A lazy view of an object, as runs have them."""

    def __init__(self, members: Mapping[str, Json]) -> None:
        self._members = members

    def __getitem__(self, key: str) -> Json:
        return self._members[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "True"),
        (4, "4"),
        (0.5, "0.5"),
        (2.0, "2.0"),
        (1e16, "1e+16"),
        ("it's", "it's"),
        (["a", 1, True, None], "['a', 1, True, None]"),
        ({"k": "v", "n": {"x": 1.0}}, "{'k': 'v', 'n': {'x': 1.0}}"),
        (["it's", 'say "x"'], repr(["it's", 'say "x"'])),
        (View({"k": [View({})]}), "{'k': [{}]}"),
    ],
)
def test_text_is_pythons_notation_but_nothing_for_null(value: Json, expected: str) -> None:
    assert expected == as_text(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (False, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("", "text"),
        ([], "a list"),
        ({}, "an object"),
        (View({}), "an object"),
    ],
)
def test_every_value_has_a_word_for_its_kind(value: Json, expected: str) -> None:
    assert expected == kind_of(value)
