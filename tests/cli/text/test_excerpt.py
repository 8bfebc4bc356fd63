"""Source lines with their mistakes underlined."""

import pytest

from treadle.cli.text.excerpt import excerpt
from treadle.compiler.diagnostics import Span


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ("abc def", (5, 8), ("abc def", "    ^^^")),
        ("\tabc", (2, 3), ("    abc", "    ^")),
        ("日本 x", (4, 5), ("日本 x", "     ^")),
        ("日本", (1, 3), ("日本", "^^^^")),
        ("e\u0301x", (3, 4), ("e\u0301x", " ^")),
        ("abc", (4, 4), ("abc", "   ^")),
        ("a\x07b", (3, 4), ("a\ufffdb", "  ^")),
    ],
)
def test_the_marks_stand_below_what_they_mean(
    line: str, columns: tuple[int, int], expected: tuple[str, str]
) -> None:
    assert expected == excerpt(line, Span(1, columns[0], 1, columns[1]))


def test_a_long_line_is_cut_around_the_mistake() -> None:
    line = "a" * 300 + "WRONG" + "b" * 300
    shown, marks = excerpt(line, Span(1, 301, 1, 306), width=60) or ("", "")
    assert 60 >= len(shown)
    assert ("…", "…") == (shown[0], shown[-1])
    assert "WRONG" == shown[marks.index("^") : marks.rindex("^") + 1]


def test_a_span_of_several_lines_is_marked_to_the_end_of_the_first() -> None:
    assert ("ab cd  ", "   ^^") == excerpt("ab cd  \nef", Span(1, 4, 2, 2))


def test_lines_end_as_the_compiler_counts_them() -> None:
    assert ("d", "^") == excerpt("a\rb\u2028\r\nc\nd\n", Span(4, 1, 4, 2))


@pytest.mark.parametrize("line", [0, 3, 9])
def test_a_place_without_a_line_has_no_excerpt(line: int) -> None:
    assert excerpt("a\nb\n", Span(line, 1, line, 1)) is None
