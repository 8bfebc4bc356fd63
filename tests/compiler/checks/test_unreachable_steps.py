"""TR516: steps behind one that always ends the run."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "behind an exit": (
        "b",
        """
        steps:
          - {id: a, type: shell, run: "exit 1"}
          - {id: b, type: shell, run: make}
        """,
    ),
    "behind some words and an exit": (
        "b",
        r"""
        steps:
          - {id: a, type: shell, run: "echo \"no $HOME\" >&2; exit 3"}
          - {id: b, type: shell, run: make}
        """,
    ),
    "behind false": (
        "b",
        """
        steps:
          - {id: a, type: shell, run: "false"}
          - {id: b, type: shell, run: make}
        """,
    ),
    "behind a gate of rejections": (
        "b",
        """
        steps:
          - {id: a, type: gate, message: Stop, options: [reject]}
          - {id: b, type: shell, run: make}
        """,
    ),
    "the first of several": (
        "b",
        """
        steps:
          - {id: a, type: shell, run: "exit 1"}
          - {id: b, type: shell, run: make}
          - {id: c, type: shell, run: ls}
        """,
    ),
    "with an expression in the text": (
        "b",
        """
        inputs: {x: {type: string, default: y}}
        steps:
          - {id: a, type: shell, run: "echo {{ inputs.x }}; exit 1"}
          - {id: b, type: shell, run: make}
        """,
    ),
}
GOOD = {
    "tolerated": """
        steps:
          - {id: a, type: shell, run: "exit 1", continue_on_error: true}
          - {id: b, type: shell, run: make}
        """,
    "a condition": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: a, type: shell, if: "{{ inputs.x }}", run: "exit 1"}
          - {id: b, type: shell, run: make}
        """,
    "the last of its branch": """
        inputs: {x: {type: boolean, default: true}}
        steps:
          - {id: m, type: if, condition: "{{ inputs.x }}", then: [{id: a, type: shell,
              run: "exit 1"}]}
          - {id: b, type: shell, run: make}
        """,
    "a test before it": """
        steps:
          - {id: a, type: shell, run: "test -f x && exit 0; exit 1"}
          - {id: b, type: shell, run: make}
        """,
    "an exit in a test": """
        steps:
          - {id: a, type: shell, run: "test -f x || exit 1"}
          - {id: b, type: shell, run: make}
        """,
    "an exit with 0": """
        steps:
          - {id: a, type: shell, run: "echo a; exit 0"}
          - {id: b, type: shell, run: make}
        """,
    "an echo that is followed by another": """
        steps:
          - {id: a, type: shell, run: "echo a || exit 1"}
          - {id: b, type: shell, run: make}
        """,
    "a gate that is skipped": """
        steps:
          - {id: a, type: gate, message: Stop, options: [reject], on_reject: skip}
          - {id: b, type: shell, run: make}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_step_that_no_run_reaches_is_reported(marked: str, body: str, findings: Findings) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR516", marked)] == [each for each in found if each[0] == "TR516"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_step_that_may_go_on_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR516", *UNREAD)]
