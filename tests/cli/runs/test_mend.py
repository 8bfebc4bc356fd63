"""Going back, forking and edited plans on the command line."""

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from treadle import schemas

FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
inputs:
  word: {type: string, default: one}
outputs: {said: {value: "{{ steps.report.output.stdout }}"}}
steps:
  - {id: setup, type: shell, run: echo ready}
  - {id: build, type: shell, run: "echo built"}
  - id: report
    type: shell
    env:
      W: "{{ inputs.word }}"
      B: "{{ steps.build.output.stdout }} {{ steps.setup.status }}"
    run: echo "$W"
"""
GATED = FLOW.replace('outputs: {said: {value: "{{ steps.report.output.stdout }}"}}\n', "").replace(
    "  - id: report", "  - {id: ask, type: gate, message: 'Ship it?'}\n  - id: report"
)

Write = Callable[[str, str], Path]


@pytest.fixture
def completed(treadle, write: Write) -> None:
    """A completed run `r1`."""
    write("flow.yml", FLOW)
    assert 0 == treadle("run", "flow.yml", "--run-id", "r1").code


@pytest.fixture
def paused(treadle, write: Write) -> None:
    """A run `r1` that waits at its gate."""
    write("flow.yml", GATED)
    assert 0 == treadle("run", "flow.yml", "--run-id", "r1").code


def fits(data: object) -> None:
    schema = schemas.load("outcome")
    jsonschema.validate(data, schema["$defs"]["run"] | {"$defs": schema["$defs"]})


def test_what_will_run_again_is_shown_and_needs_a_yes(treadle, completed: None) -> None:
    before = treadle("status", "r1", "--json").data
    ended = treadle("resume", "r1", "--from", "build")
    assert (2, "") == (ended.code, ended.out)
    assert [
        "run r1 (completed) goes back to /build",
        "2 steps run again:",
        "  /build   shell  has run once",
        "  /report  shell  has run once  reads build, setup (kept)",
        "1 step keeps its result: /setup",
        "error TR938: nothing was done: 2 steps would run again",
        "    hint: '--yes' says beforehand that they may",
    ] == ended.err.splitlines()
    assert before == treadle("status", "r1", "--json").data


def test_with_a_yes_it_runs_again_with_new_inputs(treadle, completed: None) -> None:
    ended = treadle("resume", "r1", "--from", "build", "--yes", "-i", "word=two", "--json")
    assert (0, {"said": "two\n"}) == (ended.code, ended.data["outputs"])
    fits(ended.data)
    assert ("/build", ["/setup"]) == (ended.data["mended"]["from"], ended.data["mended"]["kept"])
    assert ["/build", "/report"] == [step["address"] for step in ended.data["mended"]["again"]]


def test_a_person_at_a_terminal_is_asked(terminal, completed: None) -> None:
    for answer, code in (("n", 2), ("y", 0)):
        asked = terminal("resume", "r1", "--from", "build")
        asked.until("may they run again? [y/N] ")
        asked.type(f"{answer}\n")
        assert code == asked.end()[0]


def test_a_fork_goes_its_own_way_and_says_where_it_comes_from(treadle, completed: None) -> None:
    before = treadle("status", "r1", "--json").data
    ended = treadle(
        "fork", "r1", "--from", "report", "--run-id", "r2", "--yes", "-i", "word=two", "--json"
    )
    assert (0, "r2", {"said": "two\n"}) == (
        ended.code,
        ended.data["run_id"],
        ended.data["outputs"],
    )
    fits(ended.data)
    assert "r1" == treadle("status", "r2", "--json").data["forked_from"]
    assert "forked    from run r1" in treadle("status", "r2").out
    assert before == treadle("status", "r1", "--json").data
    assert "ready\n" == treadle("logs", "r2", "setup").out


def test_a_fork_needs_a_step(treadle, completed: None) -> None:
    assert 2 == treadle("fork", "r1").code


def test_an_edited_plan_is_judged_before_anything_runs(treadle, paused: None, write: Write) -> None:
    edited = GATED.replace('echo "$W"', 'echo "said $W"').replace("1.0.0", "1.1.0")
    write(
        "new.yml",
        edited.replace("  - {id: setup", "  - {id: early, type: shell, run: x}\n  - {id: setup"),
    )
    ended = treadle("resume", "r1", "--plan", "new.yml", "--choice", "approve")
    assert 0 == ended.code
    assert [
        "run r1 goes on with flow 1.0.0 → 1.1.0",
        "2 steps keep their results: /setup, /build",
        "  + /early  will not run: the run is past it",
        "  ~ /report  run: 'echo \"$W\"' → 'echo \"said $W\"'",
        "run r1  flow 1.1.0, an edited plan",
    ] == ended.err.splitlines()[:5]
    shown = treadle("status", "r1", "--json").data
    assert ("completed", "said one\n") == (
        shown["status"],
        shown["results"]["report"]["output"]["stdout"],
    )


def test_what_is_done_and_changed_is_refused_then_accepted(
    treadle, paused: None, write: Write
) -> None:
    write("new.yml", GATED.replace("echo built", "echo made").replace("id: setup", "id: begin")
          .replace("steps.setup", "steps.begin"))  # fmt: skip
    ended = treadle("resume", "r1", "--plan", "new.yml", "--json")
    assert (2, "") == (ended.code, ended.out)
    assert [
        "error TR940: '/setup' is done, and not in the new plan",
        "error TR939: '/build' is done, and the new plan changes run: 'echo built' → 'echo made'",
        "    hint: '--accept' runs it again, with everything behind it",
    ] == ended.err.splitlines()
    ended = treadle("resume", "r1", "--plan", "new.yml", "--accept", "--json")
    assert (0, "paused") == (ended.code, ended.data["status"])
    fits(ended.data)
    assert "/setup" == ended.data["mended"]["from"]
    assert ["begin", "build", "ask"] == list(treadle("status", "r1", "--json").data["steps"])


def test_a_step_that_is_gone_is_not_said_to_run_again(treadle, paused: None, write: Write) -> None:
    text = GATED.replace("  - {id: setup, type: shell, run: echo ready}\n", "")
    write("flow.yml", text.replace(" {{ steps.setup.status }}", ""))
    refused = treadle("resume", "r1", "--plan", "flow.yml")
    assert "hint: '--accept' goes on without it, and runs everything behind it" in refused.err
    said = treadle("resume", "r1", "--plan", "flow.yml", "--accept").err.splitlines()
    at = said.index("run r1 (paused) goes back to /setup")
    assert ["2 steps run again:", "/build", "/ask"] == [
        said[at + 1],
        said[at + 2].split()[0],
        said[at + 3].split()[0],
    ]


def test_a_workflow_with_errors_replaces_nothing(treadle, paused: None, write: Write) -> None:
    before = treadle("status", "r1", "--json").data
    write("new.yml", GATED.replace("inputs.word", "inputs.wrod"))
    ended = treadle("resume", "r1", "--plan", "new.yml", "--choice", "approve")
    assert 2 == ended.code
    assert "new.yml:13:21: error TR302" in ended.err
    assert before == treadle("status", "r1", "--json").data


def test_accept_goes_with_a_plan(treadle, paused: None) -> None:
    assert 2 == treadle("resume", "r1", "--accept").code


def test_the_log_of_a_step_that_was_taken_back_is_kept(treadle, completed: None) -> None:
    treadle("resume", "r1", "--from", "build", "--yes")
    assert 2 == treadle("logs", "r1", "build").out.count("built")
