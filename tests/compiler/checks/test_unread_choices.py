"""TR510: gates whose rejection changes nothing."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "a gate before a step": (
        "skip",
        """
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip}
          - {id: b, type: shell, run: make}
        """,
    ),
    "only its message is named elsewhere": (
        "skip",
        """
        inputs: {v: {type: string, default: ""}}
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip, verdict_input: v}
          - {id: b, type: shell, run: make}
        """,
    ),
}
GOOD = {
    "a condition": """
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip}
          - {id: b, type: shell, if: "{{ steps.a.output.choice == 'approve' }}", run: make}
        """,
    "the input that answers": """
        inputs: {v: {type: string, default: ""}}
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip, verdict_input: v}
          - {id: b, type: shell, if: "{{ inputs.v == 'approve' }}", run: make}
        """,
    "a misspelt condition": """
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip}
          - {id: b, type: shell, if: "{{ step.a.output.choice == 'approve' }}", run: make}
        """,
    "a fan-in": """
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip}
          - {id: b, type: fan-in, wait_for: [a]}
        """,
    "an abort": """
        steps:
          - {id: a, type: gate, message: Go}
          - {id: b, type: shell, run: make}
        """,
    "options that do not reject": """
        steps:
          - {id: a, type: gate, message: Which, options: [small, large], on_reject: skip}
          - {id: b, type: shell, run: make}
        """,
    "the last step": """
        steps:
          - {id: a, type: gate, message: Was it good, on_reject: skip}
        """,
    "the template of a fan-out": """
        steps:
          - {id: each, type: fan-out, items: [x, y], step: {id: a, type: gate, message: Go,
              on_reject: skip}}
          - {id: b, type: shell, run: make}
        """,
    "an expression that cannot be read": """
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip}
          - {id: b, type: shell, if: "{{ steps. }}", run: make}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_rejection_that_nobody_reads_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR510", marked)] == [each for each in found if each[0] == "TR510"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_choice_that_is_looked_at_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR510", *UNREAD)]
