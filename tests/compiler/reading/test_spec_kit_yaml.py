"""What Spec Kit's YAML parser refuses: tabs and second anchors. Recorded from PyYAML 6."""

import pytest

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.document import load


def refused(text: str, *, lenient: bool = True) -> list[str]:
    """Return the places of what is refused."""
    report = Report(lenient=lenient)
    assert load(text.encode(), path="flow.yml", report=report) is not None
    found = [each for each in report.diagnostics if each.code == "TR620"]
    return [f"{each.span.line}:{each.span.column}" for each in found]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: b\t# c", ["1:5"]),
        ("a: b\t\t\nc:\td\t", ["1:5", "2:3", "2:5"]),
        ("a: b\tc", ["1:5"]),
        ("a:\t# b\n  c: d", ["1:3"]),
        ("{a: b,\tc: d}", ["1:7"]),
        ("a: |\t\n  b", ["1:5"]),
        ("a: &b\t'\t'", ["1:6"]),
        ("a: 'b\t'\t# c", ["1:8"]),
        ("a: '\tb' # \tc\n#\td", []),
        ('"a\t": | # b\tc\n  d\te\t\nf: "\t"', []),
        ("a: &x 1\nb: &x 2\nc: *x", ["2:5"]),
        ("a: &x {b: &y 1, c: &y 2}\nd: !!str &x 2", ["1:21", "2:11"]),
        ("a: '&x &x' # &x\nb: &x |\n  &x &x\nc: d &x &x\ne: [*x, *x]", []),
    ],
)
def test_tabs_outside_of_texts_and_second_anchors_are_told(text: str, places: list[str]) -> None:
    assert places == refused(text)


def test_strict_mode_does_not_look() -> None:
    assert [] == refused("a: b\t", lenient=False)
