"""Where the characters of a value stand in the source, for each way to write a scalar."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.reading.document import load
from treadle.compiler.reading.nodes import Document, Mapping, Scalar
from treadle.compiler.reading.positions import line_starts, place, span_of

_SIMPLE = "abcXYZ{}|.0é😀"
_WORDS = st.text(alphabet=_SIMPLE, min_size=1, max_size=8)


def _loaded(source: str) -> tuple[Document, Scalar]:
    document = load(source.encode(), path="flow.yml", report=Report())
    assert document is not None and isinstance(document.root, Mapping)
    scalar = document.root.get("run")
    assert isinstance(scalar, Scalar)
    return document, scalar


def _between(source: str, span: Span) -> str:
    starts = line_starts(source)
    start = starts[span.line - 1] + span.column - 1
    return source[start : starts[span.end_line - 1] + span.end_column - 1]


def _shown(source: str, part: str) -> str:
    """Return the source text of the first occurrence of `part` in the value under 'run'."""
    document, scalar = _loaded(source)
    assert isinstance(scalar.value, str)
    at = scalar.value.index(part)
    return _between(source, span_of(document, scalar, at, at + len(part)))


@pytest.mark.parametrize(
    ("source", "part", "expected"),
    [
        ("run: echo inputs.x now", "inputs.x", "inputs.x"),
        ("run: &a !!str echo inputs.x", "inputs.x", "inputs.x"),
        ("run: one\n  two\n\n  three", "two", "two"),
        ("run: one\n  two\n\n  three", "\n", "\n"),
        ("run: one\n  two\n\n  three", "three", "three"),
        ("run: 'it''s {{ a }}'", "{{ a }}", "{{ a }}"),
        ("run: 'it''s {{ a }}'", "'", "''"),
        ("run: 'it''s\n\n  {{ a }}'", "{{ a }}", "{{ a }}"),
        (r'run: "a\tb\x41\u00e9\U0001F600{{ a }}"', "{{ a }}", "{{ a }}"),
        (r'run: "a\tb\x41\u00e9\U0001F600{{ a }}"', "Aé😀", r"\x41\u00e9\U0001F600"),
        (r'run: "\\\ud83d\ude80{{ a }}"', "{{ a }}", "{{ a }}"),
        (r'run: "\\\ud83d\uDE80{{ a }}"', "🚀", r"\ud83d\uDE80"),
        ('run: "one \\\n  two\\n\n  {{ a }}"', "two", "two"),
        ('run: "one \\\n  two\\n\n  {{ a }}"', "{{ a }}", "{{ a }}"),
        ('run: "one\\\n\n  two"', "two", "two"),
        ("run: |\n  one\n\n    two\n  {{ a }}\n", "{{ a }}", "{{ a }}"),
        ("run: |2-\n    one\n  two\n", "two", "two"),
        ("run: |2-\n    one\n  two\n", "  one", "  one"),
        ("run: |+ # why\n  one\n\n", "one\n\n", "one\n\n"),
        ("run: >\n  one\n  two\n\n  three\n", "two", "two"),
        ("run: >\n  one\n  two\n\n  three\n", "three\n", "three\n"),
        ("run: >-\n\n  one\n    more\n    indented\n  {{ a }}\nx: y\n", "{{ a }}", "{{ a }}"),
        ("run: >-\n\n  one\n    more\n\n    indented\n  {{ a }}\nx: y\n", "indented", "indented"),
        ("run: |\r\n  one\r\n  {{ a }}\r\n", "{{ a }}", "{{ a }}"),
        ("run: 'one\r\n  {{ a }}'", "{{ a }}", "{{ a }}"),
        ("run: |\n  é😀 {{ a }}", "{{ a }}", "{{ a }}"),
    ],
)
def test_a_part_of_a_value_is_found_in_the_source(source: str, part: str, expected: str) -> None:
    assert expected == _shown(source, part)


def test_a_span_counts_lines_and_columns_of_the_file() -> None:
    document, scalar = _loaded("id: x\nrun: |\n  one\n  two {{ a }}\n")
    assert isinstance(scalar.value, str)
    at = scalar.value.index("{{")
    assert Span(4, 7, 4, 14) == span_of(document, scalar, at, at + 7)


def test_a_byte_order_mark_takes_no_column() -> None:
    document = load(b"\xef\xbb\xbfrun: 'a b'", path="flow.yml", report=Report())
    assert document is not None and isinstance(document.root, Mapping)
    scalar = document.root.get("run")
    assert isinstance(scalar, Scalar)
    assert Span(1, 9, 1, 10) == span_of(document, scalar, 2, 3)


def test_no_characters_are_a_point() -> None:
    document, scalar = _loaded("run: 'it''s'")
    assert Span(1, 11, 1, 11) == span_of(document, scalar, 3, 3)
    assert Span(1, 12, 1, 12) == span_of(document, scalar, 4, 4)


@pytest.mark.parametrize(
    ("source", "start", "end"),
    [("run: 12", 0, 1), ("run: text", 0, 9), ("run: text", -1, 1), ("run: text", 3, 2)],
)
def test_what_is_not_in_the_value_is_placed_at_the_scalar(
    source: str, start: int, end: int
) -> None:
    document, scalar = _loaded(source)
    assert scalar.span == span_of(document, scalar, start, end)


def test_a_value_that_cannot_be_followed_is_placed_at_its_scalar() -> None:
    document, scalar = _loaded("run: 'one\u2028  two'")
    assert scalar.span == span_of(document, scalar, 1, 2)


def test_a_block_ends_with_the_last_sign_that_shows() -> None:
    _, scalar = _loaded("run: |\n  one\n\n\nid: x\n")
    assert Span(1, 6, 2, 6) == scalar.span


def test_every_line_end_that_editors_know_begins_a_line() -> None:
    starts = line_starts("a\nb\r\nc\rd\u2028e")
    assert (0, 2, 5, 7) == starts
    assert (4, 3) == place(starts, 9)


def _plain(lines: list[str]) -> str:
    return "run: x" + "\n  ".join(lines)


def _single(lines: list[str]) -> str:
    return "run: '" + "\n  ".join(lines) + "'"


def _double(lines: list[str]) -> str:
    escaped = "".join(f"\\U{ord(sign):08x}" if sign in "{é" else sign for sign in "\n".join(lines))
    return 'run: "' + escaped.replace("\n", "\n   \n  ") + '"'


def _literal(lines: list[str]) -> str:
    return "run: |\n" + "".join(f"   {line}\n" for line in lines)


def _folded(lines: list[str]) -> str:
    return "run: >+\n" + "".join(f" {line}\n" for line in lines) + "\n"


@pytest.mark.parametrize("quoted", [_plain, _single, _double, _literal, _folded])
@given(lines=st.lists(_WORDS, min_size=1, max_size=4), data=st.data())
def test_a_part_of_a_line_leads_back_to_its_text(
    quoted: object, lines: list[str], data: st.DataObject
) -> None:
    assert callable(quoted)
    source = quoted(lines)
    report = Report()
    document = load(source.encode(), path="flow.yml", report=report)
    assume(document is not None)  # a plain line may begin with a sign that YAML keeps for itself
    document, scalar = _loaded(source)
    value = scalar.value
    assert isinstance(value, str)
    start = data.draw(st.integers(0, len(value) - 1))
    end = data.draw(st.integers(start + 1, len(value)))
    part = value[start:end]
    shown = _between(source, span_of(document, scalar, start, end))
    if set(part) <= set(_SIMPLE):
        assert part == (_unescaped(shown) if quoted is _double else shown)


def test_thousands_of_places_in_one_script_are_found_in_one_walk() -> None:
    document, scalar = _loaded(_literal(["echo"] * 4_000))
    found = {span_of(document, scalar, at, at + 4).line for at in range(0, 20_000, 5)}
    assert found == set(range(2, 4_002))


def _unescaped(text: str) -> str:
    return text.encode("raw_unicode_escape").decode("raw_unicode_escape")
