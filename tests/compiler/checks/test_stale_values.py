"""TR509: values of an earlier round."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "behind the branch": (
        "a",
        """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a, continue_on_error: true}]
              - {id: b, type: shell, run: "echo {{ steps.a.output.stdout | default('x') }}"}
        """,
    ),
    "in the condition of the loop": (
        "a",
        """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a, continue_on_error: true}]
        """,
    ),
    "in a step inside another branch": (
        "a",
        """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a, continue_on_error: true}]
              - id: other
                type: if
                condition: "{{ steps.rounds.output is defined }}"
                then: [{id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}]
        """,
    ),
}
GOOD = {
    "one round": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            max_iterations: 1
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a, continue_on_error: true}]
              - {id: b, type: shell, run: "echo {{ steps.a.output.stdout | default('x') }}"}
        """,
    "behind the loop": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a, continue_on_error: true}]
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout | default('x') }}"}
        """,
    "guarded by the branch": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a, continue_on_error: true}]
              - {id: b, type: shell, if: "{{ steps.maybe.output.condition_result }}",
                  run: "echo {{ steps.a.output.stdout }}"}
        """,
    "guarded by what decides it": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            max_iterations: 3
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a, continue_on_error: true}]
              - {id: b, type: shell, if: "{{ steps.t.output.stdout | contains('slow') }}",
                  run: "echo {{ steps.a.output.stdout }}"}
        """,
    "no branch": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            steps:
              - {id: a, type: shell, run: make, continue_on_error: true}
              - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}
        """,
    "the round before on purpose": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            steps:
              - {id: b, type: shell, run: "echo {{ steps.a.output.stdout | default('x') }}"}
              - {id: t, type: shell, run: make, continue_on_error: true}
              - id: maybe
                type: if
                condition: "{{ steps.t.output.stdout | contains('slow') }}"
                then: [{id: a, type: shell, run: make a}]
        """,
    "skipped and not left over": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.t.output.exit_code != 0 }}"
            steps:
              - {id: t, type: shell, run: make, continue_on_error: true}
              - {id: a, type: shell, if: "{{ steps.t.output.exit_code == 2 }}", run: make a}
              - {id: b, type: shell, run: "echo {{ steps.a.output.stdout | default('x') }}"}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_value_of_a_branch_in_a_loop_may_be_of_an_earlier_round(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR509", marked)] == [each for each in found if each[0] == "TR509"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_value_of_this_round_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR509", *UNREAD)]
