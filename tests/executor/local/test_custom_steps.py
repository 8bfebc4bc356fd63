"""Steps of types of one's own in runs on this machine: retries, fan-outs, loops, refusals."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from treadle.compiler import Available, compile_text
from treadle.executor import Refused, StepFailed, StepRequest, StepType
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host
from treadle.executor.local.session import resume, start
from treadle.executor.outcome import status_object
from treadle.executor.state import RunStatus
from treadle.plan.plan import Plan

HEAD = "workflow: {id: flow, name: Flow}\n"
Perform = Callable[[StepRequest], Mapping[str, Any]]


def count_type(perform: Perform) -> StepType:
    return StepType(
        name="count",
        input_schema={"type": "object", "properties": {"of": {"type": "string"}}},
        output_schema={"type": "object", "properties": {"n": {"type": "integer"}}},
        perform=perform,
    )


def plan_of(text: str) -> Plan:
    known = Available(installed={"count": count_type(lambda request: {}).signature()})
    compiled = compile_text(HEAD + text, step_types=known)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def host(project: Path, perform: Perform | None) -> Host:
    found = count_type(perform) if perform is not None else None
    return Host(
        project=project,
        environment=dict(os.environ),
        find_step_type=lambda name: found if name == "count" else None,
    )


def results(rested: Rested) -> Mapping[str, Any]:
    found: Mapping[str, Any] = status_object(rested.run, rested.run.status)["results"]
    return found


def test_a_retry_gets_the_same_key_and_another_number(tmp_path: Path) -> None:
    seen: list[StepRequest] = []

    def perform(request: StepRequest) -> Mapping[str, Any]:
        seen.append(request)
        if request.attempt < 3:
            raise StepFailed("not yet")
        return {"n": request.attempt}

    plan = plan_of("steps: [{id: a, type: count, retry: {max_attempts: 3}}]")
    rested = start(plan, {}, host=host(tmp_path, perform))
    assert RunStatus.COMPLETED is rested.run.status
    assert [1, 2, 3] == [request.attempt for request in seen]
    assert 1 == len({request.idempotency_key for request in seen})
    found = results(rested)["a"]
    assert ("count", 3, {"n": 3}) == (found["type"], found["attempts"], found["output"])


def test_a_type_works_in_fan_outs_loops_and_types_made_of_steps(tmp_path: Path) -> None:
    plan = plan_of(
        """
step_types:
  twice:
    inputs: {word: {type: string, required: true}}
    steps:
      - {id: one, type: count, input: {of: "{{ inputs.word }}"}}
      - {id: two, type: count, input: {of: "{{ inputs.word }}{{ steps.one.output.n }}"}}
    outputs: {n: {value: "{{ steps.two.output.n }}", schema: {type: integer}}}
steps:
  - id: each
    type: fan-out
    items: [a, bb, ccc]
    max_concurrency: 3
    step: {id: t, type: twice, input: {word: "{{ item }}"}}
  - id: again
    type: do-while
    condition: "{{ steps.grow.output.n < 3 }}"
    max_iterations: 5
    steps:
      - id: grow
        type: count
        input: {of: "{{ 'x' * ((steps.grow.output.n or 0) + 1) }}"}
outputs:
  sums: {value: "{{ steps.each.output.results | map('n') }}"}
"""
    )
    rested = start(plan, {}, host=host(tmp_path, lambda request: {"n": len(request.input["of"])}))
    assert RunStatus.COMPLETED is rested.run.status
    assert {"sums": [2, 3, 4]} == rested.run.outputs
    assert {"n": 3} == results(rested)["grow"]["output"]


def test_a_tolerated_failure_is_one_and_a_resume_tries_the_others_again(tmp_path: Path) -> None:
    is_up = False

    def perform(request: StepRequest) -> Mapping[str, Any]:
        if not is_up:
            raise StepFailed(f"no answer for {request.address}")
        return {"n": 1}

    plan = plan_of("steps: [{id: a, type: count, continue_on_error: true}, {id: b, type: count}]")
    around = host(tmp_path, perform)
    rested = start(plan, {}, host=around)
    assert RunStatus.FAILED is rested.run.status
    assert "no answer for /a [TR820]" == results(rested)["a"]["error"]
    assert "no answer for /b [TR820]" == rested.run.error
    is_up = True
    resumed = resume(rested.run.id, {}, host=around)
    assert RunStatus.COMPLETED is resumed.run.status
    assert ["failed", "completed"] == [each["status"] for each in results(resumed).values()]


@pytest.mark.parametrize("text", ["", "finally: [{id: z, type: count}]\n"])
def test_a_missing_type_is_refused_before_anything_is_written(tmp_path: Path, text: str) -> None:
    step = "{id: a, type: shell, run: touch here}" if text else "{id: a, type: count}"
    plan = plan_of(f"{text}steps: [{step}]")
    with pytest.raises(Refused) as refused:
        start(plan, {}, host=host(tmp_path, None))
    assert ["TR745"] == [reason.code for reason in refused.value.problems]
    assert [] == list(tmp_path.iterdir())


def test_a_resume_is_refused_when_the_type_is_gone(tmp_path: Path) -> None:
    plan = plan_of('steps: [{id: ask, type: gate, message: "Go on?"}, {id: a, type: count}]')
    paused = start(plan, {}, host=host(tmp_path, lambda request: {"n": 1}))
    with pytest.raises(Refused) as refused:
        resume(paused.run.id, {}, host=host(tmp_path, None), choices=["approve"])
    assert ["TR745"] == [reason.code for reason in refused.value.problems]
    done = resume(
        paused.run.id, {}, host=host(tmp_path, lambda request: {"n": 1}), choices=["approve"]
    )
    assert RunStatus.COMPLETED is done.run.status


DYING = """
import os, signal
from treadle.executor import StepType

def perform(request):
    with open(request.project / "keys", "a", encoding="utf-8") as file:
        file.write(f"{request.idempotency_key} {request.attempt}\\n")
    if request.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"n": request.attempt}

count = StepType(
    name="count",
    input_schema={"type": "object"},
    output_schema={"type": "object"},
    perform=perform,
)
"""


def test_an_attempt_that_a_kill_interrupted_runs_again_with_the_same_key(tmp_path: Path) -> None:
    info = tmp_path / "site" / "treadle_count-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "dying_count.py").write_text(DYING, encoding="utf-8")
    (info / "METADATA").write_text("Name: treadle-count\nVersion: 1.0\n", encoding="utf-8")
    points = "[treadle.steps]\ncount = dying_count:count\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    (tmp_path / "flow.yml").write_text(f"{HEAD}steps: [{{id: a, type: count}}]\n", encoding="utf-8")

    def treadle(*words: str) -> int:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
        command = [sys.executable, "-m", "treadle.cli", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False
        ).returncode

    assert -signal.SIGKILL == treadle("run", "flow.yml", "--run-id", "r1")
    assert 0 == treadle("resume", "r1")
    first, second = (tmp_path / "keys").read_text(encoding="utf-8").splitlines()
    assert ["1", "2"] == [line.split()[1] for line in (first, second)]
    assert first.split()[0] == second.split()[0]
