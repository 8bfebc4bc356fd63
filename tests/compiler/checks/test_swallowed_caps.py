"""TR508: loops whose cap hides that nothing succeeded."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "until green": (
        '"{{ steps.a.output.exit_code != 0 }}"',
        """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: publish, type: shell, run: make publish}
        """,
    ),
    "at the end of a workflow": (
        '"{{ steps.a.output.exit_code != 0 }}"',
        """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
        """,
    ),
    "until approved": (
        "\"{{ steps.a.output.choice != 'approve' }}\"",
        """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.choice != 'approve' }}"
            steps: [{id: a, type: gate, message: Good, on_reject: skip}]
          - {id: publish, type: shell, run: make publish}
        """,
    ),
}
GOOD = {
    "its limit": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: b, type: shell, if: "{{ steps.rounds.output.limit_reached }}", run: exit 1}
        """,
    "the last result": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: b, type: shell, if: "{{ steps.a.status == 'failed' }}", run: exit 1}
        """,
    "an output": """
        outputs: {x: {value: "{{ steps.a.status }}"}}
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
        """,
    "the same script again": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: b, type: shell, run: make}
        """,
    "a gate behind it": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: b, type: gate, message: Publish}
        """,
    "a fan-in": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: b, type: fan-in, wait_for: [a]}
        """,
    "somebody is asked in each round": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.status == 'failed' }}"
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
              - {id: ask, type: gate, message: Another round}
        """,
    "the loop fails at its cap": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            on_limit: fail
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: b, type: shell, run: make publish}
        """,
    "no outcome": """
        steps:
          - id: rounds
            type: while
            condition: "{{ steps.a.output.stdout != 'last' }}"
            steps: [{id: a, type: shell, run: ./next-page.sh}]
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_cap_that_nobody_asks_about_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR508", marked)] == [each for each in found if each[0] == "TR508"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_loop_that_is_looked_at_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR508", *UNREAD)]
