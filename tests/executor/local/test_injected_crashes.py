"""A crash at every write of the journal and around every action: nothing is lost, nothing doubled.

Before and after each write, between a write and the action it asks for, and between an action's
end and the write of its result: at each of these points the process is gone. What stood on the
disk is copied at that moment, loaded, and resumed to the end, and must end like a run that was
never cut. Actions are counted instead of being done, so a point takes milliseconds.
"""

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from treadle.compiler import compile_text
from treadle.executor.events import (
    ActionFinished,
    Answer,
    Event,
    OutsideEvent,
    RunCreated,
    RunResumed,
)
from treadle.executor.local.guardian import Guardian
from treadle.executor.local.journal import Journal, read
from treadle.executor.local.runner import Runner
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.local.surroundings import Surroundings
from treadle.executor.open_steps import open_gates
from treadle.executor.outcome import status_object
from treadle.executor.ports import ActionRequest, ActionResult, Outcome
from treadle.executor.program import Program
from treadle.executor.state import Run
from treadle.plan.expression import Json
from treadle.plan.plan import Plan

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'

WORKFLOWS = {
    "everything-in-everything": """
inputs: {rows: {type: array, items: {type: string}, default: [a, b]}}
outputs:
  seen: {value: "{{ steps.all.output.n }} {{ steps.say.output.stdout }}"}
steps:
  - id: rounds
    type: do-while
    condition: "{{ steps.tick.output.exit_code == 0 }}"
    max_iterations: 2
    steps:
      - {id: tick, type: shell, run: work}
      - id: pick
        type: switch
        expression: "{{ inputs.rows[0] }}"
        cases:
          a:
            - id: guard
              type: if
              condition: "{{ inputs.rows | length > 1 }}"
              then:
                - id: again
                  type: while
                  condition: "{{ steps.tock.output.exit_code | default(0) == 0 }}"
                  max_iterations: 2
                  steps:
                    - {id: tock, type: shell, run: work}
                    - {id: tolerated, type: shell, run: fails always, continue_on_error: true}
                - {id: ask, type: gate, message: "On?"}
  - {id: place, type: slot, name: later}
  - id: each
    type: fan-out
    items: "{{ inputs.rows }}"
    step:
      id: inner
      type: if
      condition: "{{ item != 'z' }}"
      then:
        - {id: row, type: shell, run: fails once}
        - {id: check, type: gate, message: "Row {{ item }}?"}
  - {id: all, type: fan-in, wait_for: [each], output: {n: "{{ fan_in.results | length }}"}}
  - {id: say, type: prompt, integration: claude, prompt: "Sum it up", capture: true}
""",
    "side-by-side": """
steps:
  - id: each
    type: fan-out
    items: [a, b, c, d, e]
    max_concurrency: 3
    step:
      id: rounds
      type: do-while
      condition: true
      max_iterations: 2
      steps:
        - {id: tick, type: shell, run: fails once, continue_on_error: true}
        - {id: tock, type: shell, run: work}
  - {id: last, type: shell, run: work}
""",
    "rejected-and-asked-again": """
inputs: {verdict: {type: string, enum: ["", approve, reject], default: reject}}
steps:
  - id: rounds
    type: while
    condition: true
    max_iterations: 2
    steps:
      - {id: make, type: shell, run: fails once}
      - {id: ask, type: gate, message: "Good?", on_reject: retry, verdict_input: verdict}
  - {id: ship, type: shell, run: work}
""",
    "tried-again-and-closed": """
timeout: 3600
outputs: {tidy: {value: "{{ steps.often.output.exit_code }}"}}
steps:
  - id: each
    type: fan-out
    items: [a, b]
    max_concurrency: 2
    step:
      id: twice
      type: shell
      run: fails once
      retry: {max_attempts: 2, delay: 0}
  - id: often
    type: shell
    run: fails always
    continue_on_error: true
    retry: {max_attempts: 3, delay: 0, on_exit_codes: [1]}
  - {id: broken, type: shell, run: fails once}
finally:
  - id: which
    type: switch
    expression: "{{ context.status }}"
    cases:
      failed: [{id: sorry, type: shell, run: work}]
      completed: [{id: glad, type: shell, run: work}]
  - {id: tidy, type: shell, run: fails once, retry: {max_attempts: 2, delay: 0}}
""",
}


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Machine:
    """What outlives a crash: the counter of what actions did, and which point is deadly.

    `recorded` counts the results of an action that stand in the journal: an action gives the same
    result again when its first one was lost.
    """

    deadly: int = 0
    reached: int = 0
    is_dead: bool = False
    effects: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    ticks: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self) -> None:
        """Come to a point where a crash may happen."""
        with self._lock:
            self.reached += 1
            self.is_dead = self.is_dead or self.reached == self.deadly
        self.stay_alive()

    def stay_alive(self) -> None:
        if self.is_dead:
            raise Crash

    def clock(self) -> str:
        self.stay_alive()
        self.ticks += 1
        return f"2026-01-01T00:{self.ticks // 60000:02d}:{self.ticks / 1000 % 60:06.3f}+00:00"

    def perform(self, request: ActionRequest) -> ActionResult:
        try:
            self.reach()
            with self._lock:
                self.effects[request.address] += 1
            self.reach()
        except Crash:
            # A thread that is gone tells nobody; the main one looks at its clock next.
            if threading.current_thread() is threading.main_thread():
                raise
        return self._result(request)

    def _result(self, request: ActionRequest) -> ActionResult:
        told = str(getattr(request.step, "run", ""))
        is_first = self.recorded[request.address] == 0
        if "fails always" in told or ("fails once" in told and is_first):
            output: dict[str, Json] = {"exit_code": 1, "stdout": "", "stderr": "no"}
            return ActionResult(outcome=Outcome.FAILED, output=output, error="exited with code 1")
        output = {"exit_code": 0, "stdout": request.address, "stderr": ""}
        return ActionResult(outcome=Outcome.COMPLETED, output=output)


