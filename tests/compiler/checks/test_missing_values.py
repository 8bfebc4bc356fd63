"""TR505: the value of a step that may not have run."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "in a script": (
        "a",
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}
        """,
    ),
    "through a filter": (
        "a",
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout | trim }}"}
        """,
    ),
    "in the argument of a default": (
        "a",
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: c, type: shell, run: ls}
          - {id: b, type: shell,
              run: "echo {{ steps.c.output.stdout | default(steps.a.output.stdout) }}"}
        """,
    ),
    "in one branch out of a case of a switch": (
        "a",
        """
        inputs: {x: {type: string, default: one}, y: {type: boolean, default: true}}
        steps:
          - {id: pick, type: switch, expression: "{{ inputs.x }}", cases: {one: [{id: a,
              type: shell, run: make}]}}
          - id: other
            type: if
            condition: "{{ inputs.y }}"
            then: [{id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}]
        """,
    ),
    "of a step with a condition of its own": (
        "a",
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: a, type: shell, if: "{{ inputs.x }}", run: make}
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}
        """,
    ),
}
GOOD = {
    "a default": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout | trim | default('x') }}"}
        """,
    "an or": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout or 'x' }}"}
        """,
    "a comparison": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, if: "{{ steps.a.output.exit_code == 0 }}", run: ls}
        """,
    "a conditional expression": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout if inputs.x else 'x' }}"}
        """,
    "the same condition again": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, if: "{{ inputs.x }}", run: "echo {{ steps.a.output.stdout }}"}
        """,
    "a condition on the branch": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, if: "{{ steps.maybe.output.condition_result }}",
              run: "echo {{ steps.a.output.stdout }}"}
        """,
    "a condition on the step": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, if: "{{ steps.a.output.exit_code is defined }}",
              run: "echo {{ steps.a.output.stdout }}"}
        """,
    "the same branch": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - id: maybe
            type: if
            condition: "{{ inputs.x }}"
            then:
              - {id: a, type: shell, run: make}
              - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}
        """,
    "a branch without an alternative": """
        steps:
          - {id: maybe, type: if, condition: true, then: [{id: a, type: shell, run: make}]}
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}
        """,
    "the other branch ends the run": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - id: maybe
            type: if
            condition: "{{ inputs.x }}"
            then: [{id: a, type: shell, run: make}]
            else: [{id: stop, type: shell, run: echo no; exit 1}]
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}
        """,
    "both branches in one text": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - id: maybe
            type: if
            condition: "{{ inputs.x }}"
            then: [{id: a, type: shell, run: make}]
            else: [{id: c, type: shell, run: make c}]
          - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}{{ steps.c.output.stdout }}"}
        """,
    "its status": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: shell, run: "echo {{ steps.a.status }}"}
        """,
    "what a fan-in collects": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
          - {id: b, type: fan-in, wait_for: [a], output: {x: "{{ steps.a.output.stdout }}"}}
        """,
    "an output of the workflow": """
        outputs: {x: {value: "{{ steps.a.output.stdout }}"}}
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: maybe, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: make}]}
        """,
    "the round before": """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ steps.a.output.stdout != 'x' }}"
            steps:
              - {id: b, type: shell, run: "echo {{ steps.a.output.stdout }}"}
              - {id: a, type: shell, run: make}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_value_that_may_be_missing_is_reported_where_it_is_used(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR505", marked)] == [each for each in found if each[0] == "TR505"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_reader_that_is_prepared_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR505", *UNREAD)]
