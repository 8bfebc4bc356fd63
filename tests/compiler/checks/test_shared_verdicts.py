"""TR513: one answer that decides two gates."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "one after the other": (
        "v",
        """
        inputs: {v: {type: string, enum: ["", approve, reject], default: ""}}
        steps:
          - {id: a, type: gate, message: Go, verdict_input: v}
          - {id: b, type: gate, message: Ship, verdict_input: v}
        """,
    ),
    "one in a branch, and any text": (
        "v",
        """
        inputs: {v: {type: string, default: ""}, x: {type: boolean, default: true}}
        steps:
          - {id: a, type: gate, message: Go, verdict_input: v}
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: b, type: gate,
              message: Ship, verdict_input: v}]}
        """,
    ),
}
GOOD = {
    "two inputs": """
        inputs: {v: {type: string, default: ""}, w: {type: string, default: ""}}
        steps:
          - {id: a, type: gate, message: Go, verdict_input: v}
          - {id: b, type: gate, message: Ship, verdict_input: w}
        """,
    "two branches": """
        inputs: {v: {type: string, default: ""}, x: {type: boolean, default: true}}
        steps:
          - id: maybe
            type: if
            condition: "{{ inputs.x }}"
            then: [{id: a, type: gate, message: Go, verdict_input: v}]
            else: [{id: b, type: gate, message: Ship, verdict_input: v}]
        """,
    "a switch that approves all": """
        inputs: {v: {type: string, enum: ["", approve], default: ""}}
        steps:
          - {id: a, type: gate, message: Go, verdict_input: v}
          - {id: b, type: gate, message: Ship, verdict_input: v}
        """,
    "a gate in a loop": """
        inputs: {v: {type: string, enum: ["", approve, reject], default: ""}}
        steps:
          - {id: a, type: gate, message: Go, verdict_input: v}
          - id: rounds
            type: do-while
            condition: "{{ steps.b.output.choice != 'approve' }}"
            steps: [{id: b, type: gate, message: Ship, verdict_input: v, on_reject: skip}]
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_the_second_gate_of_one_input_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR513", marked)] == [each for each in found if each[0] == "TR513"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_gates_that_are_answered_apart_are_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR513", *UNREAD)]
