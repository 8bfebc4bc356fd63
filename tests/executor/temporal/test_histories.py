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

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.executor.temporal.conftest import Crew, plan_of
from tests.temporal_server import needs_temporal
from treadle.executor.temporal.converter import data_converter
from treadle.executor.temporal.flow import RunOnTemporal
from treadle.executor.temporal.messages import Limits
from treadle.executor.temporal.storage import Folder
from treadle.executor.temporal.worker import sandbox

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
}


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


@pytest.mark.parametrize("seed", ["1", "2", "3"])
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
    site = recording.site(Limits(heartbeat_s=3.0))
    begun = site.start(plan_of(RECORDED[name]), {}, host=recording.host)
    if name == "steps":
        site.resume(begun.run.id, {}, host=recording.host, choices=["approve"])
    if name == "retry":
        site.cancel(begun.run.id, host=recording.host, reason="recorded")
    text = recording.history(begun.run.id).to_json()
    text = text.replace(str(recording.project), "/project")
    HERE.mkdir(exist_ok=True)
    path = HERE / f"{RELEASE}-{name}.json"
    path.write_text(json.dumps(json.loads(text), indent=1) + "\n", encoding="utf-8")
    replay(path)


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> Iterator[Crew]:
    crew: Crew = request.getfixturevalue("crew")
    crew.hire()
    yield crew


for _mark in needs_temporal:
    test_a_history_is_recorded = _mark(test_a_history_is_recorded)
