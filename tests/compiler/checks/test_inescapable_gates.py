"""TR511: gates that no answer lets pass."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "retry": (
        "[reject]",
        """
        steps: [{id: a, type: gate, message: Go, options: [reject], on_reject: retry}]
        """,
    ),
    "abort": (
        "[Abort, REJECT]",
        """
        steps: [{id: a, type: gate, message: Go, options: [Abort, REJECT]}]
        """,
    ),
}
GOOD = {
    "another option": """
        steps: [{id: a, type: gate, message: Go, options: [go on, reject], on_reject: retry}]
        """,
    "the options by default": """
        steps: [{id: a, type: gate, message: Go, on_reject: retry}]
        """,
    "skip": """
        steps: [{id: a, type: gate, message: Go, options: [reject], on_reject: skip}]
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_gate_of_rejections_only_is_reported(marked: str, body: str, findings: Findings) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR511", marked)] == [each for each in found if each[0] == "TR511"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_gate_with_a_way_through_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR511", *UNREAD)]
