"""A proof: many processes at work in one project, killed at random, end every run as it should.

At full length (TREADLE_PROOF_SECONDS=300) these are 2,000 runs or more from 20 processes, in five
minutes or more. It prints its numbers.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest

from treadle.compiler import compile_text
from treadle.executor.events import ActionFinished, ActionStarted, StepStatus
from treadle.executor.local.check import check
from treadle.executor.local.index import Index
from treadle.executor.local.journal import read
from treadle.executor.local.store import RunFolder, Store
from treadle.plan.plan_file import write_plan

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'
NOTE = 'echo "$TREADLE_STEP" >> effects/$TREADLE_RUN_ID'
WORKFLOWS = {
    "chain": f"""
steps:
  - {{id: a, type: shell, run: '{NOTE}'}}
  - {{id: b, type: shell, run: '{NOTE}; exit 1', continue_on_error: true}}
  - {{id: c, type: shell, run: '{NOTE}'}}
""",
    "fan": f"""
steps:
  - id: rounds
    type: do-while
    condition: true
    max_iterations: 2
    steps:
      - id: each
        type: fan-out
        items: [1, 2, 3]
        max_concurrency: 3
        step: {{id: row, type: shell, run: '{NOTE}'}}
""",
    "fails": f"""
steps:
  - {{id: a, type: shell, run: '{NOTE}'}}
  - {{id: b, type: shell, run: '{NOTE}; exit 1'}}
""",
    "asks": f"""
steps:
  - {{id: a, type: shell, run: '{NOTE}'}}
  - {{id: ask, type: gate, message: "On?"}}
  - {{id: b, type: shell, run: '{NOTE}'}}
""",
    "aborts": f"""
steps:
  - {{id: a, type: shell, run: '{NOTE}'}}
  - {{id: ask, type: gate, message: "On?"}}
""",
}
ENDS = {
    "chain": "completed",
    "fan": "completed",
    "fails": "failed",
    "asks": "completed",
    "aborts": "aborted",
}

# Brings each of its runs to its end, whatever became of it before.
WORKER = """
import sys
from pathlib import Path
from treadle.executor import Refused, resume, run, status
from treadle.plan.plan_file import read_plan
project = Path(sys.argv[1])
answers = {"asks": {"ask": "approve"}, "aborts": {"ask": "reject"}}
def stands(name):
    try:
        return status(name, project=project).status
    except Refused as refused:
        if refused.problems[0].code != "TR904":
            raise
for word in sys.argv[2:]:
    kind, _, number = word.partition("-")
    while (found := stands(word)) not in ("completed", "failed", "aborted"):
        if found is None:
            run(read_plan(project / f"{kind}.plan.json"), project=project, run_id=word)
        elif found == "paused":
            resume(word, project=project, choices=answers[kind])
        else:
            resume(word, project=project)
"""


@dataclass
class Crew:
    """Worker processes that are killed and replaced until their work is done."""

    project: Path
    shares: list[list[str]]
    errors: BinaryIO
    kills: int = 0
    at_work: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, number: int) -> None:
        self.at_work[number] = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(self.project), *self.shares[number]],
            cwd=self.project,
            stderr=self.errors,
        )

    def reap(self) -> None:
        """Let go of those that are done. Errors: AssertionError for one that fell over."""
        for number, process in list(self.at_work.items()):
            if process.poll() is not None:
                assert process.returncode == 0, Path(self.errors.name).read_text()
                del self.at_work[number]

    def kill_one(self, chance: random.Random) -> None:
        number = chance.choice(sorted(self.at_work))
        process = self.at_work[number]
        process.kill()
        if process.wait() != 0:
            self.kills += 1
            self.start(number)

    def work(self, chance: random.Random, until: float) -> None:
        for number in range(len(self.shares)):
            self.start(number)
        while self.at_work:
            time.sleep(chance.uniform(0.05, 0.6))
            self.reap()
            if self.at_work and time.monotonic() < until:
                self.kill_one(chance)

    def end(self) -> None:
        for process in self.at_work.values():
            process.kill()
            process.wait()


def hold(folder: RunFolder, effects: Path) -> int:
    """Hold that no result was made twice; return how many attempts were lost."""
    begun: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    final: Counter[str] = Counter()
    for event in (event for events in read(folder.journal, folder.id) for event in events):
        match event:
            case ActionStarted():
                begun[event.address] += 1
            case ActionFinished():
                ended[event.address] += 1
                final[event.address] += event.status is StepStatus.COMPLETED
    done = Counter(effects.read_text(encoding="utf-8").split())
    assert max(final.values()) <= 1, "a finished step has run again"
    assert ended <= done <= begun, "what was done is not what was written"
    return (begun - ended).total()


def rows_by_id(rows: Iterable[object]) -> Mapping[str, object]:
    return {row.run_id: row for row in rows}  # type: ignore[attr-defined]  # rows of an index


@pytest.mark.slow
def test_runs_of_many_processes_end_as_they_should_under_random_kills(
    tmp_path: Path, proof_seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, kinds = random.Random(20260101), sorted(WORKFLOWS)
    wanted, crew_size = int(2000 * min(proof_seconds, 300) / 300), 20 if proof_seconds > 20 else 4
    for kind in kinds:
        compiled = compile_text(HEADER + WORKFLOWS[kind])
        assert compiled.plan is not None, compiled.diagnostics
        write_plan(tmp_path / f"{kind}.plan.json", compiled.plan)
    (tmp_path / "effects").mkdir()
    names: list[str] = []
    began, kills = time.monotonic(), 0
    with (tmp_path / "errors").open("wb") as errors:
        while len(names) < wanted or time.monotonic() < began + proof_seconds:
            numbers = range(len(names), len(names) + 10 * crew_size)
            wave = [f"{kinds[number % len(kinds)]}-{number:06d}" for number in numbers]
            crew = Crew(tmp_path, [wave[number::crew_size] for number in range(crew_size)], errors)
            try:
                crew.work(chance, began + proof_seconds)
            finally:
                crew.end()
            names += wave
            kills += crew.kills
    took = time.monotonic() - began
    assert (tmp_path / "errors").read_text() == ""
    store = Store(tmp_path)
    lost = events = 0
    for name in names:
        checked = check(store, RunFolder(store.runs / name))
        assert checked.run.status == ENDS[name.partition("-")[0]]
        lost += hold(RunFolder(store.runs / name), tmp_path / "effects" / name)
        events += checked.events
    listed = rows_by_id(store.rows())
    store.index = Index(tmp_path / "no-index.db")
    assert listed == rows_by_id(store.rows())
    assert sorted(listed) == sorted(names)
    with capsys.disabled():
        print(
            f"\n{len(names)} runs of {crew_size} processes in {took:.0f} s, {kills} kills:"
            f" {events} events, 0 lost, 0 doubled, {lost} attempts in flight ran again"
        )
