"""A proof: real kills at random moments lose no result and make none twice.

It goes on for TREADLE_PROOF_SECONDS and prints how many kills it has survived.
"""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from treadle.compiler import compile_text
from treadle.executor import resume, status
from treadle.executor.events import ActionFinished
from treadle.executor.local.journal import read
from treadle.plan.plan_file import write_plan

WORKFLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - id: rounds
    type: do-while
    condition: true
    max_iterations: 4
    steps:
      - {id: tick, type: shell, run: 'echo "$TREADLE_STEP" >> log'}
      - id: guard
        type: if
        condition: true
        then:
          - id: each
            type: fan-out
            items: [1, 2, 3, 4, 5, 6]
            max_concurrency: 3
            step: {id: row, type: shell, run: 'echo "$TREADLE_STEP" >> log'}
  - {id: last, type: shell, run: 'echo "$TREADLE_STEP" >> log'}
"""
STEPS = 4 * 7 + 1
DRIVER = """
import sys
from pathlib import Path
from treadle.executor import Refused, resume, run
from treadle.plan.plan_file import read_plan
project = sys.argv[1]
print("ready", flush=True)
try:
    resume("r1", project=project)
except Refused:
    run(read_plan(Path(project) / "flow.plan.json"), project=project, run_id="r1")
"""


def lines(project: Path) -> list[str]:
    log = project / "log"
    return log.read_text(encoding="utf-8").split() if log.exists() else []


def finished(project: Path) -> set[str]:
    """Return the addresses of the acting steps whose result stands in the journal."""
    journal = project / ".treadle" / "runs" / "r1" / "journal.db"
    if not journal.exists():
        return set()
    return {
        event.address
        for transaction in read(journal, "r1")
        for event in transaction
        if isinstance(event, ActionFinished)
    }


def survive(project: Path, chance: random.Random) -> int:
    """Kill a run again and again until it has completed; return how often that was."""
    compiled = compile_text(WORKFLOW)
    assert compiled.plan is not None, compiled.diagnostics
    write_plan(project / "flow.plan.json", compiled.plan)
    kills = 0
    while len(finished(project)) < STEPS:
        recorded = finished(project)
        before = lines(project)
        runner = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(project)], stdout=subprocess.PIPE, text=True
        )
        assert runner.stdout is not None
        assert runner.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.2))
        kills += runner.poll() is None
        runner.kill()
        runner.wait()
        runner.stdout.close()
        after = lines(project)
        assert {step: after.count(step) for step in recorded} == {
            step: before.count(step) for step in recorded
        }, "a step whose result was recorded ran again"
        assert recorded <= finished(project), "a recorded result was lost"
    if status("r1", project=project).status != "completed":
        assert resume("r1", project=project).status == "completed"
    return kills


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_and_double_nothing(
    tmp_path: Path, proof_seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20260101)
    deadline = time.monotonic() + proof_seconds
    kills = runs = 0
    while runs == 0 or time.monotonic() < deadline:
        project = tmp_path / f"p{runs}"
        project.mkdir()
        kills += survive(project, chance)
        runs += 1
    with capsys.disabled():
        print(f"\n{kills} kills in {runs} runs: 0 lost, 0 doubled")
    assert kills > 0
