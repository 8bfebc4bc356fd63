"""Going back to a step: what is removed, what stays open, what the names mean then."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.compiler import compile_text
from treadle.executor.event_json import from_json, to_json
from treadle.executor.events import Answer, RunForked, RunRewound, StepStatus
from treadle.executor.generations import idempotency_key
from treadle.executor.open_steps import open_gates
from treadle.executor.outcome import status_object
from treadle.executor.program import Program
from treadle.executor.replay import replay
from treadle.executor.rewind import cut
from treadle.executor.state import RunStatus
from treadle.executor.walk import walk
from treadle.plan.expression import Json

NESTED = """
steps:
  - {id: first, type: shell, run: x}
  - id: pick
    type: if
    condition: true
    then:
      - id: each
        type: fan-out
        items: [a, b, c]
        step:
          id: rounds
          type: do-while
          condition: true
          max_iterations: 2
          steps:
            - {id: look, type: shell, run: x}
            - {id: act, type: shell, run: x}
      - {id: after, type: shell, run: x}
  - {id: last, type: shell, run: x}
"""
LOOP = """
steps:
  - {id: note, type: shell, run: x}
  - id: loop
    type: while
    condition: true
    max_iterations: 3
    steps:
      - {id: one, type: shell, run: x}
      - {id: two, type: shell, run: x}