class DeadlyJournal(Journal):
    """A journal whose process can be gone before and after each write."""

    def __init__(self, folder: RunFolder, machine: Machine) -> None:
        super().__init__(folder.journal, folder.id)
        self._machine = machine

    def append(self, transactions: Iterable[Sequence[Event]]) -> None:
        written = list(transactions)
        self._machine.reach()
        super().append(written)
        for event in (event for events in written for event in events):
            if isinstance(event, ActionFinished):
                self._machine.recorded[event.address] += 1
        self._machine.reach()


@dataclass(frozen=True)
class Ended:
    """How a run ended, and the numbers of the proof."""

    run: Run
    effects: Counter[str]
    points: int
    journal: tuple[tuple[Event, ...], ...]
    cut: tuple[tuple[Event, ...], ...] = ()
    lost: int = 0


def drive(plan: Plan, folder: RunFolder, run: Run | None, machine: Machine) -> Run:
    """Begin or resume a run on the machine until it rests. Errors: Crash."""
    journal = DeadlyJournal(folder, machine)
    program = run.program if run is not None else Program.of(plan)
    runner = Runner(
        program=program,
        run=run,
        journal=journal,
        logs=folder.logs,
        guardian=Guardian(folder.groups),
        surroundings=Surroundings(
            project=folder.path,
            environment={},
            secrets={},
            perform=machine.perform,
            clock=machine.clock,
            watch=lambda decision: None,
            echo=lambda data: None,
        ),
    )
    try:
        return runner.drive(next_event(plan, run, machine))
    finally:
        journal.close()


def next_event(plan: Plan, run: Run | None, machine: Machine) -> OutsideEvent:
    at = machine.clock()
    if run is None:
        inputs = {"verdict": "reject"} if "verdict" in plan_inputs(plan) else {"rows": ["a", "b"]}
        return RunCreated(
            run_id="r1",
            at=at,
            plan_digest=plan.digest,
            inputs=inputs if plan_inputs(plan) else {},
            lenient=False,
        )
    answers = {gate.address: Answer(choice="approve", by="ann", at=at) for gate in open_gates(run)}
    return RunResumed(at=at, by="ann", inputs={}, answers=answers)


def plan_inputs(plan: Plan) -> Mapping[str, Json]:
    declared = plan.inputs.get("properties", {})
    assert isinstance(declared, Mapping)
    return declared


def to_the_end(plan: Plan, project: Path, deadly: Sequence[int] = ()) -> Ended:
    """Run a plan to its end, through a crash at each of some points, one after the other."""
    folder, lock = Store(project).create("r1", plan)
    lock.release()
    machine = Machine()
    cut: tuple[tuple[Event, ...], ...] = ()
    pending, lost, run = list(deadly), 0, None
    for _ in range(60):
        machine.reached, machine.is_dead = (machine.reached, False) if not cut else (0, False)
        machine.deadly = pending[0] if pending else 0
        try:
            drive(plan, folder, run, machine)
        except Crash:
            pending.pop(0)
            project, folder = image(project, folder)
            written = tuple(read(folder.journal, "r1"))
            assert written[: len(cut)] == cut, "what was written before is not there any more"
            cut = written
            machine.recorded = results(written)
            machine.is_dead = False
            if not written:
                run = None
                continue
        _, run = Store(project).load(folder)
        lost += in_flight(run) if run.status == "running" else 0
        if run.status != "running" and not run.status.is_resumable:
            journal = tuple(read(folder.journal, "r1"))
            return Ended(run, machine.effects, machine.reached, journal, cut, lost)
    raise AssertionError(f"still {run.status if run else 'nothing'} after 60 resumes")


