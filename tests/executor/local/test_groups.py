"""Concurrency groups: who waits, who is refused and who gives way."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from treadle.compiler import compile_text
from treadle.executor import Refused, resume, run, status
from treadle.executor.local.cancel import cancel
from treadle.executor.local.groups import Conflict, Holder, group_name, in_group
from treadle.executor.local.host import Host
from treadle.executor.local.store import Store
from treadle.executor.state import RunStatus
from treadle.plan.plan import Plan

TEXT = """
workflow: {id: flow, name: Flow, version: "1.0.0"}
concurrency: {group: "deploy-{{ inputs.target }}", CONCURRENCY}
inputs: {target: {type: string, default: a}}
steps:
  - {id: build, type: shell, run: 'true'}
  - {id: ask, type: gate, message: 'Go?'}
"""


def plan_of(concurrency: str) -> Plan:
    compiled = compile_text(TEXT.replace("CONCURRENCY", concurrency), path="flow.yml")
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


class Group:
    """The runs of a project that hold a place; each conflict is written down."""

    def __init__(self, project: Path) -> None:
        self.store = Store(project)
        self.told: list[tuple[str, str, bool]] = []
        self.cancelled: list[str] = []
        self.holders: dict[str, ExitStack] = {}
        self.unrecorded: list[str] = []
        self.looks = 0
        self._ticks = 0

    def enter(self, run_id: str, plan: Plan, target: str = "a", *, leaves: str = "") -> None:
        """Let a run in; `leaves` is the one that rests while this one waits."""

        def pause() -> None:
            self.looks += 1
            if leaves:
                self.leave(leaves)

        def cancel(holder: str) -> bool:
            self.cancelled.append(holder)
            if holder in self.unrecorded:
                self.unrecorded.remove(holder)
                return False
            self.leave(holder)
            return True

        stack = ExitStack()
        stack.enter_context(
            in_group(
                plan,
                {"target": target},
                store=self.store,
                run_id=run_id,
                clock=self._now,
                conflict=Conflict(tell=self._tell, cancel=cancel, pause=pause),
            )
        )
        self.holders[run_id] = stack

    def leave(self, run_id: str) -> None:
        self.holders.pop(run_id).close()

    def _now(self) -> str:
        self._ticks += 1
        return f"2026-01-01T00:00:{self._ticks:02d}+00:00"

    def _tell(self, holder: Holder) -> None:
        self.told.append((holder.group, holder.run_id, holder.gives_way))


@pytest.fixture
def group(tmp_path: Path) -> Group:
    return Group(tmp_path)


def test_a_run_waits_until_another_one_of_its_group_rests(group: Group) -> None:
    group.enter("r1", plan_of("limit: 1"))
    group.enter("r2", plan_of("limit: 1"), leaves="r1")
    assert ([("deploy-a", "r1", False)], 1) == (group.told, group.looks)


def test_other_groups_and_other_places_are_free(group: Group) -> None:
    for run_id, target in (("r1", "a"), ("r2", "a"), ("r3", "b")):
        group.enter(run_id, plan_of("limit: 2, on_conflict: refuse"), target)
    assert [] == group.told


def test_a_run_is_refused_with_the_one_that_holds_the_group(group: Group) -> None:
    plan = plan_of("on_conflict: refuse")
    group.enter("r1", plan)
    with pytest.raises(Refused) as refused:
        group.enter("r2", plan)
    reason = refused.value.problems[0]
    assert ("TR916", "'treadle wait r1' waits until it rests") == (reason.code, reason.hint)
    group.leave("r1")
    group.enter("r2", plan)


def test_the_run_that_has_worked_for_longest_is_replaced(group: Group) -> None:
    plan = plan_of("limit: 2, on_conflict: replace")
    for run_id in ("r1", "r2"):
        group.enter(run_id, plan)
    # The first place is taken by the younger run now.
    group.leave("r1")
    group.enter("r3", plan)
    group.enter("r4", plan)
    assert (["r2"], [("deploy-a", "r2", True)]) == (group.cancelled, group.told)


def test_a_run_is_replaced_as_soon_as_anything_of_it_is_recorded(group: Group) -> None:
    plan = plan_of("limit: 1, on_conflict: replace")
    group.enter("r1", plan)
    group.unrecorded.append("r1")
    group.enter("r2", plan)
    assert ["r1", "r1"] == group.cancelled
    assert [("deploy-a", "r1", True)] == group.told


@pytest.mark.parametrize(
    ("group_text", "reason"),
    [
        ("{{ inputs.target }}", "it came out empty"),
        ("{{ inputs.target | int + [1] }}", None),
    ],
)
def test_a_group_that_has_no_name_is_refused(group_text: str, reason: str | None) -> None:
    text = TEXT.replace("deploy-{{ inputs.target }}", group_text).replace(", CONCURRENCY", "")
    plan = compile_text(text, path="flow.yml", lenient=True).plan
    assert plan is not None and plan.concurrency is not None
    with pytest.raises(Refused) as refused:
        group_name(plan.concurrency, {"target": " "})
    found = refused.value.problems[0]
    assert "TR721" == found.code
    assert reason is None or found.message.endswith(reason)


def test_a_refused_run_leaves_no_trace_and_a_resume_is_refused_as_well(
    tmp_path: Path, group: Group
) -> None:
    plan = plan_of("on_conflict: refuse")
    run(plan, project=tmp_path, run_id="paused")
    group.enter("other", plan)
    with pytest.raises(Refused) as started:
        run(plan, project=tmp_path, run_id="r2")
    with pytest.raises(Refused) as resumed:
        resume("paused", project=tmp_path, choices={"ask": "approve"})
    assert ["TR916"] * 2 == [e.value.problems[0].code for e in (started, resumed)]
    assert ["paused"] == [path.name for path in group.store.runs.iterdir()]
    assert RunStatus.PAUSED is status("paused", project=tmp_path).status
    group.leave("other")
    resumed_run = resume("paused", project=tmp_path, choices={"ask": "approve"})
    assert RunStatus.COMPLETED is resumed_run.status


def test_the_clean_up_of_a_run_that_is_cancelled_takes_its_turn_and_replaces_nobody(
    tmp_path: Path, group: Group
) -> None:
    closing = "finally: [{id: tidy, type: shell, run: touch tidied}]"
    text = f"{TEXT}{closing}\n".replace("CONCURRENCY", "on_conflict: replace")
    plan = compile_text(text, path="flow.yml").plan
    assert plan is not None
    run(plan, project=tmp_path, run_id="paused")
    group.enter("other", plan)
    told: list[tuple[str, bool]] = []

    def held_up(holder: Holder) -> None:
        told.append((holder.run_id, holder.gives_way))
        assert not (tmp_path / "tidied").exists()
        group.leave("other")

    host = Host(project=tmp_path, environment=dict(os.environ), held_up=held_up)
    ended = cancel("paused", host=host)
    assert RunStatus.CANCELLED is ended.run.status
    assert ([("other", False)], True) == (told, (tmp_path / "tidied").exists())
