"""`treadle resume`: answers, new inputs, and refusals that change nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
GATES = (
    HEAD
    + """
inputs:
  env: {type: string, enum: [dev, prod], default: dev}
  key: {type: string, secret: true}
steps:
  - id: each
    type: fan-out
    items: [a, b]
    max_concurrency: 2
    step:
      id: one
      type: if
      condition: true
      then:
        - {id: look, type: shell, run: 'sleep 0.2'}
        - {id: ask, type: gate, message: 'Ship {{ item }}?'}
  - {id: ship, type: shell, run: 'echo {{ inputs.env }}', env: {KEY: "{{ inputs.key }}"}}
"""
)
GATE = (
    HEAD
    + """
inputs:
  env: {type: string, enum: [dev, prod], default: dev}
steps:
  - {id: ask, type: gate, message: 'Go on?'}
  - {id: ship, type: shell, run: 'echo {{ inputs.env }}'}
"""
)

Write = Callable[[str, str], Path]


@pytest.fixture
def paused(treadle, write: Write) -> None:
    """A run `r1` that waits at its gate."""
    write("flow.yml", GATE)
    treadle("run", "flow.yml", "--run-id", "r1")


def test_a_choice_in_any_case_answers_the_gate(treadle, paused: None) -> None:
    ended = treadle("resume", "r1", "--choice", "APPROVE", "--comment", "fine", "--json")
    assert (0, "completed") == (ended.code, ended.data["status"])
    gate = treadle("status", "r1", "--json").data["results"]["ask"]["output"]
    assert ("approve", "fine") == (gate["choice"], gate["comment"])


def test_a_rejection_aborts_with_exit_status_one(treadle, paused: None) -> None:
    ended = treadle("resume", "r1", "--choice", "reject", "--json")
    assert (1, "aborted") == (ended.code, ended.data["status"])


def test_new_inputs_are_merged_before_the_run_goes_on(treadle, paused: None) -> None:
    treadle("resume", "r1", "--choice", "approve", "-i", "env=prod")
    shown = treadle("status", "r1", "--json").data
    assert ({"env": "prod"}, "prod\n") == (
        shown["inputs"],
        shown["results"]["ship"]["output"]["stdout"],
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-i", "env=test"), "error TR703: input 'env' must be one of 'dev', 'prod', not 'test'"),
        (("-i", "evn=dev"), "did you mean 'env'?"),
        (("--choice", "maybe"), "error TR710: 'maybe' is not an option of gate 'ask'"),
        (("--choice", "/other=approve"), "error TR711:"),
    ],
)
def test_a_refused_resume_names_the_reason_and_changes_nothing(
    treadle, paused: None, arguments: tuple[str, ...], told: str
) -> None:
    before = treadle("status", "r1", "--json").data
    ended = treadle("resume", "r1", "--json", *arguments)
    assert (2, "") == (ended.code, ended.out)
    assert told in ended.err
    assert before == treadle("status", "r1", "--json").data


def test_several_open_gates_are_named_and_answered_one_by_one(treadle, write: Write) -> None:
    write("flow.yml", GATES)
    ended = treadle("run", "flow.yml", "--run-id", "r1", "-i", "key=x")
    first, second = "/each/i0/one/then/ask=approve", "/each/i1/one/then/ask=approve"
    assert f"--choice {first} --choice {second} -i 'key=…'" in ended.err
    ended = treadle("resume", "r1", "--choice", "approve", "-i", "key=x")
    assert 2 == ended.code
    assert "error TR712: more than one gate is open" in ended.err
    assert 0 == treadle("resume", "r1", "-i", "key=x", "--choice", first, "--choice", second).code
    assert "completed" == treadle("status", "r1", "--json").data["status"]


def test_a_secret_must_be_given_again_and_may_come_from_the_environment(
    treadle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "flow.yml", GATES.replace("{type: string, secret", "{type: string, required: true, secret")
    )
    treadle("run", "flow.yml", "--run-id", "r1", "-i", "key=hush")
    ended = treadle("resume", "r1")
    assert 2 == ended.code
    assert "error TR706: the secret 'key' must be given again" in ended.err
    monkeypatch.setenv("TREADLE_INPUT_KEY", "hush")
    ended = treadle("resume", "r1", "--json")
    assert "paused" == ended.data["status"]
    assert "hush" not in ended.out + ended.err + treadle("status", "r1", "--json").out


def test_a_run_is_found_by_its_beginning_or_as_the_latest(treadle, paused: None) -> None:
    assert "paused" == treadle("resume", "r", "--json").data["status"]
    assert "paused" == treadle("resume", "@latest", "--json").data["status"]


def test_an_unknown_run_is_refused(treadle) -> None:
    ended = treadle("resume", "nope")
    assert (2, "") == (ended.code, ended.out)
    assert "error TR904: no run is called 'nope'" in ended.err


def test_a_completed_run_is_not_resumed(treadle, paused: None) -> None:
    treadle("resume", "r1", "--choice", "approve")
    ended = treadle("resume", "r1")
    assert 2 == ended.code
    assert "error TR905: run 'r1' is completed and cannot be resumed" in ended.err


@pytest.mark.parametrize(
    ("given", "option"),
    [("Go", "Go"), ("go", "go"), ("GO", "Go"), ("wait ", "wait "), ("ask=wait ", "wait ")],
)
def test_the_very_option_that_was_chosen_is_recorded(
    treadle, write: Callable[[str, str], Path], given: str, option: str
) -> None:
    gate = 'steps: [{id: ask, type: gate, message: "?", options: [Go, go, "wait ", reject]}]\n'
    write("options.yml", HEAD + gate)
    treadle("run", "options.yml", "--run-id", "r1")
    treadle("resume", "r1", "--choice", given)
    shown = treadle("status", "r1", "--json").data
    assert option == shown["results"]["ask"]["output"]["choice"]
