"""TR514: fan-ins of steps that cannot have run."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "the other branch": (
        "a",
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - id: maybe
            type: if
            condition: "{{ inputs.x }}"
            then: [{id: a, type: shell, run: make}]
            else: [{id: join, type: fan-in, wait_for: [a]}]
        """,
    ),
    "a dead branch": (
        "a",
        """
        steps:
          - {id: maybe, type: if, condition: false, then: [{id: a, type: shell, run: make}]}
          - {id: join, type: fan-in, wait_for: [a]}
        """,
    ),
    "inside a step that is switched off": (
        "a",
        """
        steps:
          - {id: rounds, type: do-while, if: false, condition: false, steps: [{id: a, type: shell,
              run: make}]}
          - {id: join, type: fan-in, wait_for: [a]}
        """,
    ),
}
GOOD = {
    "both branches": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - id: maybe
            type: if
            condition: "{{ inputs.x }}"
            then: [{id: a, type: shell, run: make}]
            else: [{id: b, type: shell, run: make b}]
          - {id: join, type: fan-in, wait_for: [a, b]}
        """,
    "the round before": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.status == 'failed' }}"
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.status == 'failed' }}"
                then: [{id: a, type: shell, run: make}]
                else: [{id: join, type: fan-in, wait_for: [a]}]
          - {id: b, type: shell, run: make}
        """,
    "the step with the branches": """
        steps:
          - {id: maybe, type: if, condition: false, then: [{id: a, type: shell, run: make}]}
          - {id: join, type: fan-in, wait_for: [maybe]}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_step_that_cannot_have_run_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR514", marked)] == [each for each in found if each[0] == "TR514"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_step_that_may_have_run_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR514", *UNREAD)]
