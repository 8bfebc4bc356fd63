"""TR518, TR519, TR521, TR522: retries and limits without the effect that they promise."""

from collections.abc import Callable

import pytest

Findings = Callable[..., list[tuple[str, str, str | None]]]

BAD = {
    "one attempt": ("TR518", "1", "retry: {max_attempts: 1, delay: 90}"),
    "waits as long as the run": ("TR519", "20", "retry: {max_attempts: 4, delay: 20}"),
    "waits that grow": ("TR519", "10", "retry: {max_attempts: 4, delay: 10, backoff: 2}"),
    "endless waits": (
        "TR519",
        "1",
        "retry: {max_attempts: 1000000000, delay: 1, backoff: 9, max_delay: 2}",
    ),
    "waits that grow without end": (
        "TR519",
        "1.0e+300",
        "retry: {max_attempts: 1000000000, delay: 1.0e+300, backoff: 1.0e+300}",
    ),
    "a limit beyond the run's": ("TR521", "61", "timeout: 61"),
    "nothing to multiply": ("TR522", "backoff", "retry: {max_attempts: 4, backoff: 2}"),
    "one wait": ("TR522", "backoff", "retry: {max_attempts: 2, delay: 1, backoff: 2}"),
    "no wait": ("TR522", "max_delay", "retry: {max_attempts: 4, max_delay: 2}"),
    "a first wait that is the longest": (
        "TR522",
        "backoff",
        "retry: {max_attempts: 3, delay: 5, backoff: 2, max_delay: 5}",
    ),
}
GOOD = {
    "waits within the run": "retry: {max_attempts: 4, delay: 10}",
    "bounded waits": "retry: {max_attempts: 4, delay: 10, backoff: 3, max_delay: 15}",
    "no wait": "retry: {max_attempts: 1000000000}",
    "the limit of the run": "timeout: 60",
    "no growth": "retry: {max_attempts: 2, delay: 1, backoff: 1}",
    "with a tolerated failure": "continue_on_error: true, retry: {max_attempts: 2}",
}


@pytest.mark.parametrize(("code", "marked", "keys"), BAD.values(), ids=BAD)
def test_a_limit_without_effect_is_reported(
    code: str, marked: str, keys: str, findings: Findings
) -> None:
    found = findings(f"timeout: 60\nsteps: [{{id: a, type: shell, run: x, {keys}}}]", but="")
    assert [(code, marked)] == [(found_code, words) for found_code, words, _ in found]


@pytest.mark.parametrize("keys", GOOD.values(), ids=GOOD)
def test_a_limit_that_counts_is_fine(keys: str, findings: Findings) -> None:
    body = f"timeout: 60\nsteps: [{{id: a, type: shell, run: x, {keys}}}]"
    assert [] == findings(body, but="")


def test_without_a_limit_of_the_run_nothing_is_beyond_it(findings: Findings) -> None:
    keys = "timeout: 900, retry: {max_attempts: 9, delay: 900}"
    assert [] == findings(f"steps: [{{id: a, type: shell, run: x, {keys}}}]", but="")


def test_the_limit_of_the_run_does_not_count_at_its_end(findings: Findings) -> None:
    keys = "timeout: 900, retry: {max_attempts: 9, delay: 900}"
    ok = "{id: ok, type: shell, run: x}"
    body = f"timeout: 60\nsteps: [{ok}]\nfinally: [{{id: a, type: shell, run: x, {keys}}}]"
    assert [] == findings(body, but="")
