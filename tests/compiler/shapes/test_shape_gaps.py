"""What mistakes of shape leave unknown, as the document that was checked tells it."""

import pytest

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import document
from treadle.compiler.reading.gaps import NO_GAPS, Gaps
from treadle.compiler.shapes import shape

HEAD = "workflow: {id: probe, name: Probe}\n"


def gaps(text: str, *, lenient: bool = False) -> Gaps:
    report = Report(lenient=lenient)
    loaded = document.load(text.encode(), path="probe.yml", report=report)
    assert loaded is not None
    return shape.check(loaded, report).gaps


def hidden(found: Gaps) -> list[str]:
    names = ("hides_ids", "hides_inputs", "hides_reads")
    return [name for name in names if getattr(found, name)]


def test_a_document_without_mistakes_has_no_gaps() -> None:
    assert NO_GAPS == gaps(HEAD + "steps: [{id: a, type: shell, run: ls}]\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps: 5\n", ["hides_ids", "hides_reads"]),
        ("inputs: 5\nsteps: [{id: a, type: shell, run: ls}]\n", ["hides_inputs"]),
        ("inputs: {n: 5}\nsteps: [{id: a, type: shell, run: ls}]\n", []),
        ("outputs: {n: {}}\nsteps: [{id: a, type: shell, run: ls}]\n", ["hides_reads"]),
        ("steps: [{id: a, type: shel, run: ls}]\n", []),
        ("steps: [{id: a, type: shell}]\n", ["hides_reads"]),
        ("steps: [{id: a, type: shell, run: ls, continue_on_error: 5}]\n", []),
        ("steps: [{type: shell, run: ls}]\n", ["hides_ids"]),
        ("steps: [{id: 'a:b', type: shell, run: ls}]\n", ["hides_ids"]),
        ("steps: [{id: a, type: if, condition: true}]\n", ["hides_ids", "hides_reads"]),
        ("steps: [5]\n", ["hides_ids", "hides_reads"]),
    ],
)
def test_a_mistake_hides_what_could_stand_in_its_place(text: str, expected: list[str]) -> None:
    assert expected == hidden(gaps(HEAD + text))


def test_what_lenient_mode_ignores_leaves_a_gap_in_strict_mode_only() -> None:
    text = HEAD + "steps: [{id: a, type: shell, run: ls, env: [X], rum: word}]\n"
    found = gaps(text)
    assert (["hides_reads"], frozenset({"X", "word"})) == (hidden(found), found.words)
    assert NO_GAPS == gaps(text, lenient=True)
