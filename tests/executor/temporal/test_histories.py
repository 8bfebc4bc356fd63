"""Histories that earlier releases have recorded are replayed: a run finishes on a new release.

TREADLE_RECORD=1 with a server records the histories of this release beside those that are there.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("temporalio")

from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from tests.executor.temporal.conftest import Crew, plan_of, wait_until
from tests.temporal_server import needs_temporal
from treadle.executor.local.mending import Request
from treadle.executor.state import RunStatus
from treadle.executor.temporal.converter import data_converter
from treadle.executor.temporal.flow import RunOnTemporal
from treadle.executor.temporal.mending import go_back, replace_plan
from treadle.executor.temporal.messages import Limits
from treadle.executor.temporal.storage import Folder
from treadle.executor.temporal.worker import sandbox
from treadle.plan.inputs import Given

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent / "histories"
HISTORIES = sorted(HERE.glob("*.json"))
RELEASE = "0.1"
# One for each thing that a workflow on Temporal does: see flow.py.
RECORDED = {
    "steps": """
steps:
  - {id: one, type: shell, run: echo one}
  - {id: loop, type: while, condition: "{{ true }}", max_iterations: 2,
     steps: [{id: in, type: shell, run: echo in}]}
  - {id: fan, type: fan-out, items: [a, b, c, d, e], max_concurrency: 3,
     step: {id: each, type: shell, run: "echo {{ item }}"}}
  - {id: all, type: fan-in, wait_for: [fan], output: {said: "{{ fan_in.results }}"}}
  - {id: ask, type: gate, message: "{{ steps.all.output.said | length }}?"}
  - {id: last, type: shell, run: "echo {{ steps.ask.output.choice }}"}
finally:
  - {id: bye, type: shell, run: "echo {{ context.status }}"}
""",
    "retry": """
timeout: 600
steps:
  - {id: flaky, type: shell, run: "[ -e ok ] || { touch ok; exit 3; }",
     retry: {max_attempts: 2, delay: 0.2}}
  - {id: fails, type: shell, run: exit 4}
""",
    "many": """
steps:
  - {id: loop, type: while, condition: "{{ true }}", max_iterations: 9000,
     steps: [{id: pick, type: if, condition: "{{ false }}", then: []}]}
  - {id: end, type: shell, run: echo end}
""",
    "call": """
inputs: {which: {type: string, default: asks}}
steps:
  - {id: call, type: workflow, workflow: "{{ inputs.which }}"}
  - {id: last, type: shell, run: "echo {{ steps.call.output.said }}"}
""",
    "cancel": """
steps:
  - {id: long, type: shell, run: "touch begun; sleep 600"}
finally:
  - {id: bye, type: shell, run: "echo {{ context.status }}"}
""",
    "limit": """
timeout: 1
steps:
  - {id: fan, type: fan-out, items: [a, b], max_concurrency: 2,
     step: {id: each, type: shell, run: "sleep 600"}}
finally:
  - {id: bye, type: shell, run: "echo {{ context.status }}"}
""",
    "overdue": """
steps:
  - {id: ask, type: gate, message: "ok?", timeout: 1, on_timeout: {choose: approve}}
  - {id: after, type: shell, run: "echo {{ steps.ask.output.choice }}"}
""",
    "expired": """
steps:
  - {id: fails, type: shell, run: exit 4}
""",
    "anew": """
steps:
  - {id: loop, type: while, condition: "{{ true }}", max_iterations: 6,
     steps: [{id: in, type: shell, run: echo in}]}
  - {id: fan, type: fan-out, items: [1, 2, 3, 4, 5, 6], max_concurrency: 3,
     step: {id: each, type: shell, run: "[ -e ok{{ item }} ] || { touch ok{{ item }}; exit 3; }",
     retry: {max_attempts: 2, delay: 0.2}}}
  - {id: ask, type: gate, message: "ok?"}
""",
}
# Runs that somebody mends: with an Update, and where the run has ended in a new workflow.
RECORDED["mended"] = """
inputs: {word: {type: string, default: hey}}
steps:
  - {id: one, type: shell, run: "echo {{ inputs.word }}"}
  - {id: two, type: shell, run: exit 4}
  - {id: ask, type: gate, message: "ok?"}
"""
RECORDED["again"] = "steps: [{id: one, type: shell, run: 'true'}]"
# How each is begun and gone on with, where that is more than to begin it.
LIMITS = {"anew": Limits(heartbeat_s=3.0, history_events=40), "expired": Limits(open_s=1.0)}
ANSWERED = frozenset({"steps", "call", "anew"})
CANCELLED = frozenset({"retry", "cancel"})
CALLED = """schema_version: "1.0"
workflow: {id: asks, name: Asks, version: "1.0.0"}
steps:
  - {id: say, type: shell, run: printf said}
  - {id: sure, type: gate, message: "sure?"}
