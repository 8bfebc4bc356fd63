"""TR503: conditions that come out the same in every run."""

from collections.abc import Callable

import pytest

from treadle.compiler import compile_text

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "a name in quotes": (
        "\"{{ 'inputs.x' }}\"",
        """
        steps:
          - {id: a, type: shell, if: "{{ 'inputs.x' }}", run: make}
        """,
    ),
    "an if that always holds": (
        '"{{ 2 > 1 }}"',
        """
        steps:
          - {id: pick, type: if, condition: "{{ 2 > 1 }}", then: [{id: a, type: shell, run: make}]}
        """,
    ),
    "a loop that always goes on": (
        "\"{{ 'x' != 'y' }}\"",
        """
        steps:
          - id: rounds
            type: do-while
            condition: "{{ 'x' != 'y' }}"
            steps: [{id: a, type: shell, run: make}]
        """,
    ),
    "an or with a constant": (
        "\"{{ inputs.x or 'steps.a' }}\"",
        """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: a, type: shell, if: "{{ inputs.x or 'steps.a' }}", run: make}
        """,
    ),
}
GOOD = {
    "true": """
        steps: [{id: a, type: shell, if: true, run: make}]
        """,
    "true in a block": """
        steps: [{id: a, type: shell, if: "{{ true }}", run: make}]
        """,
    "an input with a default": """
        inputs: {x: {type: boolean, default: true}}
        steps: [{id: a, type: shell, if: "{{ inputs.x or false }}", run: make}]
        """,
    "what leaves steps out is another finding": """
        steps:
          - {id: pick, type: if, condition: "{{ 1 > 2 }}", then: [{id: a, type: shell, run: make}]}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_an_expression_with_one_value_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR503", marked)] == [each for each in found if each[0] == "TR503"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_plain_boolean_and_what_reads_something_are_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR503", *UNREAD)]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("'inputs.x'", "it reads nothing that differs from run to run"),
        ("inputs.x == 'a' or 'b'", "one side of 'and' or 'or' decides it in every run"),
        ("inputs.x or 3", "one side of 'and' or 'or' decides it in every run"),
    ],
)
def test_it_is_said_why_a_condition_comes_out_the_same(condition: str, reason: str) -> None:
    text = (
        "workflow: {id: probe, name: Probe}\ninputs: {x: {type: string, default: ''}}\n"
        f'steps: [{{id: a, type: shell, if: "{{{{ {condition} }}}}", run: make}}]\n'
    )
    found = [each.message for each in compile_text(text).diagnostics if each.code == "TR503"]
    assert [f"this condition always holds: {reason}"] == found
