"""Rehearsals: the decisions of a real run, with stand-ins for all that is outside."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from treadle.compiler import compile_text
from treadle.executor.events import RunCreated, StepStatus
from treadle.executor.ports import ActionResult, NoPlans, Outcome, PlanSource, Unresolved
from treadle.executor.rehearsal import BEGINNING, MAX_ACTIONS, Rehearsal, TooLong
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.plan.expression import Json
from treadle.plan.plan import Plan

HEADER = 'workflow: {id: flow, name: Flow, version: "1.0.0"}\n'

Answers = Mapping[str, Iterator[str]]


def compiled(text: str) -> Plan:
    plan = compile_text(HEADER + text, path="flow.yml").plan
    assert plan is not None
    return plan


def succeed(run: Run, occurrence: Occurrence) -> ActionResult:
    return ActionResult(outcome=Outcome.COMPLETED, output={"exit_code": 0, "stdout": "done"})


def fail(run: Run, occurrence: Occurrence) -> ActionResult:
    output = {"exit_code": 1, "stdout": ""}
    return ActionResult(outcome=Outcome.FAILED, output=output, error="exited with code 1")


def rehearsal(
    text: str,
    *,
    stand_in: Callable[[Run, Occurrence], ActionResult] = succeed,
    answers: Answers | None = None,
    plans: PlanSource | None = None,
) -> Rehearsal:
    given = answers or {}

    def answer(run: Run, gate: Occurrence) -> str | None:
        return next(given.get(gate.address, iter(())), None)

    return Rehearsal(
        plan=compiled(text), stand_in=stand_in, answer=answer, plans=plans or NoPlans()
    )


def play(rehearsed: Rehearsal, **inputs: Json) -> Run:
    created = RunCreated(
        run_id="test",
        at=BEGINNING,
        plan_digest=rehearsed.plan.digest,
        inputs=inputs,
        lenient=False,
        started_by="test",
    )
    return rehearsed.play(created)


LOOP = """
steps:
  - id: loop
    type: do-while
    condition: "{{ steps.try.output.exit_code != 0 }}"
    max_iterations: 5
    steps: [{id: try, type: shell, run: x, continue_on_error: true}]
"""


def test_a_loop_goes_round_until_its_stand_in_ends_it() -> None:
    def third_time(run: Run, occurrence: Occurrence) -> ActionResult:
        is_third = occurrence.address == "/loop/r3/try"
        return (succeed if is_third else fail)(run, occurrence)

    rehearsed = rehearsal(LOOP, stand_in=third_time)
    assert RunStatus.COMPLETED == play(rehearsed).status
    assert ["/loop/r1/try", "/loop/r2/try", "/loop/r3/try"] == list(rehearsed.began)


FAN = """
steps:
  - id: each
    type: fan-out
    items: [a, b, c]
    max_concurrency: 2
    step: {id: one, type: shell, run: "{{ item }}"}
"""


def test_the_items_of_a_fan_out_act_one_after_the_other() -> None:
    rehearsed = rehearsal(FAN)
    assert RunStatus.COMPLETED == play(rehearsed).status
    assert ["/each/i0/one", "/each/i1/one", "/each/i2/one"] == list(rehearsed.began)


GATE = """
steps:
  - {id: ask, type: gate, message: "Ship?", timeout: 1}
  - {id: ship, type: shell, run: x}
"""


@pytest.mark.parametrize(
    ("choices", "status", "began"),
    [
        (("approve",), RunStatus.COMPLETED, ["/ask", "/ship"]),
        (("reject",), RunStatus.ABORTED, ["/ask"]),
        ((), RunStatus.PAUSED, ["/ask"]),
    ],
)
def test_a_gate_is_answered_or_stays_open(
    choices: tuple[str, ...], status: RunStatus, began: list[str]
) -> None:
    rehearsed = rehearsal(GATE, answers={"/ask": iter(choices)})
    assert status is play(rehearsed).status
    assert began == list(rehearsed.began)


def test_what_is_skipped_did_not_begin() -> None:
    rehearsed = rehearsal(
        """
inputs: {asks: {type: boolean, default: false}}
steps:
  - {id: ask, type: gate, message: "Ship?", if: "{{ inputs.asks }}"}
  - {id: tell, type: shell, run: x, if: "{{ inputs.asks }}"}
  - {id: ship, type: shell, run: x}
"""
    )
    assert RunStatus.COMPLETED == play(rehearsed, asks=False).status
    assert ["/ship"] == list(rehearsed.began)


RETRIED = """
timeout: 60
steps:
  - {id: fetch, type: shell, run: x, retry: {max_attempts: 3, delay: 3600}}
"""


def test_the_wait_of_a_retry_is_over_at_once_and_the_time_of_the_run_never() -> None:
    tried = iter((fail, fail, succeed))
    rehearsed = rehearsal(RETRIED, stand_in=lambda run, step: next(tried)(run, step))
    run = play(rehearsed)
    assert (RunStatus.COMPLETED, 3) == (run.status, run.occurrences["/fetch"].attempts)
    assert ["/fetch"] == list(rehearsed.began)


def test_finally_is_rehearsed_after_a_failure() -> None:
    def build_fails(run: Run, occurrence: Occurrence) -> ActionResult:
        return (fail if occurrence.address == "/build" else succeed)(run, occurrence)

    rehearsed = rehearsal(
        """
steps: [{id: build, type: shell, run: x}]
finally: [{id: tidy, type: shell, run: x}]
""",
        stand_in=build_fails,
    )
    assert RunStatus.FAILED == play(rehearsed).status
    assert ["/build", "/finally/l1/tidy"] == list(rehearsed.began)


CALLER = """
inputs: {which: {type: string, default: other}}
steps:
  - {id: call, type: workflow, workflow: "{{ inputs.which }}"}
"""


class One:
    """The plans of a project with one workflow."""

    def resolve(self, workflow: str, *, lenient: bool = False) -> Plan:
        if workflow != "other":
            raise Unresolved(f"nobody knows '{workflow}'")
        return compiled("steps: [{id: inner, type: shell, run: x}]")


@pytest.mark.parametrize(
    ("which", "status", "began"),
    [
        ("other", StepStatus.COMPLETED, ["/call/w/inner"]),
        ("another", StepStatus.FAILED, []),
    ],
)
def test_a_workflow_that_is_named_at_run_time_is_found_and_rehearsed(
    which: str, status: StepStatus, began: list[str]
) -> None:
    rehearsed = rehearsal(CALLER, plans=One())
    assert status == play(rehearsed, which=which).occurrences["/call"].status
    assert began == list(rehearsed.began)


ENDLESS = """
inputs: {{on: {{type: boolean, default: true}}}}
steps:
  - id: loop
    type: while
    condition: "{{{{ inputs.on }}}}"
    max_iterations: 1000000000
    steps: [{step}]
"""


@pytest.mark.parametrize(
    "step",
    [
        "{id: act, type: shell, run: x}",
        '{id: act, type: shell, run: x, if: "{{ not inputs.on }}"}',
        '{id: act, type: gate, message: "On?", on_reject: retry}',
    ],
    ids=["acting", "skipping", "asking"],
)
def test_a_run_without_an_end_is_given_up(step: str) -> None:
    rehearsed = rehearsal(ENDLESS.format(step=step))
    rehearsed.answer = lambda run, gate: "reject"
    with pytest.raises(TooLong):
        play(rehearsed, on=True)
    assert MAX_ACTIONS + 1 >= len(rehearsed.began)
