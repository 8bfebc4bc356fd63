"""Colons in the plain text of a flow collection, and characters written as two escapes."""

import pytest
from ruamel.yaml.error import MarkedYAMLError

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.composer import compose
from treadle.compiler.reading.disguise import disguised, events
from treadle.compiler.reading.nodes import Mapping, Node, Scalar, Sequence


def plain(node: Node | None) -> object:
    """Return what stands in a document."""
    match node:
        case Mapping():
            return {entry.key.value: plain(entry.value) for entry in node.entries}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar():
            return node.value
    return None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{run: curl http://example.org}", {"run": "curl http://example.org"}),
        ("{run: a:b:c, id: x}", {"run": "a:b:c", "id": "x"}),
        ("{run: a :b}", {"run": "a :b"}),
        ("[a::b, 'c:d', {e: f:g}]", ["a::b", "c:d", {"e": "f:g"}]),
        ('{"a":1, b: c:d}', {"a": 1, "b": "c:d"}),
        ("{a: &x y:z, b: *x}", {"a": "y:z", "b": "y:z"}),
        ("x: a:b\ny: [c:d]\nz: |\n  e:f\n", {"x": "a:b", "y": ["c:d"], "z": "e:f\n"}),
        ("{a: b:c} # d:e", {"a": "b:c"}),
    ],
)
def test_a_colon_between_two_characters_is_text(text: str, wanted: object) -> None:
    report = Report()
    composition = compose(text, report)
    assert (wanted, ()) == (plain(composition.root), report.diagnostics)


def test_places_are_those_of_the_text_as_it_was_written() -> None:
    report = Report()
    composition = compose("{a: b:c, a: 2}", report)
    assert not composition.is_sound
    assert [("TR107", 1, 10)] == [
        (found.code, found.span.line, found.span.column) for found in report.diagnostics
    ]


def test_what_stands_before_the_colon_is_told_once() -> None:
    report = Report()
    compose("x: yes\ny: [a:b]\nz: yes\n", report)
    assert [("TR114", 1), ("TR114", 3)] == [
        (found.code, found.span.line) for found in report.diagnostics
    ]


def test_a_colon_that_ends_a_text_is_refused_where_it_stands() -> None:
    report = Report()
    compose("{a: b:c, d: e:}", report)
    assert [("TR103", 1, 14)] == [
        (found.code, found.span.line, found.span.column) for found in report.diagnostics
    ]


def test_a_character_that_is_in_the_text_stands_for_no_colon() -> None:
    found = disguised("[\ue000, a:b]")
    assert found is not None
    assert ("[\ue000, a\ue001b]", "\ue001") == (found.text, found.colon)


def test_a_character_that_an_escape_stands_for_stands_for_no_colon() -> None:
    report = Report()
    composition = compose(r'["\uE000", a:b]', report)
    assert (["\ue000", "a:b"], ()) == (plain(composition.root), report.diagnostics)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r'"\ud83d\ude80"', "🚀"),
        (r'"a\\\uD83D\uDE80\ud83d\ude80\n"', "a\\🚀🚀\n"),
        (r'["\ud83d\ude80", "\\ud83d\\ude80"]', ["🚀", r"\ud83d\ude80"]),
        (r"['\ud83d\ude80', \ud83d\ude80, " + r'"\ud83d\ude80"]', [*[r"\ud83d\ude80"] * 2, "🚀"]),
        ('a: |\n  \\ud83d\\ude80\nb: "\\ud83d\\ude80"', {"a": "\\ud83d\\ude80\n", "b": "🚀"}),
        ('{"\\ud83d\\ude80": x, run: a:b}', {"🚀": "x", "run": "a:b"}),
    ],
)
def test_a_pair_of_surrogates_in_double_quotes_is_one_character(text: str, wanted: object) -> None:
    report = Report()
    composition = compose(text, report)
    assert (wanted, ()) == (plain(composition.root), report.diagnostics)


def test_half_a_pair_is_refused_where_it_stands() -> None:
    report = Report()
    compose(r'"\ud83d\ude80 \ud83d"', report)
    assert [("TR103", 1, 17)] == [
        (found.code, found.span.line, found.span.column) for found in report.diagnostics
    ]


def test_a_text_without_such_colons_needs_no_disguise() -> None:
    assert disguised("a: [b, 'c']") is None


def test_the_events_of_any_other_text_are_those_of_the_parser() -> None:
    values = [event.value for event in events("{a: b:c}") if hasattr(event, "value")]
    assert ["a", "b:c"] == values
    with pytest.raises(MarkedYAMLError):
        events("{a: b")
