"""Events as JSON: every kind has its schema, and everything a run writes fits it."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from treadle.compiler import compile_text
from treadle.executor import resume, run
from treadle.executor.event_json import event_name, from_json, to_json, to_text
from treadle.executor.events import ActionFinished, DecidedEvent, OutsideEvent, StepStatus
from treadle.executor.local.cancel import cancel
from treadle.executor.local.host import Host
from treadle.executor.local.journal import read
from treadle.schemas import load

EVERYTHING = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
inputs:
  verdict: {type: string, enum: ["", approve, reject], default: ""}
  rows: {type: array, items: {type: string}, default: [a, b]}
outputs: {count: {value: "{{ steps.each.output.item_count }}"}}
timeout: 3600
finally: [{id: tidy, type: shell, run: 'true'}]
steps:
  - {id: place, type: slot, name: later}
  - {id: flaky, type: shell, run: 'test "$TREADLE_ATTEMPT" = 2', retry: {max_attempts: 2}}
  - id: pick
    type: switch
    expression: "{{ inputs.rows[0] }}"
    cases:
      a:
        - id: guard
          type: if
          condition: "{{ inputs.rows | length > 1 }}"
          then:
            - {id: fails, type: shell, run: test -e mended}
  - id: rounds
    type: do-while
    condition: "{{ true }}"
    max_iterations: 2
    steps:
      - {id: ask, type: gate, message: "On?", timeout: 3600, on_reject: retry,
         verdict_input: verdict}
  - id: each
    type: fan-out
    items: "{{ inputs.rows }}"
    step: {id: row, type: shell, env: {ROW: "{{ item }}"}, run: echo "$ROW"}
  - {id: all, type: fan-in, wait_for: [each], output: {n: "{{ fan_in.results | length }}"}}
"""


def test_every_kind_of_event_has_a_schema() -> None:
    kinds = [*get_args(OutsideEvent), *get_args(DecidedEvent)]
    names = sorted(event_name(kind) for kind in kinds)
    assert sorted(load("event")["$defs"]) == names


def test_everything_that_a_run_writes_fits_its_schema(tmp_path: Path) -> None:
    compiled = compile_text(EVERYTHING)
    assert compiled.plan is not None, compiled.diagnostics
    assert run(compiled.plan, project=tmp_path, run_id="r1").status == "failed"
    (tmp_path / "mended").touch()
    for inputs, choices, status in (
        ({}, {}, "paused"),
        ({"verdict": "reject"}, {}, "paused"),
        ({"verdict": "approve"}, {}, "paused"),
        ({}, {"/rounds/r2/ask": "approve"}, "completed"),
    ):
        assert resume("r1", inputs, choices=choices, project=tmp_path).status == status
    host = Host(project=tmp_path, environment={})
    assert run(compiled.plan, project=tmp_path, run_id="r2").status == "paused"
    assert cancel("r2", host=host, reason="enough").run.status == "cancelled"
    events = [
        event
        for run_id in ("r1", "r2")
        for transaction in read(tmp_path / f".treadle/runs/{run_id}/journal.db", run_id)
        for event in transaction
    ]
    validator = Draft202012Validator(load("event"))
    written = [json.loads(json.dumps(to_json(event))) for event in events]
    assert [error.message for data in written for error in validator.iter_errors(data)] == []
    assert [from_json(data) for data in written] == events
    assert json.loads(to_text(events)) == written
    assert len({data["event"] for data in written}) >= 21


def test_the_stored_plan_fits_its_schema_and_is_the_one_that_ran(tmp_path: Path) -> None:
    compiled = compile_text(EVERYTHING)
    assert compiled.plan is not None
    run(compiled.plan, project=tmp_path, run_id="r1")
    stored = json.loads((tmp_path / ".treadle/runs/r1/plan.json").read_text(encoding="utf-8"))
    errors = list(Draft202012Validator(load("plan")).iter_errors(stored))
    assert ([], compiled.plan.digest) == (errors, stored["digest"])


AT = "2026-01-01T00:00:00+00:00"


class Borrowed(str):
    """A kind of text of somebody else's."""


@pytest.mark.parametrize(
    "value",
    [
        10**400,
        -(2**64),
        0.1,
        1e300,
        -0.0,
        "\x00\x7f\u2028é😀",
        "half \ud83d",
        Borrowed("x"),
        [],
        {},
    ],
)
def test_the_text_of_events_holds_every_value_that_json_has(value: Any) -> None:
    event = ActionFinished(
        at=AT,
        address="/a",
        attempt=1,
        status=StepStatus.COMPLETED,
        output={"data": value, "again": [value]},
    )
    assert [event, event] == [from_json(data) for data in json.loads(to_text((event, event)))]


@pytest.mark.parametrize(
    "wrong, told",
    [
        ([], "an event is an object with its name"),
        ({}, "an event is an object with its name"),
        ({"event": ["run-paused"]}, "an event is an object with its name"),
        ({"event": "nothing"}, "no event is called 'nothing'"),
        ({"event": "run-paused", "x": 1}, "run-paused: Object contains unknown field `x`"),
        ({"event": "continued"}, "continued: Object missing required field `at`"),
        ({"event": "continued", "at": 1}, "continued: Expected `str`, got `int` - at `$.at`"),
        ({"event": "continued", "at": "now"}, "continued: 'now' is not a time - at `$.at`"),
        ({"event": "continued", "at": AT[:19]}, f"'{AT[:19]}' is not a time"),
        (
            {"event": "action-started", "address": "/a", "attempt": True},
            "action-started: Expected `int`, got `bool` - at `$.attempt`",
        ),
        (
            {"event": "step-finished", "address": "/a", "status": "done", "output": None},
            "step-finished: Invalid enum value 'done' - at `$.status`",
        ),
        (
            {"event": "step-finished", "address": "/a", "status": "failed", "output": []},
            "step-finished: Expected `object | null`, got `array` - at `$.output`",
        ),
        (
            {"event": "put-off", "tasks": ["enter"]},
            "put-off: Expected `array`, got `str` - at `$.tasks[0]`",
        ),
        (
            {"event": "run-resumed", "at": AT, "by": None, "inputs": {}, "answers": {"/a": {}}},
            "run-resumed: Object missing required field `choice` - at `$.answers[...]`",
        ),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(wrong: Any, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        from_json(wrong)
