"""Calls of other workflows with real processes: killed in the middle, gone on with, kept plans."""

import os
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.executor.local.processes import treadle
from treadle.cli.project.call_plans import InstalledPlans
from treadle.compiler import compile_file
from treadle.executor.api import status
from treadle.executor.errors import Refused
from treadle.executor.local.check import check
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host
from treadle.executor.local.session import resume, start
from treadle.executor.local.store import Store
from treadle.plan.inputs import Given
from treadle.plan.plan import Plan

FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
inputs: {verdict: {type: string, default: ""}}
steps:
  - id: each
    type: fan-out
    items: [a, b]
    max_concurrency: 2
    step:
      id: call
      type: workflow
      path: ./parts/middle.yml
      input: {name: "{{ item }}", answer: "{{ inputs.verdict }}"}
"""
MIDDLE = """
schema_version: "1.0"
workflow: {id: middle, name: Middle, version: "1.0.0"}
inputs: {name: {type: string, required: true}, answer: {type: string, default: ""}}
outputs: {rounds: {value: "{{ steps.inner.output.rounds }}", schema: {type: integer}}}
steps:
  - {id: before, type: shell, run: "echo before-{{ inputs.name | shquote }} >> log"}
  - id: inner
    type: workflow
    path: ./rounds.yml
    input: {name: "{{ inputs.name }}", answer: "{{ inputs.answer }}"}
"""
ROUNDS = """
schema_version: "1.0"
workflow: {id: rounds, name: Rounds, version: "1.0.0"}
inputs: {name: {type: string, required: true}, answer: {type: string, default: ""}}
outputs: {rounds: {value: "{{ steps.again.output.iterations }}", schema: {type: integer}}}
steps:
  - id: again
    type: do-while
    condition: "{{ steps.ask.output.choice == 'more' }}"
    max_iterations: 5
    steps:
      - id: work
        type: shell
        env: {NAME: "{{ inputs.name }}"}
        run: 'echo "$NAME" >> log; until [ -e "go-$NAME" ]; do sleep 0.01; done'
      - id: ask
        type: gate
        message: "{{ inputs.name }}?"
        options: [more, stop]
        on_reject: skip
        verdict_input: answer
"""
NAMING = """
workflow: {id: naming, name: Naming}
inputs: {which: {type: string, default: named}}
steps:
  - {id: call, type: workflow, workflow: "{{ inputs.which }}"}
"""
NAMED = """
workflow: {id: named, name: Named}
steps:
  - {id: ask, type: gate, message: "on?"}
  - {id: done, type: shell, run: echo old >> log}
