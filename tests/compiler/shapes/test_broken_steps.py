"""What broken steps seem to be."""

import pytest

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import document, nodes
from treadle.compiler.shapes.broken_steps import seeming_branches, seeming_kind, written_id


def step(text: str) -> nodes.Mapping:
    loaded = document.load(text.encode(), path="probe.yml", report=Report())
    assert loaded is not None and isinstance(loaded.root, nodes.Mapping)
    return loaded.root


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{id: a, type: shel, run: ls}", "shel"),
        ("{id: a, type: iff, then: []}", "if"),
        ("{id: a, else: []}", "if"),
        ("{id: a, type: 5, cases: {}}", "switch"),
        ("{id: a, type: loop, steps: []}", "while"),
        ("{id: a, type: do-while, steps: []}", "do-while"),
        ("{id: a, type: fan-out, steps: []}", "fan-out"),
        ("{id: a, type: each, step: {}}", "fan-out"),
        ("{id: a}", ""),
    ],
)
def test_the_keys_tell_the_kind_where_the_type_does_not(text: str, kind: str) -> None:
    assert kind == seeming_kind(step(text))


def test_every_key_counts_under_which_steps_stand() -> None:
    found = seeming_branches(step("{id: a, then: [], cases: {x: []}, steps: [], step: {id: b}}"))
    known = [segment for segment, branch in found if isinstance(branch, nodes.Sequence)]
    assert ["then", "case:x", "", ""] == known


@pytest.mark.parametrize(("text", "expected"), [("{id: a}", "a"), ("{id: 5}", ""), ("{x: 1}", "")])
def test_an_id_that_is_no_text_is_none(text: str, expected: str) -> None:
    assert expected == written_id(step(text))
