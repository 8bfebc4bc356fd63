"""Standing properties of the core: replay, deciding again, and resuming after any cut."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.compiler import compile_text
from treadle.executor.decide import decide
from treadle.executor.event_json import from_json, to_json
from treadle.executor.events import OutsideEvent, RunCreated, StepStatus
from treadle.executor.open_steps import open_gates
from treadle.executor.outcome import status_object
from treadle.executor.program import Program
from treadle.executor.replay import go_on, replay
from treadle.executor.snapshot import decoded, encoded, without_done_items
from treadle.executor.state import RunStatus
from treadle.plan.expression import Json

# What an action does: it completes, or fails on its first attempts.
FAILURES = st.sampled_from([0, 0, 0, 0, 1, 2])


RETRIES = st.sampled_from(
    [{}, {}, {"retry": {"max_attempts": 2}}, {"retry": {"max_attempts": 3, "delay": 60}}]
)


@st.composite
def closing(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return the steps of a `finally`; a failure of theirs is never tolerated."""
    made: list[dict[str, Any]] = []
    for index in range(draw(st.integers(0, 2))):
        step: dict[str, Any] = {"id": f"f{index}", "type": "shell", "run": "work"} | draw(RETRIES)
        if draw(st.booleans()):
            step["id"] += "-t"
            step = {"id": f"f{index}", "type": "fan-out", "items": [1, 2], "step": step}
        made.append(step)
    return made


@st.composite
def steps(
    draw: st.DrawFn, prefix: str = "s", depth: int = 3, in_fan_out: bool = False
) -> list[dict[str, Any]]:
    """Return a list of steps that nests everything in everything; no slot in a fan-out."""
    count = draw(st.integers(1, 3))
    return [draw(step(f"{prefix}{index}", depth, in_fan_out)) for index in range(count)]


@st.composite
def step(draw: st.DrawFn, name: str, depth: int, in_fan_out: bool) -> dict[str, Any]:
    kinds = ["shell", "shell", "gate", "shell" if in_fan_out else "slot"]
    if depth > 0:
        kinds += ["if", "switch", "while", "do-while", "fan-out", "fan-out"]
    kind = draw(st.sampled_from(kinds))
    made: dict[str, Any] = {"id": name, "type": kind}
    inner = steps(prefix=f"{name}-", depth=depth - 1, in_fan_out=in_fan_out)
    match kind:
        case "shell":
            made["run"] = "work"
            made["continue_on_error"] = draw(st.booleans())
            made |= draw(RETRIES)
        case "gate":
            made["message"] = "Go?"
            made |= draw(st.sampled_from([{}, {}, {"timeout": 3600}]))
        case "slot":
            made["name"] = "later"
        case "if":
            made |= {"condition": draw(st.booleans()), "then": draw(inner), "else": []}
        case "switch":
            made |= {"expression": draw(st.sampled_from("ab")), "cases": {"a": draw(inner)}}
        case "while" | "do-while":
            made |= {
                "condition": draw(st.booleans()),
                "max_iterations": draw(st.integers(1, 3)),
                "steps": draw(inner),
            }
        case "fan-out":
            made |= {
                "items": list(range(draw(st.integers(0, 3)))),
                "max_concurrency": draw(st.integers(1, 3)),
                "step": draw(step(f"{name}-t", depth - 1, in_fan_out=True)),
            }
    return made


def program_of(
    flow_steps: list[dict[str, Any]], closing_steps: list[dict[str, Any]] | None = None
) -> Program:
    flow: dict[str, Any] = {
        "schema_version": "1.0",
        "workflow": {"id": "flow", "name": "Flow", "version": "1.0.0"},
        "timeout": 86_400,
        "steps": flow_steps,
    }
    text = json.dumps(flow | ({"finally": closing_steps} if closing_steps else {}))
    compiled = compile_text(text, path="flow.yml")
    assert compiled.plan is not None, compiled.diagnostics
    return Program.of(compiled.plan)


def scripted(
    failures: Mapping[int, int],
) -> Callable[[str, int], tuple[StepStatus, Mapping[str, Json]]]:
    def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
        is_late_leg = address.startswith("/finally/") and not address.startswith("/finally/l1/")
        fails = 0 if is_late_leg else failures.get(sum(address.encode()) % 7, 0)
        if attempt <= fails:
            return StepStatus.FAILED, {"exit_code": 1, "stdout": "", "stderr": ""}
        return StepStatus.COMPLETED, {"exit_code": 0, "stdout": address, "stderr": ""}

    return act


