"""TR512: inputs that cannot answer their gate."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "a boolean": (
        "v",
        """
        inputs: {v: {type: boolean}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    ),
    "a number": (
        "v",
        """
        inputs: {v: {type: number, default: 1}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    ),
    "other words": (
        "v",
        """
        inputs: {v: {type: string, enum: ["", "yes", "no"]}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    ),
    "a default that is no option": (
        "v",
        """
        inputs: {v: {type: string, default: pending}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    ),
}
GOOD = {
    "any text": """
        inputs: {v: {type: string}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    "no type": """
        inputs: {v: {default: ""}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    "the options in capitals": """
        inputs: {v: {type: string, enum: ["", APPROVE], default: ""}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    "more than the options": """
        inputs: {v: {type: string, enum: ["", approve, large], default: ""}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
    "a default that decides": """
        inputs: {v: {type: string, default: reject}}
        steps: [{id: a, type: gate, message: Go, verdict_input: v}]
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_an_input_that_no_gate_takes_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR512", marked)] == [each for each in found if each[0] == "TR512"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_an_input_that_can_answer_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR512", *UNREAD)]
