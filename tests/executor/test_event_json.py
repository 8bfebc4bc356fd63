"""Events as JSON: every kind has its schema, and everything a run writes fits it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from treadle.compiler import compile_text
from treadle.executor import resume, run
from treadle.executor.event_json import event_name, from_json, to_json
from treadle.executor.events import DecidedEvent, OutsideEvent
from treadle.executor.local.journal import read
from treadle.schemas import load

EVERYTHING = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
inputs:
  verdict: {type: string, enum: ["", approve, reject], default: ""}
  rows: {type: array, items: {type: string}, default: [a, b]}
outputs: {count: {value: "{{ steps.each.output.item_count }}"}}
steps:
  - {id: place, type: slot, name: later}
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
      - {id: ask, type: gate, message: "On?", on_reject: retry, verdict_input: verdict}
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
    events = [
        event
        for transaction in read(tmp_path / ".treadle/runs/r1/journal.db", "r1")
        for event in transaction
    ]
    validator = Draft202012Validator(load("event"))
    written = [json.loads(json.dumps(to_json(event))) for event in events]
    assert [error.message for data in written for error in validator.iter_errors(data)] == []
    assert [from_json(data) for data in written] == events
    assert len({data["event"] for data in written}) >= 17


def test_the_stored_plan_fits_its_schema_and_is_the_one_that_ran(tmp_path: Path) -> None:
    compiled = compile_text(EVERYTHING)
    assert compiled.plan is not None
    run(compiled.plan, project=tmp_path, run_id="r1")
    stored = json.loads((tmp_path / ".treadle/runs/r1/plan.json").read_text(encoding="utf-8"))
    errors = list(Draft202012Validator(load("plan")).iter_errors(stored))
    assert ([], compiled.plan.digest) == (errors, stored["digest"])


@pytest.mark.parametrize("wrong", [{}, {"event": "nothing"}, {"event": "run-paused", "x": 1}])
def test_what_is_no_event_is_refused(wrong: dict[str, Any]) -> None:
    refused: Callable[[], object] = lambda: from_json(wrong)  # noqa: E731  # one expression
    with pytest.raises((KeyError, TypeError)):
        refused()
