"""Workflows that an expression names are found by a worker, once, and run inside the run."""

import json

import pytest

pytest.importorskip("temporalio")

from tests.executor.temporal.conftest import HEADER, Crew
from tests.temporal_server import needs_temporal

pytestmark = needs_temporal
CALLED = """schema_version: "1.0"
workflow: {id: asks, name: Asks, version: "1.0.0"}
steps:
  - {id: say, type: shell, run: printf said}
  - {id: sure, type: gate, message: "sure?"}
outputs:
  said: {value: "{{ steps.say.output.stdout }}"}
  choice: {value: "{{ steps.sure.output.choice }}"}
"""
CALLING = """
inputs: {which: {type: string, required: true}}
steps:
  - {id: call, type: workflow, workflow: "{{ inputs.which }}"}
  - id: last
    type: shell
    run: echo {{ steps.call.output.choice }} of what was {{ steps.call.output.said }}
"""


def test_a_workflow_that_an_expression_names_is_called_and_asks_inside(crew: Crew) -> None:
    called = crew.project / ".specify" / "workflows" / "asks" / "workflow.yml"
    called.parent.mkdir(parents=True)
    called.write_text(CALLED)
    (crew.project / "flow.yml").write_text(f"{HEADER}{CALLING}")
    crew.hire()
    run_id = crew.queue
    code, out, err = crew.treadle(
        "run", "flow.yml", "-i", "which=asks", "--run-id", run_id, "--json"
    )
    assert (0, "paused", "sure") == (
        code,
        json.loads(out)["status"],
        json.loads(out)["gate"]["step_id"].rpartition(":")[2],
    ), err
    crew.dismiss()
    called.write_text(CALLED.replace("sure?", "another?"))
    crew.hire()
    code, out, err = crew.treadle("resume", run_id, "--choice", "approve", "--json")
    assert (0, "completed") == (code, json.loads(out)["status"]), err
    found = crew.site().load(run_id, host=crew.host)
    assert "approve of what was said\n" == (found.occurrences["/last"].output or {})["stdout"]
    kinds = [each for each in crew.events(run_id) if each == "ACTIVITY_TASK_SCHEDULED"]
    assert 3 == len(kinds)  # the workflow was looked for once


def test_a_workflow_that_is_not_there_fails_its_call(crew: Crew) -> None:
    (crew.project / "flow.yml").write_text(f"{HEADER}{CALLING}")
    crew.hire()
    code, out, _ = crew.treadle(
        "run", "flow.yml", "-i", "which=none", "--run-id", crew.queue, "--json"
    )
    assert (1, "failed", True) == (
        code,
        json.loads(out)["status"],
        "none" in json.loads(out)["error"],
    )
