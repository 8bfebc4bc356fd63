"""TR226, TR227, TR520: what a gate does when nobody has answered in time."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

BAD = {
    "no time to be over": ("TR226", "on_timeout", "on_timeout: abort"),
    "no such option": ("TR227", "maybe", "timeout: 5, on_timeout: {choose: maybe}"),
    "not of its own options": (
        "TR227",
        "approve",
        "options: [go, reject], timeout: 5, on_timeout: {choose: approve}",
    ),
    "a rejection that asks again": (
        "TR520",
        "Reject",
        "on_reject: retry, timeout: 5, on_timeout: {choose: Reject}",
    ),
}
GOOD = {
    "time alone": "timeout: 5",
    "the end": "timeout: 5, on_timeout: abort, on_reject: retry",
    "an option in other letters": "timeout: 5, on_timeout: {choose: APPROVE}",
    "a rejection that goes on": "on_reject: skip, timeout: 5, on_timeout: {choose: reject}",
    "a rejection that ends the run": "timeout: 5, on_timeout: {choose: reject}",
}


@pytest.mark.parametrize(("code", "marked", "keys"), BAD.values(), ids=BAD)
def test_a_deadline_that_leads_nowhere_is_reported(
    code: str, marked: str, keys: str, findings: Findings
) -> None:
    found = findings(f"steps: [{{id: a, type: gate, message: m, {keys}}}]", but="TR510")
    assert [(code, marked)] == [(found_code, words) for found_code, words, _ in found]


@pytest.mark.parametrize("keys", GOOD.values(), ids=GOOD)
def test_a_deadline_that_decides_is_fine(keys: str, findings: Findings) -> None:
    assert [] == findings(f"steps: [{{id: a, type: gate, message: m, {keys}}}]", but="TR510")


def test_a_misspelt_option_gets_a_hint(findings: Findings) -> None:
    keys = "timeout: 5, on_timeout: {choose: aprove}"
    ((_, _, hint),) = findings(f"steps: [{{id: a, type: gate, message: m, {keys}}}]")
    assert "did you mean 'approve'?" == hint