def image(project: Path, folder: RunFolder) -> tuple[Path, RunFolder]:
    """Return a copy of the project as the crash has left it."""
    copy = project.with_name(f"{project.name}x")
    shutil.copytree(project, copy)
    return copy, RunFolder(copy / folder.path.relative_to(project))


def results(journal: Iterable[Sequence[Event]]) -> Counter[str]:
    events = (event for transaction in journal for event in transaction)
    return Counter(event.address for event in events if isinstance(event, ActionFinished))


def in_flight(run: Run) -> int:
    """Return how many actions may have been at work when the process was gone."""
    active = (occurrence for _, occurrence in run.occurrences.items())
    return sum(o.phase == "active" and o.attempts > 0 for o in active)


def told(journal: Iterable[Sequence[Event]]) -> Counter[str]:
    """Return every recorded result with what it holds, and how often it stands there."""
    return Counter(
        f"{event.address} {event.status} {sorted(event.output.items())}"
        for transaction in journal
        for event in transaction
        if isinstance(event, ActionFinished)
    )


def shown(run: Run) -> Mapping[str, object]:
    """Return what a run shows that does not depend on when it was cut."""
    hidden = ("attempts", "started_at", "finished_at", "tries")
    found = status_object(run, run.status)
    records = {
        name: {
            key: {k: v for k, v in value.items() if k != "at"}
            if key == "output" and isinstance(value, Mapping)
            else value
            for key, value in record.items()
            if key not in hidden
        }
        for name, record in sorted(found["results"].items())
    }
    return {"status": found["status"], "outputs": found.get("outputs"), "results": records}


def compiled(name: str) -> Plan:
    made = compile_text(HEADER + WORKFLOWS[name], path="flow.yml")
    assert made.plan is not None, made.diagnostics
    return made.plan


def compare(whole: Ended, crashed: Ended, *, crashes: int) -> int:
    """Hold a run that was cut against one that was not; return how many actions ran again."""
    assert crashed.journal[: len(crashed.cut)] == crashed.cut, "a recorded result was lost"
    assert told(crashed.journal) == told(whole.journal), "a result is missing, doubled or changed"
    assert shown(crashed.run) == shown(whole.run)
    again = crashed.effects - whole.effects
    assert whole.effects - crashed.effects == Counter(), "a result stands there without an action"
    assert max(again.values(), default=0) <= crashes
    assert sum(again.values()) <= crashed.lost, "an action that was not in flight ran again"
    return sum(again.values())


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    def made(name: str) -> Path:
        path = tmp_path / name
        path.mkdir()
        return path

    return made


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_crash_at_a_point_of_a_run_loses_nothing_and_doubles_nothing(
    name: str, project: Callable[[str], Path]
) -> None:
    plan = compiled(name)
    whole = to_the_end(plan, project("whole"))
    assert whole.run.status == "completed"
    for point in range(1, whole.points + 1, 7):
        compare(whole, to_the_end(plan, project(f"p{point}"), [point]), crashes=1)


@pytest.mark.slow
def test_a_crash_at_every_point_loses_nothing_and_doubles_nothing(
    project: Callable[[str], Path], proof_seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every point once, as far as the time goes; then two crashes in one run at random points."""
    chance, deadline = random.Random(20260101), time.monotonic() + proof_seconds
    wholes = {name: to_the_end(compiled(name), project(name)) for name in WORKFLOWS}
    single = [(name, [p]) for name in WORKFLOWS for p in range(1, wholes[name].points + 1)]
    chance.shuffle(single)
    crashes = again = 0
    cuts = list(single)
    while not crashes or (time.monotonic() < deadline and crashes < 5 * len(single)):
        name, points = cuts.pop() if cuts else random_pair(wholes, chance)
        folder = project(f"c{crashes}")
        crashed = to_the_end(compiled(name), folder, points)
        again += compare(wholes[name], crashed, crashes=len(points))
        crashes += len(points)
        for left in folder.parent.glob(f"{folder.name}*"):
            shutil.rmtree(left)
    with capsys.disabled():
        print(
            f"\n{crashes} injected crashes ({len(single) - len(cuts)} of {len(single)} points):"
            f" 0 lost, 0 doubled, {again} actions in flight ran again"
        )


def random_pair(wholes: Mapping[str, Ended], chance: random.Random) -> tuple[str, list[int]]:
    name = chance.choice(sorted(wholes))
    return name, [chance.randint(1, wholes[name].points), chance.randint(1, 20)]
