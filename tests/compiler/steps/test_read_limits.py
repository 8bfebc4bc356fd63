"""Retries, deadlines, groups and what runs at the end, from text to plan."""

import pytest

from treadle.compiler import compile_text
from treadle.plan.expression import Literal, Text
from treadle.plan.plan import Concurrency, OnConflict, Plan
from treadle.plan.steps import (
    CommandStep,
    GateStep,
    GithubStep,
    InitStep,
    LoopStep,
    OnLimit,
    PromptStep,
    Retry,
    ShellStep,
)

HEAD = "workflow: {id: probe, name: Probe, integration: claude}\n"
OK_STEP = "{id: ok, type: shell, run: 'true'}"


def _plan(body: str, *, lenient: bool = False) -> Plan:
    compilation = compile_text(HEAD + body, lenient=lenient)
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


def _only(step: str, *, lenient: bool = False) -> object:
    (found,) = _plan(f"steps: [{step}]", lenient=lenient).steps
    return found


RETRIES = {
    "{max_attempts: 2}": Retry(max_attempts=2),
    "{max_attempts: 3, delay: 5, backoff: 1.5, max_delay: 9}": Retry(
        max_attempts=3, delay_s=5.0, backoff=1.5, max_delay_s=9.0
    ),
    "{max_attempts: 2, on_exit_codes: [75, -15, 75]}": Retry(
        max_attempts=2, on_exit_codes=(75, -15)
    ),
}


@pytest.mark.parametrize(("written", "expected"), RETRIES.items())
@pytest.mark.parametrize(
    "step",
    (
        "{id: a, type: shell, run: x",
        "{id: a, command: speckit.plan",
        "{id: a, type: prompt, prompt: x",
        "{id: a, type: init, here: true",
        "{id: a, type: github, operation: add-label, target: issue, repository: o/r, number: 1,"
        " label: x",
    ),
)
def test_every_step_that_acts_has_a_retry_and_a_limit(
    step: str, written: str, expected: Retry
) -> None:
    found = _only(f"{step}, timeout: 7, retry: {written}}}")
    assert isinstance(found, ShellStep | CommandStep | PromptStep | InitStep | GithubStep)
    assert (7.0, expected) == (found.timeout_s, found.retry)


@pytest.mark.parametrize(
    ("keys", "expected"),
    (
        ("timeout: 60", (60.0, None)),
        ("timeout: 60, on_timeout: abort", (60.0, None)),
        ("timeout: 0.5, on_timeout: {choose: APPROVE}", (0.5, "approve")),
        ("timeout: 60, options: [Yes, no], on_timeout: {choose: yes}", (60.0, "Yes")),
    ),
)
def test_a_gate_has_a_deadline_and_an_option_as_it_is_spelled(
    keys: str, expected: tuple[float, str | None]
) -> None:
    skip = "on_reject: skip, " if "options" in keys else ""
    found = _only(f"{{id: a, type: gate, message: m, {skip}{keys}}}")
    assert isinstance(found, GateStep)
    assert expected == (found.timeout_s, found.on_timeout)


@pytest.mark.parametrize("keys", ("on_timeout: {choose: approve}", "on_timeout: abort"))
def test_a_choice_without_a_deadline_is_ignored_in_lenient_mode(keys: str) -> None:
    found = _only(f"{{id: a, type: gate, message: m, {keys}}}", lenient=True)
    assert isinstance(found, GateStep)
    assert (None, None) == (found.timeout_s, found.on_timeout)


@pytest.mark.parametrize("kind", ("while", "do-while"))
@pytest.mark.parametrize(("key", "expected"), (("", "continue"), (", on_limit: fail", "fail")))
def test_a_loop_says_what_happens_at_its_limit(kind: str, key: str, expected: str) -> None:
    found = _only(f"{{id: a, type: {kind}, condition: true, steps: []{key}}}")
    assert isinstance(found, LoopStep)
    assert OnLimit(expected) == found.on_limit


def test_a_group_may_be_written_short_or_in_full() -> None:
    assert (
        Concurrency(group=Literal("deploy"))
        == _plan(f"concurrency: deploy\nsteps: [{OK_STEP}]").concurrency
    )
    found = _plan(
        "inputs: {env: {type: string}}\n"
        "concurrency: {group: 'to {{ inputs.env }}', limit: 2, on_conflict: replace}\n"
        f"steps: [{OK_STEP}]"
    ).concurrency
    assert found is not None
    assert isinstance(found.group, Text)
    assert (2, OnConflict.REPLACE) == (found.limit, found.on_conflict)


def test_what_runs_at_the_end_is_part_of_the_plan() -> None:
    plan = _plan(f"timeout: 90\nsteps: [{OK_STEP}]\nfinally: [{OK_STEP.replace('ok', 'end')}]")
    assert (90.0, ["/finally/end"]) == (plan.timeout_s, [step.path for step in plan.closing])
    assert ["/ok", "/finally/end"] == list(plan.step_digests) == list(plan.source_map)


def test_every_limit_is_part_of_the_digest() -> None:
    bodies = (
        "",
        "timeout: 90\n",
        "concurrency: a\n",
        "concurrency: b\n",
        "concurrency: {group: a, limit: 2}\n",
        f"finally: [{OK_STEP.replace('ok', 'end')}]\n",
    )
    digests = {_plan(f"{body}steps: [{OK_STEP}]").digest for body in bodies}
    assert len(bodies) == len(digests)
