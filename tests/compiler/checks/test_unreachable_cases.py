"""TR504: cases that no value can have."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

# A probe that was not read as it was meant shows nothing.
UNREAD = ("TR103", "TR201", "TR203", "TR204", "TR213")
BAD = {
    "a blank behind it": (
        '"small "',
        """
        steps:
          - {id: a, type: shell, run: make}
          - id: pick
            type: switch
            expression: "{{ steps.a.output.stdout }}"
            cases: {"small ": [], large: []}
        """,
    ),
    "a line break before it": (
        '"\\nsmall"',
        r"""
        steps:
          - {id: a, type: shell, run: make}
          - {id: pick, type: switch, expression: "{{ steps.a.output.stdout }}",
              cases: {"\nsmall": []}}
        """,
    ),
}
GOOD = {
    "a blank inside": """
        steps:
          - {id: a, type: shell, run: make}
          - {id: pick, type: switch, expression: "{{ steps.a.output.stdout }}",
              cases: {very small: []}}
        """,
    "no text at all": """
        steps:
          - {id: a, type: shell, run: make}
          - {id: pick, type: switch, expression: "{{ steps.a.output.stdout }}", cases: {"": []}}
        """,
}


@pytest.mark.parametrize(("marked", "body"), BAD.values(), ids=BAD)
def test_a_key_with_blanks_around_it_is_reported(
    marked: str, body: str, findings: Findings
) -> None:
    found = [(code, words) for code, words, _ in findings(body, but="")]
    assert [("TR504", marked)] == [each for each in found if each[0] == "TR504"]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_key_with_blanks_inside_is_fine(body: str, findings: Findings) -> None:
    assert [] == [words for code, words, _ in findings(body, but="") if code in ("TR504", *UNREAD)]
