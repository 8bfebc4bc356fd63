"""From bytes to a document, or to the findings that say why there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.compiler.diagnostics import Diagnostic, Report, Span
from treadle.compiler.reading.document import MAX_BYTES, load
from treadle.compiler.reading.nodes import Document, Mapping, Scalar, Sequence, plain
from treadle.plan.catalogue import Severity


def _load(source: str | bytes) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    report = Report()
    encoded = source if isinstance(source, bytes) else source.encode()
    return load(encoded, path="flow.yml", report=report), report.diagnostics


def _document(source: str) -> Document:
    document, _ = _load(source)
    assert document is not None
    return document


def _found(source: str | bytes) -> list[tuple[str, Span]]:
    return [(finding.code, finding.span) for finding in _load(source)[1]]


def test_a_document_keeps_values_keys_and_their_order() -> None:
    document = _document("b: [1, two, null]\na:\n  - x: 'y'\n    z: 0x10\n")
    assert {"b": [1, "two", None], "a": [{"x": "y", "z": 16}]} == plain(document.root)
    assert isinstance(document.root, Mapping)
    assert ["b", "a"] == list(document.root.keys())


def test_every_node_has_its_span() -> None:
    document = _document("é: ü\nsteps:\n  - id: one\n    run: |\n      x\n\n\nend: {a: [b]}\n")
    assert isinstance(document.root, Mapping)
    first, steps, last = document.root.entries
    assert (Span(1, 1, 1, 2), Span(1, 4, 1, 5)) == (first.key.span, first.value.span)
    assert isinstance(steps.value, Sequence)
    assert Span(3, 3, 5, 8) == steps.value.span
    assert Span(3, 5, 5, 8) == steps.value.items[0].span
    assert Span(8, 6, 8, 14) == last.value.span
    assert Span(1, 1, 8, 14) == document.root.span


def test_an_anchor_and_a_tag_are_no_part_of_a_span() -> None:
    document = _document("a: &x !!str 12\nb: &y\n  c: d\n")
    assert isinstance(document.root, Mapping)
    assert [Span(1, 13, 1, 15), Span(3, 3, 3, 7)] == [e.value.span for e in document.root.entries]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document, findings = _load(b"\xef\xbb\xbfa: 1\n")
    assert document is not None
    assert ("a: 1\n", ()) == (document.text, findings)


def test_keys_that_are_not_text_become_their_python_text() -> None:
    document = _document("1: a\n1.5: b\ntrue: c\n~: d\n'1': e\n0x10: f\n")
    assert isinstance(document.root, Mapping)
    assert ["1", "1.5", "True", "None", "1", "16"] == list(document.root.keys())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<<: *b\nk: own", {"k": "own", "l": 2}),
        ("k: own\n<<: *b", {"k": "own", "l": 2}),
        ("<<: [{k: first}, *b]", {"k": "first", "l": 2}),
        ("<<: []", {}),
        ("<<: {<<: *b, m: 3}", {"m": 3, "k": 1, "l": 2}),
        ("'<<': 1", {"<<": 1}),
        ("!!str <<: 1", {"<<": 1}),
    ],
)
def test_a_merge_key_adds_what_the_mapping_does_not_say_itself(
    source: str, expected: object
) -> None:
    inner = source.replace("\n", "\n  ")
    document = _document(f"b: &b {{k: 1, l: 2}}\nc:\n  {inner}\n")
    assert isinstance(document.root, Mapping)
    assert expected == plain(document.root.entries[1].value)


def test_an_alias_repeats_the_latest_anchor_of_its_name() -> None:
    document = _document("a: &x 1\nb: *x\nc: &x 2\nd: [*x, *x]\n")
    assert {"a": 1, "b": 1, "c": 2, "d": [2, 2]} == plain(document.root)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"a: \xff", [("TR102", Span(1, 4, 1, 5))]),
        (b"\xef\xbb\xbfa: 1\nb: \xc3\xa9\xe9", [("TR102", Span(2, 5, 2, 6))]),
        ("a: \ud800".encode("utf-8", "surrogatepass"), [("TR102", Span(1, 4, 1, 5))]),
        ("a: \x07", [("TR103", Span(1, 4, 1, 5))]),
        ('a: "\\ud800"', [("TR103", Span(1, 7, 1, 7))]),
        ("a:\n\tb: 1", [("TR103", Span(2, 1, 2, 1))]),
        ("a: 1\ntimeout 30\n# why\nb: 2", [("TR103", Span(2, 1, 2, 1))]),
        ("a: 1\ntimeout 30\n", [("TR103", Span(2, 1, 2, 1))]),
        ("é: b: c", [("TR103", Span(1, 5, 1, 5))]),
        ("x: !%C0%80 y", [("TR103", Span(1, 2, 1, 2))]),
        ("[" * 101, [("TR105", Span(1, 101, 1, 102))]),
        ("a: &a [*a]", [("TR117", Span(1, 8, 1, 10))]),
        ("a: *b", [("TR116", Span(1, 4, 1, 6))]),
        ("a: 1\nb: 2\na: 3", [("TR107", Span(3, 1, 3, 2))]),
        ("true: 1\nTrue: 2", [("TR107", Span(2, 1, 2, 5))]),
        ("&k a: 1\n*k : 2", [("TR107", Span(1, 4, 1, 5))]),
        ("<<: {}\n<<: {}\na: b", [("TR107", Span(2, 1, 2, 3))]),
        ("a: b\n---\nc: d", [("TR108", Span(2, 1, 2, 4))]),
        ("", [("TR109", Span(1, 1, 1, 1))]),
        ("# only a comment\n", [("TR109", Span(1, 1, 1, 1))]),
        ("---\n", [("TR109", Span(1, 1, 1, 1))]),
        ("text", [("TR110", Span(1, 1, 1, 5))]),
        ("- a\n- b", [("TR110", Span(1, 1, 1, 2))]),
        ("a: " + "9" * 1001, [("TR111", Span(1, 4, 1, 1005))]),
        ("? [a]\n: b", [("TR112", Span(1, 3, 1, 6))]),
        ("a: {{ b }}", [("TR112", Span(1, 4, 1, 11))]),
        ("a: &x !env b", [("TR113", Span(1, 7, 1, 11))]),
        ("a: !set\n  b: c", [("TR113", Span(1, 4, 1, 8))]),
        ("a: .nan", [("TR115", Span(1, 4, 1, 8))]),
        ("a:\n  <<: [1, {}]", [("TR118", Span(2, 3, 2, 5))]),
        ("a: !!int b", [("TR119", Span(1, 10, 1, 11))]),
        ("a: !!seq {}", [("TR119", Span(1, 4, 1, 9))]),
    ],
)
def test_what_is_no_document_is_reported_where_it_stands(
    source: str | bytes, expected: list[tuple[str, Span]]
) -> None:
    assert (None, expected) == (_load(source)[0], _found(source))


def test_all_findings_are_reported_in_one_go() -> None:
    codes = [code for code, _ in _found("a: 1\na: 2\nb: *c\nd: .inf\ne: yes\n")]
    assert ["TR107", "TR116", "TR115", "TR114"] == codes


def test_a_duplicate_key_points_at_the_first_one() -> None:
    _, (finding,) = _load("a: 1\nb: 2\na: 3")
    assert [Span(1, 1, 1, 2)] == [related.span for related in finding.related]


def test_what_is_not_closed_is_reported_where_it_begins() -> None:
    _, (finding,) = _load('a: "b\nc: d\n')
    assert ("TR103", Span(1, 4, 1, 4)) == (finding.code, finding.span)
    assert "not YAML: the quote is not closed" == finding.message


@pytest.mark.parametrize(
    ("source", "reason", "hint"),
    [
        ("a:\n\tb: 1", "a tab cannot indent YAML", "use spaces"),
        ("a:\n  b: 1\n\t  c: 2", "a tab cannot indent YAML", "use spaces"),
        ("a: @b", "text without quotes cannot begin with '@'", "put the text in quotes"),
        (
            "{a:, b: 1}",
            "found unexpected ':'",
            "write a blank behind it, or put the text in quotes",
        ),
        ("a: *.md", "'*' begins an alias and '&' an anchor", "put the text in quotes"),
    ],
)
def test_a_syntax_error_says_what_to_write_instead(source: str, reason: str, hint: str) -> None:
    _, (finding,) = _load(source)
    assert (f"not YAML: {reason}", hint) == (finding.message, finding.hint)


def test_a_block_without_quotes_is_told_to_be_quoted() -> None:
    _, findings = _load("run: {{ inputs.x }} now")
    assert {"put text that begins with '{{' in quotes"} == {found.hint for found in findings}


def test_a_value_that_spec_kit_reads_otherwise_is_a_warning() -> None:
    document, findings = _load("on: yes\nday: 2026-01-31\n")
    assert document is not None
    assert {"on": "yes", "day": "2026-01-31"} == plain(document.root)
    assert [
        (Severity.WARNING, "'on' is text here and true under Spec Kit (YAML 1.1)"),
        (Severity.WARNING, "'yes' is text here and true under Spec Kit (YAML 1.1)"),
        (Severity.WARNING, "'2026-01-31' is text here and a date under Spec Kit (YAML 1.1)"),
    ] == [(found.severity, found.message) for found in findings]
    assert "put it in quotes" == findings[2].hint


def test_quoted_text_is_never_a_value_of_another_type() -> None:
    document, findings = _load("a: 'yes'\nb: \"012\"\nc: ! 1e3\nd: |\n  null\n")
    assert document is not None
    assert {"a": "yes", "b": "012", "c": "1e3", "d": "null\n"} == plain(document.root)
    assert () == findings


def test_a_hundred_levels_are_allowed_and_aliases_count_as_what_they_repeat() -> None:
    tower = "a: &a " + "[" * 60 + "]" * 60 + "\n"
    assert _load(tower + "b: " + "[" * 39 + "*a" + "]" * 39)[0] is not None
    assert [("TR105", Span(2, 44, 2, 46))] == _found(tower + "b: " + "[" * 40 + "*a" + "]" * 40)


def test_aliases_of_aliases_are_refused_before_they_grow() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 40):
        repeated = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{repeated}]")
    assert ["TR106"] == [code for code, _ in _found("\n".join(lines))]


def test_a_file_beyond_the_size_limit_is_not_even_decoded() -> None:
    assert [("TR104", Span(1, 1, 1, 1))] == _found(b"\xff" * (MAX_BYTES + 1))


@pytest.mark.parametrize("sign", ["[", "{", "- ", "? ", "[{", "&a [", "!!seq ["])
def test_endless_nesting_is_refused(sign: str) -> None:
    codes = [code for code, _ in _found(sign * 40_000)]
    assert codes in (["TR105"], ["TR103"])


def test_a_report_with_earlier_errors_does_not_cost_the_document() -> None:
    report = Report()
    report.add("TR109", Span(9, 9, 9, 9))
    assert load(b"a: 1", path="flow.yml", report=report) is not None


def test_a_scalar_knows_its_style_and_offsets() -> None:
    document = _document("a: x\nb: 'y'\nc: |\n  z\n")
    assert isinstance(document.root, Mapping)
    scalars = [e.value for e in document.root.entries if isinstance(e.value, Scalar)]
    assert [("", 3, 4), ("'", 8, 11), ("|", 15, 21)] == [(s.style, s.start, s.end) for s in scalars]


_YAML_SIGNS = "a1é \n\t-:?,[]{}&*!|>'\"%@`#<=~.\\\r\ufeff\x85\u2028\x00u0x"


@given(st.one_of(st.text(alphabet=_YAML_SIGNS, max_size=60), st.text(max_size=30)))
def test_no_text_makes_the_stage_raise(text: str) -> None:
    document, findings = _load(text.encode("utf-8", "surrogatepass"))
    assert (document is None) == any(found.severity is Severity.ERROR for found in findings)


@given(st.binary(max_size=60))
def test_no_bytes_make_the_stage_raise(source: bytes) -> None:
    document, findings = _load(source)
    assert (document is None) == any(found.severity is Severity.ERROR for found in findings)