"""


def logged(project: Path) -> Counter[str]:
    log = project / "log"
    return Counter(log.read_text(encoding="utf-8").split() if log.exists() else ())


def until_gate(project: Path, address: str) -> bool:
    """Wait until a gate of the run is open, for ten seconds at most."""
    store, deadline = Store(project), time.monotonic() + 10
    while time.monotonic() < deadline:
        # At first there is no run yet.
        with suppress(Refused):
            run = store.load(store.find("r1"))[1]
            if address in run.occurrences and logged(project)["b"]:
                return True
        time.sleep(0.02)
    return False


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "flow.yml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "parts" / "middle.yml").write_text(MIDDLE, encoding="utf-8")
    (tmp_path / "parts" / "rounds.yml").write_text(ROUNDS, encoding="utf-8")
    return tmp_path


def test_only_what_was_open_runs_after_a_kill_inside_nested_calls(project: Path) -> None:
    (project / "go-a").touch()
    runner = treadle(project, "run", "flow.yml", "--run-id", "r1")
    assert until_gate(project, "/each/i0/call/w/inner/w/again/r1/ask")
    os.killpg(runner.pid, signal.SIGKILL)
    runner.wait()
    (project / "go-b").touch()
    # What the run began with is what it goes on with.
    (project / "parts" / "rounds.yml").unlink()
    assert 0 == treadle(project, "resume", "r1", "-i", "verdict=more").wait()
    rest = {"before-a": 1, "before-b": 1, "a": 2, "b": 3}
    assert ("paused", rest) == (status("r1", project=project).status, logged(project))
    assert 0 == treadle(project, "resume", "r1", "-i", "verdict=stop").wait()
    found = status("r1", project=project)
    each: Any = found.results["each"]["output"]
    assert ("completed", rest) == (found.status, logged(project))
    assert [2, 2] == [output["rounds"] for output in each["results"]]
    store = Store(project)
    assert check(store, store.find("r1")) is not None


def test_a_workflow_found_at_run_time_is_kept_with_the_run(tmp_path: Path) -> None:
    installed = tmp_path / ".specify" / "workflows" / "named" / "workflow.yml"
    installed.parent.mkdir(parents=True)
    installed.write_text(NAMED, encoding="utf-8")
    (tmp_path / "naming.yml").write_text(NAMING, encoding="utf-8")
    plan = compile_file(tmp_path / "naming.yml").plan
    assert plan is not None
    assert "paused" == started(plan, tmp_path).run.status
    installed.write_text(NAMED.replace("echo old", "echo new"), encoding="utf-8")
    rested = resume("r1", {}, host=host(tmp_path), choices=["approve"])
    assert ("completed", {"old": 1}) == (rested.run.status, logged(tmp_path))


def test_a_secret_reaches_the_steps_of_a_call_that_is_given_it(tmp_path: Path) -> None:
    (tmp_path / "flow.yml").write_text(
        "workflow: {id: flow, name: Flow}\n"
        "inputs: {token: {type: string, secret: true, required: true}}\n"
        "steps:\n"
        "  - {id: call, type: workflow, path: ./in.yml, input: {key: '{{ inputs.token }}'}}\n",
        encoding="utf-8",
    )
    (tmp_path / "in.yml").write_text(
        "workflow: {id: in, name: In}\n"
        "inputs: {key: {type: string, secret: true, required: true}}\n"
        "steps:\n"
        "  - {id: a, type: shell, run: 'echo \"${#KEY}\" > log', env: {KEY: '{{ inputs.key }}'}}\n",
        encoding="utf-8",
    )
    plan = compile_file(tmp_path / "flow.yml").plan
    assert plan is not None
    rested = started(plan, tmp_path, token=Given(value="s3cret", is_text=True))
    assert ("completed", {"6": 1}) == (rested.run.status, logged(tmp_path))
    journal = (tmp_path / ".treadle" / "runs" / "r1" / "journal.db").read_bytes()
    assert b"s3cret" not in journal


def host(project: Path) -> Host:
    return Host(project=project, environment=dict(os.environ), plans=InstalledPlans(project))


def started(plan: Plan, project: Path, **given: Given) -> Rested:
    return start(plan, given, host=host(project), run_id="r1", workflow_dir=str(project))


def test_calls_that_begin_while_decisions_are_put_off_are_all_resolved(tmp_path: Path) -> None:
    installed = tmp_path / ".specify" / "workflows" / "named" / "workflow.yml"
    installed.parent.mkdir(parents=True)
    installed.write_text(
        "workflow: {id: named, name: Named}\nsteps: [{id: ask, type: slot, name: later}]\n",
        encoding="utf-8",
    )
    (tmp_path / "many.yml").write_text(
        f"""
workflow: {{id: many, name: Many}}
inputs: {{which: {{type: string, default: named}}}}
steps:
  - id: each
    type: fan-out
    items: {list(range(500))}
    max_concurrency: 500
    step: {{id: call, type: workflow, workflow: "{{{{ inputs.which }}}}"}}
""",
        encoding="utf-8",
    )
    plan = compile_file(tmp_path / "many.yml").plan
    assert plan is not None
    assert "completed" == started(plan, tmp_path).run.status
