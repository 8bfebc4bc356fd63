"""Edited plans: what is kept, what is in conflict, what is passed over, and going on under them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.compiler import compile_text
from treadle.executor.events import PlanReplaced, StepStatus
from treadle.executor.open_steps import open_gates
from treadle.executor.program import Program
from treadle.executor.rebase import rebased
from treadle.executor.replay import replay
from treadle.executor.rewind import cut
from treadle.executor.state import RunStatus
from treadle.executor.verdict import judge, targets
from treadle.plan.expression import Json

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'
FLOW = """
steps:
  - {id: setup, type: shell, run: a}
  - id: pick
    type: if
    condition: true
    then:
      - id: loop
        type: while
        condition: true
        max_iterations: 2
        steps:
          - {id: one, type: shell, run: a}
          - {id: two, type: shell, run: a}
      - id: each
        type: fan-out
        items: [a, b, c]
        step: {id: item, type: shell, run: a}
  - {id: check, type: shell, run: a}
  - {id: last, type: shell, run: a}
"""
FINISHED = [
    "/setup",
    "/pick",
    "/pick/then/loop",
    "/pick/then/loop/r1/one",
    "/pick/then/loop/r1/two",
    "/pick/then/loop/r2/one",
    "/pick/then/loop/r2/two",
    "/pick/then/each",
    "/pick/then/each/i0/item",
    "/pick/then/each/i1/item",
    "/pick/then/each/i2/item",
]


def program_of(text: str) -> Program:
    compiled = compile_text(HEADER + text, path="flow.yml")
    assert compiled.plan is not None, compiled.diagnostics
    return Program.of(compiled.plan)


def edited(*changes: tuple[str, str]) -> Program:
    text = FLOW
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return program_of(text)


@pytest.fixture
def failed(world: Callable[..., Any], fails_at: Callable[..., Any]) -> Any:
    """A run that failed at `check`."""
    here = world(FLOW, fails_at("/check"))
    assert RunStatus.FAILED is here.start().status
    return here


def go_on(here: Any, program: Program, addresses: tuple[str, ...] = ()) -> Any:
    here.pending.clear()
    here.program = program
    here.happen(
        PlanReplaced(
            at=here.now(),
            by="bo",
            plan_digest=program.plan.digest,
            addresses=addresses,
            inputs={},
            given=(),
            answers={},
        )
    )
    return here.work()


@pytest.mark.parametrize(
    "program",
    [
        edited(),
        edited(("{id: check, type: shell, run: a}", "{id: check, type: shell, run: b}")),
        edited(("{id: check, type: shell, run: a}", "{id: check, type: gate, message: b}")),
        edited(("  - {id: last, type: shell, run: a}\n", "")),
        edited(("id: check, type: shell", "id: other, type: shell")),
        edited(("  - {id: check", "  - {id: before, type: shell, run: x}\n  - {id: check")),
    ],
    ids=["same", "changed", "another kind", "gone", "renamed", "added before"],
)
def test_what_is_not_done_may_become_anything(failed: Any, program: Program) -> None:
    verdict = judge(failed.run, program)
    assert ((), (), ()) == (verdict.conflicts, verdict.frozen, verdict.passed_over)
    assert FINISHED == list(verdict.kept)
    performed = len(failed.performed)
    go_on(failed, program)
    again = {address for address in failed.performed[performed:] if address in FINISHED}
    assert set() == again
    assert failed.run.status in (RunStatus.COMPLETED, RunStatus.PAUSED)


@pytest.mark.parametrize(
    ("change", "found", "back_to"),
    [
        (("id: setup, type: shell, run: a", "id: setup, type: shell, run: b"),
         [("/setup", "changed")], ["/setup"]),
        (("id: setup,", "id: begin,"), [("/setup", "gone")], ["/setup"]),
        (("condition: true\n    then", "condition: false\n    then"),
         [("/pick", "changed")], ["/pick"]),
        (("id: two, type: shell, run: a", "id: two, type: shell, run: b"),
         [("/pick/then/loop/r1/two", "changed"), ("/pick/then/loop/r2/two", "changed")],
         ["/pick/then/loop/r1/two"]),
        (("id: item, type: shell, run: a", "id: item, type: shell, run: b"),
         [(f"/pick/then/each/i{n}/item", "changed") for n in range(3)],
         [f"/pick/then/each/i{n}/item" for n in range(3)]),
        (("id: each\n", "id: all\n"), [("/pick/then/each", "gone")], ["/pick/then/each"]),
        (("          - {id: one, type: shell, run: a}\n          - {id: two, type: shell, run: a}",
          "          - {id: two, type: shell, run: a}\n          - {id: one, type: shell, run: a}"),
         [("/pick/then/loop/r1/two", "moved"), ("/pick/then/loop/r2/two", "moved")],
         ["/pick/then/loop/r1/two"]),
    ],
)  # fmt: skip
def test_what_is_done_and_not_what_it_was_is_in_conflict(
    failed: Any, change: tuple[str, str], found: list[tuple[str, str]], back_to: list[str]
) -> None:
    program = edited(change)
    conflicts = judge(failed.run, program).conflicts
    assert found == [(conflict.address, conflict.word.value) for conflict in conflicts]
    assert back_to == list(targets(failed.run, program))
    assert RunStatus.COMPLETED is go_on(failed, program, tuple(back_to)).status
    programs = {p.plan.digest: p for p in (edited(), program)}
    again = replay(program, failed.journal, programs=lambda digest: programs[digest])
    assert failed.run == again


def test_a_step_that_the_run_is_past_is_told_and_does_not_run(failed: Any) -> None:
    program = edited(
        ("  - {id: setup", "  - {id: early, type: shell, run: x}\n  - {id: setup"),
        (
            "          - {id: two",
            "          - {id: amid, type: shell, run: x}\n          - {id: two",
        ),
    )
    verdict = judge(failed.run, program)
    assert ((), ("/early", "/pick/then/loop/amid")) == (verdict.conflicts, verdict.passed_over)
    go_on(failed, program)
    assert [] == [a for a in failed.performed if "early" in a or "amid" in a]


def test_a_control_step_at_work_keeps_what_it_decided_and_takes_what_is_new(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(FLOW, fails_at("/pick/then/loop/r1/two"))
    here.start()
    program = edited(
        ("condition: true\n    then", "condition: false\n    then"),
        ("max_iterations: 2", "max_iterations: 3"),
        (
            "          - {id: two",
            "          - {id: amid, type: shell, run: x}\n          - {id: two",
        ),
    )
    verdict = judge(here.run, program)
    assert ["/pick", "/pick/then/loop"] == [conflict.address for conflict in verdict.frozen]
    assert ((), ()) == (verdict.conflicts, verdict.passed_over)
    run = go_on(here, program)
    assert (RunStatus.COMPLETED, 3) == (run.status, run.occurrences["/pick/then/loop"].rounds)
    assert 3 == len([a for a in here.performed if a.endswith("/amid")])


def test_a_branch_that_is_gone_is_in_conflict_with_the_step_that_took_it(failed: Any) -> None:
    program = program_of(
        """
