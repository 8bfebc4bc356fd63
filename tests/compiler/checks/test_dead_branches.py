"""TR502: steps that no run can reach."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "an else behind true": (
        "true",
        """
        steps:
          - id: pick
            type: if
            condition: true
            then: [{id: a, type: shell, run: make}]
            else: [{id: b, type: shell, run: make b}]
        """,
    ),
    "a then behind a constant comparison": (
        '"{{ 1 > 2 }}"',
        """
        steps:
          - {id: pick, type: if, condition: "{{ 1 > 2 }}", then: [{id: a, type: shell, run: make}]}
        """,
    ),
    "what a constant decides beside an input": (
        '"{{ inputs.x and false }}"',
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: pick, type: if, condition: "{{ inputs.x and false }}", then: [{id: a, type: shell,
              run: make}]}
        """,
    ),
    "a step that is switched off": (
        "false",
        """
        steps:
          - {id: a, type: shell, if: false, run: make}
        """,
    ),
    "a while that is never entered": (
        "false",
        """
        steps:
          - {id: rounds, type: while, condition: false, steps: [{id: a, type: shell, run: make}]}
        """,
    ),
    "a case of a constant switch": (
        "large",
        """
        steps:
          - id: pick
            type: switch
            expression: large
            cases:
              small: [{id: a, type: shell, run: make}]
              large: [{id: b, type: shell, run: make b}]
        """,
    ),
}
GOOD = {
    "true that holds its steps together": """
        steps:
          - {id: pick, type: if, condition: true, then: [{id: a, type: shell, run: make}]}
        """,
    "an empty branch": """
        steps:
          - {id: pick, type: if, condition: false, then: [], else: [{id: a, type: shell,
              run: make}]}
        """,
    "one round": """
        steps:
          - {id: rounds, type: do-while, condition: false, steps: [{id: a, type: shell, run: make}]}
        """,
    "an input decides": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: pick, type: if, condition: "{{ inputs.x and true }}", then: [{id: a, type: shell,
              run: make}]}
        """,
    "an expression that cannot be read": """
        steps:
          - {id: pick, type: if, condition: "{{ steps. }}", then: [{id: a, type: shell, run: make}]}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_constant_that_leaves_steps_out_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR502", marked)] == [each for each in found if each[0] == "TR502"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_branch_that_hides_nothing_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR502", *UNREAD)]
