"""A proof: real kills at random moments lose no result and make none twice.

The whole program is killed, alone or with its process group, or its guardian before it. It goes
on for TREADLE_PROOF_SECONDS and prints how many kills it has survived.
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.executor.local.processes import treadle
from treadle.compiler import compile_text
from treadle.executor import status
from treadle.executor.events import ActionFinished, ActionStarted
from treadle.executor.local.check import check
from treadle.executor.local.journal import read
from treadle.executor.local.store import RunFolder, Store
from treadle.plan.plan_file import write_plan

# Every step has a child that would go on for a minute; what is left of a step shows in `pids`.
NOTE = 'sleep 60 & echo $! >> pids; echo "$TREADLE_STEP" >> log; kill $!; wait $! || true'
WORKFLOW = f"""
schema_version: "1.0"
workflow: {{id: flow, name: Flow, version: "1.0.0"}}
steps:
  - id: rounds
    type: do-while
    condition: true
    max_iterations: 12
    steps:
      - {{id: tick, type: shell, run: '{NOTE}'}}
      - id: guard
        type: if
        condition: true
        then:
          - id: each
            type: fan-out
            items: [1, 2, 3, 4, 5, 6]
            max_concurrency: 3
            step: {{id: row, type: shell, run: '{NOTE}'}}
  - {{id: last, type: shell, run: '{NOTE}'}}
"""
STEPS = 12 * 7 + 1

Runner = subprocess.Popen[bytes]


def done(project: Path) -> Counter[str]:
    log = project / "log"
    return Counter(log.read_text(encoding="utf-8").split() if log.exists() else ())


def counted(project: Path, kind: type) -> Counter[str]:
    """Return how often each step has an event of a kind in the journal."""
    journal = project / ".treadle" / "runs" / "r1" / "journal.db"
    if not journal.exists():
        return Counter()
    return Counter(
        event.address
        for transaction in read(journal, "r1")
        for event in transaction
        if isinstance(event, kind)
    )


def kill_runner(runner: Runner) -> None:
    runner.kill()


def kill_group(runner: Runner) -> None:
    os.killpg(runner.pid, signal.SIGKILL)


def kill_guardian_first(runner: Runner) -> None:
    for child in Path(f"/proc/{runner.pid}/task/{runner.pid}/children").read_text().split():
        try:
            if b"guardian" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
        except OSError:
            continue
    runner.kill()


def ways() -> list[Callable[[Runner], None]]:
    known = [kill_runner, kill_group]
    return [*known, kill_guardian_first] if Path("/proc/self/task").exists() else known


def is_at_work(pid: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[:2] == [b"sleep", b"60"]


def nobody_is_left(project: Path) -> bool:
    """Whether every child of a step is gone, within ten seconds."""
    pids = project / "pids"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not pids.exists() or not any(is_at_work(pid) for pid in pids.read_text().split()):
            return True
        time.sleep(0.02)
    return False


def survive(project: Path, chance: random.Random) -> Counter[str]:
    """Kill a run again and again until it has completed; return how often, and in which way."""
    compiled = compile_text(WORKFLOW)
    assert compiled.plan is not None, compiled.diagnostics
    write_plan(project / "flow.plan.json", compiled.plan)
    kills: Counter[str] = Counter()
    is_begun = False
    while not is_begun or status("r1", project=project).status != "completed":
        kept, before = counted(project, ActionFinished), done(project)
        words = ("resume", "r1") if is_begun else ("run", "flow.plan.json", "--run-id", "r1")
        runner = treadle(project, *words)
        kill = chance.choice(ways())
        try:
            code = runner.wait(timeout=chance.uniform(0.1, 0.9))
            assert code == 0, f"{words} ended with {code}"
        except subprocess.TimeoutExpired:
            kill(runner)
            kills[kill.__name__] += runner.wait() != 0
        is_begun = bool(counted(project, ActionStarted))
        after = done(project)
        assert {step: after[step] for step in kept} == {step: before[step] for step in kept}, (
            "a step whose result was recorded ran again"
        )
        assert kept <= counted(project, ActionFinished), "a recorded result was lost"
        if kill is not kill_guardian_first:
            assert nobody_is_left(project), "a process of a step has outlived its runner"
    assert nobody_is_left(project), "a resume has left a process of a step"
    results = counted(project, ActionFinished)
    assert (len(results), set(results.values())) == (STEPS, {1})
    assert results <= done(project) <= counted(project, ActionStarted)
    store = Store(project)
    check(store, RunFolder(store.runs / "r1"))
    return kills


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_and_double_nothing(
    tmp_path: Path, proof_seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20260101)
    deadline = time.monotonic() + proof_seconds
    kills: Counter[str] = Counter()
    runs = 0
    while not kills or time.monotonic() < deadline:
        project = tmp_path / f"p{runs}"
        project.mkdir()
        kills += survive(project, chance)
        runs += 1
    with capsys.disabled():
        ways_taken = ", ".join(f"{name} {count}" for name, count in sorted(kills.items()))
        print(f"\n{kills.total()} kills in {runs} runs ({ways_taken}): 0 lost, 0 doubled")