steps:
  - {id: setup, type: shell, run: a}
  - {id: pick, type: shell, run: a}
  - {id: check, type: shell, run: a}
"""
    )
    conflicts = judge(failed.run, program).conflicts
    assert [("/pick", "changed", "type")] == [
        (c.address, c.word.value, c.fields[0].name) for c in conflicts
    ]


def test_a_run_that_is_at_its_end_goes_on_with_steps_that_were_added(
    world: Callable[..., Any],
) -> None:
    here = world(FLOW)
    assert RunStatus.COMPLETED is here.start().status
    performed = len(here.performed)
    program = program_of(FLOW + "  - {id: more, type: shell, run: a}\n")
    assert RunStatus.COMPLETED is go_on(here, program).status
    assert ["/more"] == here.performed[performed:]


def test_a_plan_that_is_not_the_one_of_the_event_is_a_mistake(failed: Any) -> None:
    program = edited(("id: last", "id: other"))
    go_on(failed, program)
    with pytest.raises(ValueError, match="the plan is sha256"):
        replay(edited(), failed.journal)


def test_putting_a_run_under_its_own_plan_changes_only_what_was_open(failed: Any) -> None:
    same = rebased(failed.run, edited())
    leaf = cut(failed.run, ("/check",)).run
    assert leaf.occurrences == same.occurrences
    assert leaf.sequences == same.sequences


# Which steps do something else in the edited workflow, by their place in the list of all.
EDITS = st.sets(st.integers(0, 30), max_size=4)
MANY = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def flows(draw: st.DrawFn, prefix: str = "s", depth: int = 3) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        name = f"{prefix}{number}"
        kinds = ["shell", "gate"] + (["if", "do-while", "fan-out"] if depth else [])
        kind = draw(st.sampled_from(kinds))
        made: dict[str, Any] = {"id": name, "type": kind}
        inner = flows(prefix=f"{name}-", depth=depth - 1)
        match kind:
            case "shell":
                made["run"] = "work"
            case "gate":
                made["message"] = "Go?"
            case "if":
                made |= {"condition": True, "then": draw(inner)}
            case "do-while":
                made |= {"condition": True, "max_iterations": 2, "steps": draw(inner)}
            case "fan-out":
                made |= {"items": [1, 2], "step": draw(inner)[0]}
        found.append(made)
    return found


def compiled(flow: list[dict[str, Any]], edits: set[int]) -> Program:
    text = json.dumps(flow)
    parts = text.split('"work"')
    words = ['"other"' if number in edits else '"work"' for number in range(len(parts) - 1)]
    text = "".join(part + word for part, word in zip(parts, [*words, ""], strict=True))
    return program_of(f"steps: {text}\n")


def scripted(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
    return StepStatus.COMPLETED, {"exit_code": 0, "stdout": address, "stderr": ""}


@MANY
@given(flow=flows(), edits=EDITS, resumes=st.integers(0, 4))
def test_an_edited_run_ends_as_if_it_had_been_so_from_the_start(
    make_world: Callable[..., Any], flow: list[dict[str, Any]], edits: set[int], resumes: int
) -> None:
    old, new = compiled(flow, set()), compiled(flow, edits)
    here = make_world(old, scripted)
    here.start()
    for _ in range(resumes):
        if here.run.status.is_resumable:
            here.resume(answers={gate.address: "approve" for gate in open_gates(here.run)})
    addresses = targets(here.run, new)
    kept = set(judge(cut(here.run, addresses).run, new).kept)
    performed = len(here.performed)
    go_on(here, new, addresses)
    for _ in range(100):
        if here.run.status.is_resumable:
            here.resume(answers={gate.address: "approve" for gate in open_gates(here.run)})
    assert RunStatus.COMPLETED is here.run.status
    assert set() == kept & set(here.performed[performed:])
    fresh = make_world(new, scripted)
    fresh.start()
    while fresh.run.status.is_resumable:
        fresh.resume(answers={gate.address: "approve" for gate in open_gates(fresh.run)})
    for address, occurrence in fresh.run.occurrences.items():
        assert (occurrence.step, occurrence.status) == (
            here.run.occurrences[address].step,
            here.run.occurrences[address].status,
        )
    assert dict(fresh.run.scopes[""].names.items()) == dict(here.run.scopes[""].names.items())
    programs = {program.plan.digest: program for program in (old, new)}
    assert here.run == replay(new, here.journal, programs=lambda digest: programs[digest])
