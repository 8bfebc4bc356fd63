"""`--answers FILE --no-prompt`: a run whose questions are answered before it begins."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  env: {type: string, required: true}
  fast: {type: boolean, default: false}
steps:
  - {id: build, type: shell, run: 'echo {{ inputs.env | shquote }}'}
  - {id: review, type: gate, message: Good, on_reject: retry}
  - id: loop
    type: while
    condition: "{{ steps.more.output.choice != 'stop' }}"
    max_iterations: 4
    steps: [{id: more, type: gate, message: More, options: [go, stop], on_reject: skip}]
  - id: maybe
    type: if
    condition: "{{ inputs.fast }}"
    then: [{id: hasty, type: gate, message: Sure}]
"""
WHOLE = "inputs: {env: dev}\ngates: {review: [reject, APPROVE], more: [go, go, stop]}\n"

Write = Callable[[str, str], Path]


@pytest.fixture
def run(treadle, write: Write):
    def call(answers: str | None, *options: str):
        write("flow.yml", FLOW)
        given: tuple[str, ...] = ()
        if answers is not None:
            write("answers.yml", answers)
            given = ("--answers", "answers.yml")
        return treadle("run", "flow.yml", "--run-id", "r1", "--json", *given, *options)

    return call


def choices(status: Any) -> dict[str, str]:
    results = status["results"].values()
    return {r["address"]: r["output"]["choice"] for r in results if r["type"] == "gate"}


def test_a_run_is_answered_to_its_end(run, treadle) -> None:
    assert "completed" == run(WHOLE, "--no-prompt").data["status"]
    status = treadle("status", "r1", "--json").data
    assert {
        "/review": "approve",
        "/loop/more": "go",
        "/loop/r2/more": "go",
        "/loop/r3/more": "stop",
    }.items() >= {
        address.replace("/loop/r1/", "/loop/"): choice
        for address, choice in choices(status).items()
    }.items()


def test_an_answer_tells_where_it_came_from(run, treadle) -> None:
    run(WHOLE, "--no-prompt")
    review = treadle("status", "r1", "--json").data["results"]["review"]["output"]
    assert "answers file" == review["comment"]
    assert review["by"] is not None and review["at"] is not None


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        (None, ["TR701", "TR714", "TR714"]),
        ("inputs: {env: dev}\n", ["TR714", "TR714"]),
        (WHOLE.replace("env", "evn"), ["TR705", "TR701"]),
        (WHOLE.replace("review", "reviwe"), ["TR713"]),
        (WHOLE.replace("stop", "stopp"), ["TR710"]),
        (WHOLE.replace("fast", "fast").replace("{env: dev}", "{env: dev, fast: true}"), ["TR714"]),
        ("gates: [review]\n", ["TR715"]),
        ("gates: {review: 1}\n", ["TR715"]),
        ("gates: {review: []}\n", ["TR715"]),
        ("answers: {}\n", ["TR715"]),
        ("{", ["TR715"]),
    ],
)
def test_a_run_that_would_have_to_ask_is_refused_before_its_first_step(
    run, project: Path, answers: str | None, codes: list[str]
) -> None:
    ended = run(answers, "--no-prompt")
    said = [line[6:11] for line in ended.err.splitlines() if line.startswith("error ")]
    assert (2, codes) == (ended.code, said)
    assert not (project / ".treadle" / "runs" / "r1").exists()


def test_a_missing_file_of_answers_is_refused(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    ended = treadle("run", "flow.yml", "--answers", "none.yml")
    assert (
        2,
        "error TR715: cannot use the answers of 'none.yml': no such file or directory\n",
    ) == (
        ended.code,
        ended.err,
    )


def test_flags_win_over_the_file(run, treadle) -> None:
    run(WHOLE, "-i", "env=prod")
    assert "prod" == treadle("status", "r1", "--json").data["inputs"]["env"]


def test_without_no_prompt_a_gate_that_is_not_answered_pauses_the_run(run) -> None:
    ended = run("inputs: {env: dev}\ngates: {review: approve}\n")
    assert ("paused", "more") == (ended.data["status"], ended.data["current_step_id"])


def test_one_rejection_is_not_given_twice(run) -> None:
    ended = run(WHOLE.replace("[reject, APPROVE]", "reject"))
    assert ("paused", "review") == (ended.data["status"], ended.data["current_step_id"])


def test_a_resume_goes_on_with_the_next_answer(run, treadle) -> None:
    run("inputs: {env: dev}\ngates: {review: approve}\n")
    treadle("resume", "r1", "--choice", "go")
    (Path("answers.yml")).write_text("gates: {more: [go, stop]}\n", encoding="utf-8")
    ended = treadle("resume", "r1", "--answers", "answers.yml", "--no-prompt", "--json")
    assert "completed" == ended.data["status"]
    assert "stop" == choices(treadle("status", "r1", "--json").data)["/loop/r2/more"]


def test_a_resume_needs_no_answers_to_gates_that_it_is_past(run, treadle) -> None:
    run("inputs: {env: dev}\ngates: {review: approve}\n")
    ended = treadle("resume", "r1", "--no-prompt")
    assert (2, ["error TR714: gate 'more' may ask, and nothing answers it"]) == (
        ended.code,
        [line for line in ended.err.splitlines() if line.startswith("error")],
    )