"""


def rewind(here: Any, address: str, answers: Mapping[str, str] | None = None) -> Any:
    here.pending.clear()
    at = here.now()
    given = {
        name: Answer(choice=choice, by="bo", at=at) for name, choice in (answers or {}).items()
    }
    here.happen(RunRewound(at=at, by="bo", address=address, inputs={}, answers=given))
    return here.work()


def named(run: Any, scope: str = "") -> dict[str, str]:
    return dict(run.scopes[scope].names.items())


@pytest.mark.parametrize(
    ("address", "again"),
    [
        ("/last", ["/last"]),
        ("/pick/then/after", ["/pick/then/after", "/last"]),
        (
            "/pick/then/each/i1/rounds/r2/act",
            ["/pick/then/each/i1/rounds/r2/act", "/pick/then/after", "/last"],
        ),
        (
            "/pick/then/each/i1/rounds/r1/act",
            [
                "/pick/then/each/i1/rounds/r1/act",
                "/pick/then/each/i1/rounds/r2/look",
                "/pick/then/each/i1/rounds/r2/act",
                "/pick/then/after",
                "/last",
            ],
        ),
    ],
)
def test_a_step_and_everything_behind_it_runs_again_and_nothing_else(
    world: Callable[..., Any], address: str, again: list[str]
) -> None:
    here = world(NESTED)
    assert here.start().status is RunStatus.COMPLETED
    before = len(here.performed)
    assert rewind(here, address).status is RunStatus.COMPLETED
    assert sorted(again) == sorted(here.performed[before:])


def test_going_back_to_a_control_step_decides_it_anew(world: Callable[..., Any]) -> None:
    here = world(NESTED)
    here.start()
    before = len(here.performed)
    rewind(here, "/pick")
    assert 3 * 2 * 2 + 2 == len(here.performed) - before
    events = [type(event).__name__ for event in here.journal[-1]]
    assert "RunCompleted" in events


def test_a_name_means_again_what_it_meant_a_round_before(world: Callable[..., Any]) -> None:
    here = world(LOOP)
    here.start()
    assert "/loop/r3/one" == named(here.run)["one"]
    shorter = cut(here.run, ("/loop/r2/two",)).run
    assert {
        "note": "/note",
        "loop": "/loop",
        "one": "/loop/r2/one",
        "two": "/loop/r1/two",
        "loop:one:1": "/loop/r2/one",
    } == named(shorter)
    assert {"note": "/note"} == named(cut(here.run, ("/loop",)).run)
    assert {} == named(cut(here.run, ("/note",)).run)


def test_no_other_item_keeps_a_name_that_is_gone(world: Callable[..., Any]) -> None:
    here = world(NESTED)
    here.start()
    shorter = cut(here.run, ("/pick/then/each/i0/rounds",)).run
    assert set() == {
        address
        for _, scope in shorter.scopes.items()
        for _, address in scope.names.items()
        if address not in shorter.occurrences
    }


def test_the_record_of_a_loop_is_what_it_was_while_the_round_was_at_work(
    world: Callable[..., Any],
) -> None:
    here = world(LOOP)
    here.start()
    assert {"iterations", "limit_reached"} < set(here.run.occurrences["/loop"].output)
    loop = cut(here.run, ("/loop/r2/one",)).run.occurrences["/loop"]
    assert (2, {"max_iterations", "loop_type", "condition_result"}) == (
        loop.rounds,
        set(loop.output),
    )


def test_attempts_and_logs_count_on_and_the_key_is_a_new_one(world: Callable[..., Any]) -> None:
    here = world("steps: [{id: a, type: shell, run: x}, {id: b, type: shell, run: x}]")
    here.start()
    before = here.run
    after = rewind(here, "/b")
    assert (2, 3) == (after.occurrences["/b"].attempts, after.occurrences["/b"].log)
    assert idempotency_key(before, "/a") == idempotency_key(after, "/a")
    assert idempotency_key(before, "/b") != idempotency_key(after, "/b")


def test_a_failed_step_keeps_its_key(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world("steps: [{id: a, type: shell, run: x}]", fails_at("/a"))
    before = here.start()
    assert RunStatus.FAILED is before.status
    after = rewind(here, "/a")
    assert (RunStatus.COMPLETED, 2) == (after.status, after.occurrences["/a"].attempts)
    assert idempotency_key(before, "/a") == idempotency_key(after, "/a")


def test_a_gate_asks_again_and_takes_an_answer_that_comes_along(world: Callable[..., Any]) -> None:
    here = world("steps: [{id: ask, type: gate, message: 'Go?'}, {id: b, type: shell, run: x}]")
    here.start()
    assert RunStatus.ABORTED is here.resume(answers={"/ask": "reject"}).status
    assert RunStatus.PAUSED is rewind(here, "/ask").status
    assert RunStatus.COMPLETED is rewind(here, "/ask", {"/ask": "approve"}).status


def test_a_copy_has_an_id_of_its_own_and_new_keys(world: Callable[..., Any]) -> None:
    here = world(LOOP)
    before = here.start()
    at = here.now()
    here.happen(
        RunForked(run_id="r2", at=at, by="bo", address="/loop/r3/two", inputs={}, answers={})
    )
    after = here.work()
    assert ("r2", "r1", at, "bo") == (
        after.id,
        after.forked_from,
        after.created_at,
        after.started_by,
    )
    assert idempotency_key(before, "/note") != idempotency_key(after, "/note")
    assert after == replay(here.program, here.journal)


@pytest.mark.parametrize("address", ["/nothing", "/loop/r4/one", "/loop/r1", ""])
def test_nobody_goes_back_to_what_has_not_begun(world: Callable[..., Any], address: str) -> None:
    here = world(LOOP)
    here.start()
    with pytest.raises(ValueError, match="nothing has begun"):
        rewind(here, address)


CLOSED = """
steps:
  - {id: a, type: shell, run: x}
  - {id: b, type: shell, run: x}
finally:
  - {id: clean, type: shell, run: x}