outputs: {said: {value: "{{ steps.say.output.stdout }}"}}
"""


def replay(path: Path) -> None:
    history = WorkflowHistory.from_json("r1", path.read_text(encoding="utf-8"))
    replayer = Replayer(
        workflows=[RunOnTemporal],
        workflow_runner=sandbox(),
        data_converter=data_converter(Folder(HERE / "payloads")),
    )
    asyncio.run(replayer.replay_workflow(history))


def replay_all(paths: list[str]) -> None:
    for path in paths:
        replay(Path(path))
        print("replayed")


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_recorded_history_is_replayed(path: Path) -> None:
    replay(path)


@pytest.mark.skipif("TREADLE_PROOF_SECONDS" not in os.environ, reason="a proof, five seconds")
@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_order_of_hashes_makes_no_difference(seed: str) -> None:
    program = "import sys; from tests.executor.temporal.test_histories import replay_all"
    words = [sys.executable, "-c", f"{program}; replay_all(sys.argv[1:])", *map(str, HISTORIES)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, cwd=ROOT)
    assert (0, "replayed\n" * len(HISTORIES)) == (done.returncode, done.stdout), done.stderr


def test_there_is_a_history_of_each_kind() -> None:
    assert {f"{RELEASE}-{name}" for name in RECORDED} <= {path.stem for path in HISTORIES}


@pytest.mark.skipif(not os.environ.get("TREADLE_RECORD"), reason="TREADLE_RECORD is not set")
@pytest.mark.parametrize("name", RECORDED)
def test_a_history_is_recorded(name: str, recording: Crew) -> None:
    called = recording.project / ".specify" / "workflows" / "asks" / "workflow.yml"
    called.parent.mkdir(parents=True)
    called.write_text(CALLED, encoding="utf-8")
    limits, host = LIMITS.get(name, Limits(heartbeat_s=3.0)), recording.host
    site = recording.site(limits, waits=name != "cancel")
    run_id = site.start(plan_of(RECORDED[name]), {}, host=host).run.id
    if name == "cancel":
        wait_until((recording.project / "begun").exists)
    if name in ANSWERED:
        site.resume(run_id, {}, host=host, choices=["approve"])
    if name in CANCELLED:
        recording.site(limits).cancel(run_id, host=host, reason="recorded")
        wait_until(lambda: "WORKFLOW_EXECUTION_CANCELED" in recording.events(run_id))
    if name == "mended":
        mend(recording, RECORDED[name], run_id)
    if name == "again":
        go_back(site, Request(name=run_id, given={}), "one", host=host, approve=lambda _: True)
    if name == "overdue":
        wait_until(lambda: site.load(run_id, host=host).status is RunStatus.COMPLETED)
    if name == "expired":
        wait_until(lambda: "WORKFLOW_EXECUTION_FAILED" in recording.events(run_id))
    for number, history in enumerate(recording.ask(lambda client: histories(client, run_id))):
        text = history.to_json().replace(str(recording.project), "/project")
        part = "" if number == 0 else f"-{number + 1}"
        path = HERE / f"{RELEASE}-{name}{part}.json"
        path.write_text(json.dumps(json.loads(text), indent=1) + "\n", encoding="utf-8")
        replay(path)


def mend(recording: Crew, text: str, run_id: str) -> None:
    """Go back in a run that failed, then go on with it under a plan that does not fail."""
    site, host = recording.site(), recording.host
    request = Request(name=run_id, given={"word": Given(value="ho", is_text=True)})
    go_back(site, request, "one", host=host, approve=lambda _: True)
    plan = plan_of(text.replace("exit 4", "exit 0"))
    replace_plan(site, Request(name=run_id, given={}), plan, host=host, approve=lambda _: True)
    site.resume(run_id, {}, host=host, choices=["approve"])


async def histories(client: Client, run_id: str) -> list[WorkflowHistory]:
    """Return the histories of a run, the first one first."""
    handle = client.get_workflow_handle(run_id)
    found = [await handle.fetch_history()]
    while before := found[0].events[0].workflow_execution_started_event_attributes:
        if not before.continued_execution_run_id:
            break
        earlier = client.get_workflow_handle(run_id, run_id=before.continued_execution_run_id)
        found.insert(0, await earlier.fetch_history())
    return found


# What a workflow can do, and the events that show that a history has it.
KINDS = {
    "a step": "ACTIVITY_TASK_COMPLETED",
    "a step that was ended": "ACTIVITY_TASK_CANCELED",
    "an Update": "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
    "a timer": "TIMER_FIRED",
    "a timer that was not needed": "TIMER_CANCELED",
    "a history that another one follows": "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
    "a run that has failed for good": "WORKFLOW_EXECUTION_FAILED",
    "a run that was cancelled": "WORKFLOW_EXECUTION_CANCELED",
    "a run that has completed": "WORKFLOW_EXECUTION_COMPLETED",
}


@pytest.mark.parametrize("kind", KINDS)
def test_some_history_has(kind: str) -> None:
    wanted = f"EVENT_TYPE_{KINDS[kind]}"
    assert [] != [path.stem for path in HISTORIES if wanted in path.read_text(encoding="utf-8")]


def test_some_history_goes_on_where_another_one_has_stopped() -> None:
    def first(path: Path) -> dict[str, object]:
        events = json.loads(path.read_text(encoding="utf-8"))["events"]
        begun: dict[str, object] = events[0]["workflowExecutionStartedEventAttributes"]
        return begun

    assert [] != [path.stem for path in HISTORIES if "continuedExecutionRunId" in first(path)]


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> Iterator[Crew]:
    crew: Crew = request.getfixturevalue("crew")
    crew.hire()
    yield crew


for _mark in needs_temporal:
    test_a_history_is_recorded = _mark(test_a_history_is_recorded)
