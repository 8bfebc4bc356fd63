"""TR517: output that is kept for nobody."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "a prompt": (
        "true",
        """
        steps:
          - {id: a, type: prompt, integration: claude, prompt: Go, capture: true}
          - {id: b, type: shell, run: make}
        """,
    ),
    "a command": (
        "true",
        """
        steps: [{id: a, command: speckit.plan, integration: claude, capture: true}]
        """,
    ),
}
GOOD = {
    "it is read": """
        steps:
          - {id: a, type: prompt, integration: claude, prompt: Go, capture: true}
          - {id: b, type: shell, env: {X: "{{ steps.a.output.stdout }}"}, run: ls}
        """,
    "a fan-in": """
        steps:
          - {id: a, type: prompt, integration: claude, prompt: Go, capture: true}
          - {id: b, type: fan-in, wait_for: [a]}
        """,
    "a format": """
        steps:
          - {id: a, type: prompt, integration: claude, prompt: Go, capture: true,
              output_format: json}
          - {id: b, type: shell, run: make}
        """,
    "false": """
        steps: [{id: a, type: prompt, integration: claude, prompt: Go, capture: false}]
        """,
    "an output": """
        outputs: {x: {value: "{{ steps.a.output.stdout }}"}}
        steps:
          - {id: a, type: prompt, integration: claude, prompt: Go, capture: true}
        """,
    "the results of a fan-out": """
        steps:
          - {id: each, type: fan-out, items: [x, y], step: {id: a, type: prompt,
              integration: claude, prompt: Go, capture: true}}
        """,
    "a name that is computed": """
        inputs: {x: {type: string, default: a}}
        steps:
          - {id: a, type: prompt, integration: claude, prompt: Go, capture: true}
          - {id: b, type: shell, env: {X: "{{ steps[inputs.x].output.stdout }}"}, run: ls}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_capture_that_nothing_reads_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR517", marked)] == [each for each in found if each[0] == "TR517"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_capture_with_a_use_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR517", *UNREAD)]