"""


def test_a_run_that_went_back_ends_through_another_leg_of_its_finally(
    world: Callable[..., Any],
) -> None:
    here = world(CLOSED)
    here.start()
    run = rewind(here, "/b")
    assert (RunStatus.COMPLETED, 2) == (run.status, run.legs)
    assert ["/a", "/b", "/finally/l1/clean", "/b", "/finally/l2/clean"] == here.performed
    with pytest.raises(ValueError, match="inside 'finally'"):
        rewind(here, "/finally/l1/clean")


def test_going_back_leaves_a_finally_that_was_at_work(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(CLOSED, fails_at("/finally/l1/clean"))
    assert RunStatus.FAILED is here.start().status
    run = rewind(here, "/a")
    assert (RunStatus.COMPLETED, None) == (run.status, run.closing)
    assert run == replay(here.program, here.journal)


MANY = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def steps(draw: st.DrawFn, prefix: str = "s", depth: int = 3) -> list[dict[str, Any]]:
    """Return a list of steps that nests everything in everything."""
    return [draw(step(f"{prefix}{index}", depth)) for index in range(draw(st.integers(1, 3)))]


@st.composite
def step(draw: st.DrawFn, name: str, depth: int) -> dict[str, Any]:
    kinds = ["shell", "shell", "gate"]
    if depth > 0:
        kinds += ["if", "while", "do-while", "fan-out", "fan-out"]
    kind = draw(st.sampled_from(kinds))
    made: dict[str, Any] = {"id": name, "type": kind}
    inner = steps(prefix=f"{name}-", depth=depth - 1)
    match kind:
        case "shell":
            made |= {"run": "work", "continue_on_error": draw(st.booleans())}
        case "gate":
            made["message"] = "Go?"
        case "if":
            made |= {"condition": draw(st.booleans()), "then": draw(inner), "else": []}
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
                "step": draw(step(f"{name}-t", depth - 1)),
            }
    return made


def program_of(flow: list[dict[str, Any]]) -> Program:
    head = {"id": "flow", "name": "Flow", "version": "1.0.0"}
    text = json.dumps({"schema_version": "1.0", "workflow": head, "steps": flow})
    compiled = compile_text(text, path="flow.yml")
    assert compiled.plan is not None, compiled.diagnostics
    return Program.of(compiled.plan)


def scripted(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
    return StepStatus.COMPLETED, {"exit_code": 0, "stdout": address, "stderr": ""}


def to_the_end(here: Any) -> None:
    for _ in range(200):
        if not here.run.status.is_resumable:
            return
        here.resume(answers={gate.address: "approve" for gate in open_gates(here.run)})
    raise AssertionError(f"still {here.run.status} after 200 resumes")


def results(run: Any) -> dict[str, Any]:
    """Return everything a run shows but for attempts, times and who answered."""
    hidden = ("attempts", "started_at", "finished_at", "tries")
    return {
        name: {
            key: {k: v for k, v in value.items() if k not in ("at", "by", "results")}
            if key == "output" and isinstance(value, Mapping)
            else value
            for key, value in record.items()
            if key not in hidden
        }
        for name, record in status_object(run, run.status)["results"].items()
    }


@MANY
@given(flow=steps(), at=st.integers(0, 1000), resumes=st.integers(0, 3))
def test_going_back_anywhere_ends_in_the_same_state(
    make_world: Callable[..., Any], flow: list[dict[str, Any]], at: int, resumes: int
) -> None:
    program = program_of(flow)
    whole = make_world(program, scripted)
    whole.start()
    to_the_end(whole)
    here = make_world(program, scripted)
    here.start()
    for _ in range(resumes):
        if here.run.status.is_resumable:
            here.resume(answers={gate.address: "approve" for gate in open_gates(here.run)})
    begun = [occurrence.address for occurrence in walk(here.run)]
    target = begun[at % len(begun)]
    kept = {a: here.run.occurrences[a] for a in cut(here.run, (target,)).run.history}
    performed = len(here.performed)
    rewind(here, target)
    to_the_end(here)
    assert RunStatus.COMPLETED is here.run.status
    assert results(whole.run) == results(here.run)
    assert set() == {
        address
        for address in here.performed[performed:]
        if address in kept and kept[address].status is StepStatus.COMPLETED
    }
    assert named(whole.run) == named(here.run)
    assert here.run == replay(program, here.journal)
    for events in here.journal:
        assert tuple(from_json(json.loads(json.dumps(to_json(e)))) for e in events) == events
