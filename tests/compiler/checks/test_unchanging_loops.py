"""TR507: loops whose condition nothing in their body changes."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "a step before the loop": (
        "\"{{ steps.a.status == 'failed' }}\"",
        """
        steps:
          - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: rounds, type: while, condition: "{{ steps.a.status == 'failed' }}",
              steps: [{id: b, type: shell, run: ls}]}
        """,
    ),
    "a comparison of an input": (
        '"{{ inputs.n > 3 }}"',
        """
        inputs: {n: {type: number, default: 1}}
        steps:
          - {id: rounds, type: do-while, condition: "{{ inputs.n > 3 }}", max_iterations: 5,
              steps: [{id: b, type: shell, run: ls}]}
        """,
    ),
    "an input without a cap": (
        '"{{ inputs.x }}"',
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: rounds, type: while, condition: "{{ inputs.x }}", steps: [{id: b, type: shell,
              run: ls}]}
        """,
    ),
    "true without a cap": (
        "true",
        """
        steps:
          - {id: rounds, type: while, condition: true, steps: [{id: b, type: shell, run: ls}]}
        """,
    ),
}
GOOD = {
    "a step of the body": """
        steps:
          - id: rounds
            type: while
            condition: "{{ steps.b.status != 'completed' }}"
            steps: [{id: b, type: shell, run: ls, continue_on_error: true}]
        """,
    "the loop itself": """
        steps:
          - {id: rounds, type: while, condition: "{{ steps.rounds.output is none }}",
              steps: [{id: b, type: shell, run: ls}]}
        """,
    "a number of rounds": """
        steps:
          - {id: rounds, type: do-while, condition: true, max_iterations: 3, steps: [{id: b,
              type: shell, run: ls}]}
        """,
    "a number of rounds or none": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: rounds, type: while, condition: "{{ not inputs.x }}", max_iterations: 3,
              steps: [{id: b, type: shell, run: ls}]}
        """,
    "a gate in the body": """
        inputs: {x: {type: string, default: ""}}
        steps:
          - id: rounds
            type: while
            condition: "{{ inputs.x != 'approve' }}"
            steps: [{id: b, type: gate, message: Done, verdict_input: x}]
        """,
    "an empty body": """
        inputs: {x: {type: string, default: ""}}
        steps:
          - {id: rounds, type: while, condition: "{{ inputs.x != 'a' }}", steps: []}
        """,
    "a name that is computed": """
        inputs: {x: {type: string, default: b}}
        steps:
          - {id: rounds, type: while, condition: "{{ steps[inputs.x].status != 'a' }}",
              steps: [{id: b, type: shell, run: ls}]}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_condition_that_no_round_changes_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR507", marked)] == [each for each in found if each[0] == "TR507"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_condition_that_may_change_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR507", *UNREAD)]
