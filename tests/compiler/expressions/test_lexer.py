"""Words of expressions: names as workflows write them, numbers, texts, limits."""

import pytest
from jinja2.lexer import operators

from treadle.compiler.expressions.lexer import OPERATORS, Declared, Fault, read_words

DECLARED = Declared(
    steps=frozenset({"run", "run-tests", "migrate:table:1", "v1.2", "a/b", "zwölf tage"}),
    inputs=frozenset({"count", "dry-run"}),
)


def values(text: str) -> list[object]:
    return [word.value for word in read_words(text, DECLARED)]


def fault(text: str) -> Fault:
    with pytest.raises(Fault) as caught:
        read_words(text, DECLARED)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps.run-tests.output", ["steps", ".", "run-tests", ".", "output"]),
        ("steps.run-other.output", ["steps", ".", "run-other", ".", "output"]),
        ("steps.migrate:table:1.type", ["steps", ".", "migrate:table:1", ".", "type"]),
        ("steps.a/b.type", ["steps", ".", "a/b", ".", "type"]),
        ("steps.v1.2.type", ["steps", ".", "v1", ".", 2, ".", "type"]),
        ("inputs.dry-run", ["inputs", ".", "dry-run"]),
        ("inputs.count-1", ["inputs", ".", "count", "-", 1]),
        ("inputs.total-1", ["inputs", ".", "total-1"]),
        ("inputs.total -1", ["inputs", ".", "total", "-", 1]),
        ("item-1", ["item", "-", 1]),
        ("item.pass-rate", ["item", ".", "pass-rate"]),
        ("item.tags.0", ["item", ".", "tags", ".", 0]),
        ("item.10.07.000", ["item", ".", 10, ".", "07", ".", "000"]),
        ("x[item.a:item.b]", ["x", "[", "item", ".", "a", ":", "item", ".", "b", "]"]),
        ("item.n | length-1", ["item", ".", "n", "|", "length", "-", 1]),
        ("inputs.not in [NULL, TRUE]", ["inputs", ".", "not", "in", "[", "none", ",", "true", "]"]),
    ],
)
def test_names_end_where_the_workflow_says(text: str, expected: list[object]) -> None:
    assert expected == values(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1_000", 1000), ("1e3", 1000.0), ("1.0e3", 1000.0), ("0x1f", 31), ("0.5", 0.5), ("0", 0)],
)
def test_numbers_are_read_as_jinja_reads_them(text: str, expected: float) -> None:
    assert [expected] == values(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"'it\'s'", "it's"),
        (r"'a\tb\n'", "a\tb\n"),
        (r"'\d+'", r"\d+"),
        (r'"\u00e9\x41\101\N{BULLET}"', "éAA•"),
        ("'a\\\nb'", "ab"),
    ],
)
def test_escapes_in_texts_are_resolved(text: str, expected: str) -> None:
    assert [expected] == values(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("007", [7]),
        (".5", [0.5]),
        ("5.", [5.0]),
        ("1.e3", [1000.0]),
        (".5E-1", [0.05]),
        ("1.e", [1, ".", "e"]),
        ("a == .5", ["a", "==", 0.5]),
        ("not .5", ["not", 0.5]),
        ("[.5, 1.]", ["[", 0.5, ",", 1.0, "]"]),
        ("inputs.a.5", ["inputs", ".", "a", ".", 5]),
    ],
)
def test_a_number_may_begin_with_zeros_and_lack_digits_on_one_side_of_its_point(
    text: str, expected: list[object]
) -> None:
    assert expected == values(text)


def test_every_word_knows_its_place() -> None:
    words = read_words(" a  ==\n'b' ", DECLARED)
    assert [(1, 2), (4, 6), (7, 10)] == [(word.start, word.end) for word in words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a && b", ("TR401", 2, "unexpected '&'")),
        ("'open", ("TR401", 0, "this quote is never closed")),
        ("0x", ("TR401", 0, "'0x' is not a number")),
        (r"'ab\xg'", ("TR401", 3, r"the escape '\x' is not a character")),
        (r"'\ud800'", ("TR401", 1, r"the escape '\ud800' is not a character")),
        ("1e999", ("TR401", 0, "'1e999' is too large")),
        ("9" * 1001, ("TR111", 0, 1000)),
        ("1 " * 2001, ("TR404", 4000, 2000)),
    ],
)
def test_a_mistake_is_put_at_its_place(text: str, expected: tuple[str, int, object]) -> None:
    found = fault(text)
    assert expected == (found.code, found.start, found.detail)


def test_the_signs_are_those_of_jinja2() -> None:
    assert operators == OPERATORS