def to_the_end(here: Any) -> None:
    """Resume and answer until nothing is left to do."""
    for _ in range(200):
        run = here.run
        if not run.status.is_resumable:
            return
        here.resume(answers={gate.address: "approve" for gate in open_gates(run)})
    raise AssertionError(f"still {here.run.status} after 200 resumes")


MANY = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@MANY
@given(
    flow=steps(), last=closing(), failures=st.dictionaries(st.integers(0, 6), FAILURES, max_size=7)
)
def test_replay_gives_the_same_state_and_deciding_again_decides_the_same(
    make_world: Callable[..., Any],
    flow: list[dict[str, Any]],
    last: list[dict[str, Any]],
    failures: dict[int, int],
) -> None:
    here = make_world(program_of(flow, last), scripted(failures))
    here.start()
    to_the_end(here)
    assert here.run.status is RunStatus.COMPLETED
    assert replay(here.program, here.journal) == here.run
    state = None
    for events in here.journal:
        first: OutsideEvent = events[0]
        decision = decide(here.program, state, first)
        assert decision.events == events
        state = decision.run
        assert tuple(from_json(json.loads(json.dumps(to_json(e)))) for e in events) == events


@MANY
@given(
    flow=steps(),
    last=closing(),
    failures=st.dictionaries(st.integers(0, 6), FAILURES, max_size=7),
    cut=st.integers(1, 40),
)
def test_a_run_cut_after_any_transaction_goes_on_and_does_nothing_twice(
    make_world: Callable[..., Any],
    flow: list[dict[str, Any]],
    last: list[dict[str, Any]],
    failures: dict[int, int],
    cut: int,
) -> None:
    program = program_of(flow, last)
    whole = make_world(program, scripted(failures))
    whole.start()
    to_the_end(whole)
    kept = whole.journal[: min(cut, len(whole.journal))]
    again = make_world(program, scripted(failures))
    again.run, again.journal = replay(program, kept), list(kept)
    finished = {
        address
        for address, occurrence in again.run.occurrences.items()
        if occurrence.status is StepStatus.COMPLETED
    }
    if again.run.status is RunStatus.RUNNING:
        # The process is gone: what was in flight is lost, and somebody resumes.
        again.resume(answers={})
    to_the_end(again)
    assert again.run.status is RunStatus.COMPLETED
    assert set(again.performed) & finished == set()
    assert results(again.run) == results(whole.run)


@MANY
@given(
    flow=steps(),
    last=closing(),
    failures=st.dictionaries(st.integers(0, 6), FAILURES, max_size=7),
    cut=st.integers(1, 40),
)
def test_a_run_goes_on_from_a_snapshot_as_from_all_of_its_events(
    make_world: Callable[..., Any],
    flow: list[dict[str, Any]],
    last: list[dict[str, Any]],
    failures: dict[int, int],
    cut: int,
) -> None:
    here = make_world(program_of(flow, last), scripted(failures))
    here.start()
    to_the_end(here)
    before, behind = here.journal[:cut], here.journal[cut:]
    then = replay(here.program, before)
    assert then is not None
    body = encoded(then)
    assert body is not None
    read = decoded(here.program, body)
    assert read == without_done_items(then)
    assert status_object(read, read.status) == status_object(then, then.status)
    gone = go_on(read, behind, behind=len(before))
    assert without_done_items(gone) == without_done_items(here.run)
    for events in behind:
        decision = decide(here.program, read, events[0])
        assert decision.events == events
        read = decision.run


def results(run: Any) -> Mapping[str, Any]:
    """Return everything a run shows that does not depend on when it was resumed, and how often."""
    shown = status_object(run, run.status)["results"]
    shown = json.loads(re.sub(r"/finally/l\d+/", "/finally/", json.dumps(shown)))
    hidden = ("attempts", "tries", "started_at", "finished_at")
    return {
        name: {
            key: {k: v for k, v in value.items() if k not in ("at", "by")}
            if key == "output" and isinstance(value, Mapping)
            else value
            for key, value in record.items()
            if key not in hidden
        }
        for name, record in sorted(shown.items())
        if record["type"] != "fan-out"
    }


def test_a_journal_that_does_not_begin_with_a_run_is_refused(
    world: Callable[..., Any],
) -> None:
    here = world("steps: [{id: a, type: shell, run: x}]")
    here.start()
    begun = here.journal[0][0]
    assert isinstance(begun, RunCreated)
    for wrong in ([here.journal[1]], [here.journal[0], here.journal[0]], [*here.journal * 2]):
        try:
            replay(here.program, wrong)
        except ValueError as error:
            assert "transaction" in str(error)
        else:
            raise AssertionError("a journal that could not have been written was believed")
