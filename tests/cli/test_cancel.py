"""``treadle cancel``: what it prints, how it exits; what people are told of attempts and ends."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from treadle.schemas import load

FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - id: fetch
    type: shell
    run: 'test "$TREADLE_ATTEMPT" = 2'
    retry: {max_attempts: 3, delay: 0.001}
  - {id: ask, type: gate, message: "Go?", timeout: 86400}
finally: [{id: tidy, type: shell, run: 'echo {{ context.status }}'}]
"""


@pytest.fixture
def paused(treadle, project: Path) -> str:
    """Return what was told of a run that has tried twice and waits at a gate."""
    (project / "flow.yml").write_text(FLOW, encoding="utf-8")
    ended = treadle("run", "flow.yml", "--run-id", "r1")
    assert 0 == ended.code, ended.err
    return str(ended.err)


def test_people_are_told_which_attempt_of_how_many_comes_when(paused: str) -> None:
    assert re.search(r"fetch +attempt 2 of 3 in 1 ms\n", paused)
    assert re.search(r"fetch +attempt 2 of 3\n", paused)
    assert re.search(r"ask +waits for an answer until \d{4}-", paused)


def test_a_cancelled_run_is_told_as_one_object(treadle, paused: str) -> None:
    ended = treadle("cancel", "r1", "--reason", "no need", "--json")
    assert (0, "cancelled") == (ended.code, ended.data["status"])
    assert ended.data["error"].endswith(": no need [TR819]")
    assert [] == list(Draft202012Validator(load("outcome")).iter_errors(ended.data))
    assert "finally, for a run that was cancelled" in ended.err


def test_what_has_ended_or_never_was_is_refused(treadle, paused: str) -> None:
    treadle("cancel", "r1")
    assert [2, 2] == [treadle("cancel", name).code for name in ("r1", "nobody")]
    assert "TR910" in treadle("cancel", "r1").err


def test_status_shows_the_attempts_the_deadline_and_the_last_steps(treadle, paused: str) -> None:
    shown = treadle("status", "r1", "--json").data
    assert [] == list(Draft202012Validator(load("outcome")).iter_errors(shown))
    assert ["failed", "completed"] == [t["status"] for t in shown["results"]["fetch"]["tries"]]
    assert shown["gate"]["due"] > shown["updated_at"]
    text = treadle("status", "r1").out
    assert re.search(r"finally\n +\S+ tidy", text)
    assert "then a resume aborts the run" in text
    treadle("cancel", "r1")
    assert re.search(r"finally\n +\S+ tidy +shell +\d+ ms", treadle("status", "r1").out)
