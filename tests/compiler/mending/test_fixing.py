"""Applying fixes to a text: places, line ends, edits that meet."""

import pytest

from treadle.compiler.diagnostics import Edit, Fix, Span
from treadle.compiler.mending.fixing import apply_fixes


def edit(line: int, column: int, end_column: int, text: str) -> Edit:
    return Edit(span=Span(line, column, line, end_column), text=text)


def fix(*edits: Edit) -> Fix:
    return Fix(title="write it", edits=edits, is_safe=True)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_an_edit_finds_its_line_whatever_ends_lines(line_end: str) -> None:
    text = line_end.join(("one", "twoo", "three"))
    expected = line_end.join(("one", "two", "three"))
    assert expected == apply_fixes(text, (fix(edit(2, 1, 5, "two")),)).text


def test_an_empty_span_inserts() -> None:
    assert "output.stdout" == apply_fixes("stdout", (fix(edit(1, 1, 1, "output.")),)).text


def test_an_edit_can_end_the_text_or_stand_behind_it() -> None:
    fixes = (fix(edit(1, 2, 3, "c")), fix(edit(1, 3, 3, "d")))
    assert "acd" == apply_fixes("ab", fixes).text


def test_of_fixes_that_meet_the_first_in_the_text_is_applied() -> None:
    late, early = fix(edit(1, 3, 6, "X")), fix(edit(1, 1, 4, "Y"))
    done = apply_fixes("abcdef", (late, early))
    assert ("Ydef", (early,), (late,)) == (done.text, done.applied, done.skipped)


def test_fixes_side_by_side_are_both_applied() -> None:
    assert "XY" == apply_fixes("abcd", (fix(edit(1, 1, 3, "X")), fix(edit(1, 3, 5, "Y")))).text


def test_equal_fixes_count_as_one() -> None:
    same = fix(edit(1, 1, 2, "X"))
    done = apply_fixes("ab", (same, same))
    assert ("Xb", 2, 0) == (done.text, len(done.applied), len(done.skipped))


def test_two_insertions_at_one_place_are_not_both_applied() -> None:
    done = apply_fixes("a", (fix(edit(1, 1, 1, "X")), fix(edit(1, 1, 1, "Y"))))
    assert ("Xa", 1, 1) == (done.text, len(done.applied), len(done.skipped))


def test_a_fix_is_applied_with_all_of_its_edits_or_not_at_all() -> None:
    first = fix(edit(1, 1, 2, "X"))
    both = fix(edit(1, 2, 3, "Y"), edit(1, 1, 2, "Z"))
    done = apply_fixes("abc", (first, both))
    assert ("Xbc", (both,)) == (done.text, done.skipped)


@pytest.mark.parametrize(
    "wrong", [edit(3, 1, 2, "X"), edit(1, 9, 9, "X"), edit(1, 0, 1, "X"), edit(1, 3, 2, "X")]
)
def test_a_fix_outside_the_text_is_skipped(wrong: Edit) -> None:
    done = apply_fixes("ab\nc", (fix(wrong),))
    assert ("ab\nc", 1) == (done.text, len(done.skipped))


def test_a_fix_whose_edits_meet_is_skipped() -> None:
    torn = fix(edit(1, 1, 3, "X"), edit(1, 2, 4, "Y"))
    assert ((torn,), "abcd") == ((done := apply_fixes("abcd", (torn,))).skipped, done.text)


def test_thousands_of_fixes_are_applied_in_one_go() -> None:
    text = "nmae\n" * 5_000
    fixes = tuple(fix(edit(line, 1, 5, "name")) for line in range(1, 5_001))
    assert "name\n" * 5_000 == apply_fixes(text, fixes).text
