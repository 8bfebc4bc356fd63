"""TR506: failures that nobody can see."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "an exit code that is not 0": (
        "exit_code",
        """
        steps:
          - {id: a, type: shell, run: make}
          - {id: b, type: shell, if: "{{ steps.a.output.exit_code != 0 }}", run: ls}
        """,
    ),
    "a failed status": (
        "status",
        """
        steps:
          - {id: a, type: prompt, integration: claude, prompt: Go}
          - {id: b, type: shell, if: "{{ 'failed' == steps.a.status }}", run: ls}
        """,
    ),
    "a success as a condition": (
        "exit_code",
        """
        steps:
          - {id: a, type: shell, run: make}
          - id: b
            type: if
            condition: "{{ steps.a.output.exit_code == 0 }}"
            then: [{id: c, type: shell, run: ls}]
            else: [{id: d, type: shell, run: rm x}]
        """,
    ),
    "a loop until green": (
        "exit_code",
        """
        steps:
          - id: rounds
            type: while
            condition: "{{ steps.a.output.exit_code != 0 }}"
            steps: [{id: a, type: shell, run: make}]
        """,
    ),
    "a failure in a branch": (
        "exit_code",
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, if: "{{ steps.a.output.exit_code > 0 }}", run: ls}
        """,
    ),
}
GOOD = {
    "a tolerated failure": """
        steps:
          - {id: a, type: shell, run: make, continue_on_error: true}
          - {id: b, type: shell, if: "{{ steps.a.output.exit_code != 0 }}", run: ls}
        """,
    "whether a branch was taken": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, if: "{{ steps.a.output.exit_code == 0 }}", run: ls}
        """,
    "whether a step was skipped": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: a, type: shell, if: "{{ inputs.x }}", run: make}
          - {id: b, type: shell, if: "{{ steps.a.status != 'completed' }}", run: ls}
        """,
    "a text": """
        steps:
          - {id: a, type: shell, run: make}
          - {id: b, type: shell, run: "echo {{ steps.a.output.exit_code }}"}
        """,
    "while it works": """
        steps:
          - id: rounds
            type: while
            condition: "{{ steps.rounds.output is none or steps.a.output.exit_code == 0 }}"
            steps: [{id: a, type: shell, run: make}]
        """,
    "the choice of a gate": """
        steps:
          - {id: a, type: gate, message: Go, on_reject: skip}
          - {id: b, type: shell, if: "{{ steps.a.status == 'failed' }}", run: ls}
        """,
    "the end of the run": """
        steps:
          - {id: a, type: shell, run: make}
        finally:
          - {id: b, type: shell, if: "{{ steps.a.status == 'failed' }}", run: ls}
          - {id: c, type: shell, if: "{{ steps.a.output.exit_code == 2 }}", run: ls}
        """,
    "a comparison with an input": """
        inputs: {x: {type: number, default: 1}}
        steps:
          - {id: a, type: shell, run: make}
          - {id: b, type: shell, if: "{{ steps.a.output.exit_code == inputs.x }}", run: ls}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_failure_that_ends_the_run_is_not_to_be_asked_about(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR506", marked)] == [each for each in found if each[0] == "TR506"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_what_can_come_out_either_way_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR506", *UNREAD)]
