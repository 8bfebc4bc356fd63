"""A run in a workflow on Temporal: its journal is read by pages, and carried to a new history."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from treadle.compiler import compile_text
from treadle.executor.commands import Command, Perform
from treadle.executor.event_json import to_json
from treadle.executor.events import (
    ActionFinished,
    PlanReplaced,
    RunCreated,
    RunForked,
    RunRewound,
    StepStatus,
)
from treadle.executor.outcome import status_object
from treadle.executor.state import Run, RunStatus
from treadle.executor.temporal.course import Course, Reader, begun, plan_to_data
from treadle.executor.temporal.messages import JournalAsk, Limits, Opening, plain, read

AT = "2026-01-01T00:00:00.000+00:00"
FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - {id: one, type: shell, run: echo one}
  - {id: fan, type: fan-out, items: [a, b, c], max_concurrency: 2,
     step: {id: each, type: shell, run: "echo {{ item }}"}}
  - {id: ask, type: gate, message: "ok?"}
"""


def opening(text: str = FLOW) -> Opening:
    plan = compile_text(text, path="flow.yml").plan
    assert plan is not None
    created = RunCreated(run_id="r1", at=AT, plan_digest=plan.digest, inputs={}, lenient=False)
    made = Opening(plan=plan_to_data(plan), limits=Limits(), project="/p", created=to_json(created))
    return read(Opening, json.loads(json.dumps(plain(made))))


def finished(command: Command, **output: Any) -> ActionFinished:
    assert isinstance(command, Perform)
    return ActionFinished(
        at=AT,
        address=command.address,
        attempt=command.attempt,
        status=StepStatus.COMPLETED,
        output={"exit_code": 0, "stdout": "", "stderr": "", **output},
    )


def driven(course: Course, commands: tuple[Command, ...], *, at_most: int = 1000) -> list[Command]:
    """Perform what is asked for, so many steps of it; return what is left."""
    pending = list(commands)
    while pending and at_most:
        pending += course.take(finished(pending.pop(0)))
        at_most -= 1
    return pending


def read_to_the_end(course: Course, reader: Reader) -> Run:
    while reader.read(course.page(reader.ask())):
        pass
    return reader.state()


def shown(run: Run) -> dict[str, Any]:
    return status_object(run, run.status)


def test_a_reader_comes_to_the_state_of_the_run() -> None:
    course, commands = begun(opening(), AT)
    driven(course, commands)
    told: list[int] = []
    reader = Reader(watch=lambda number, events, run: told.append(number))
    assert shown(course.run) == shown(read_to_the_end(course, reader))
    assert (RunStatus.PAUSED, list(range(1, 6))) == (course.run.status, told)


def test_a_reader_that_goes_on_asks_for_what_it_lacks() -> None:
    course, commands = begun(opening(), AT)
    reader = Reader()
    read_to_the_end(course, reader)
    driven(course, commands)
    page = course.page(reader.ask())
    assert (1, 4, None) == (page.base, len(page.transactions), page.plan)
    reader.read(page)
    assert shown(course.run) == shown(reader.state())


def test_a_long_journal_has_several_pages() -> None:
    course, commands = begun(opening(), AT)
    pending = course.take(finished(commands[0], stdout="x" * 50_000))
    driven(course, pending)
    first = course.page(JournalAsk())
    assert (1, 5) == (len(first.transactions), first.count)
    assert shown(course.run) == shown(read_to_the_end(course, Reader()))


@pytest.mark.parametrize("done", range(5))
def test_a_run_goes_on_in_a_new_history_as_if_it_had_never_left(done: int) -> None:
    whole, commands = begun(opening(), AT)
    driven(whole, commands)
    course, commands = begun(opening(), AT)
    left = driven(course, commands, at_most=done)
    first = opening()
    carried = Opening(
        plan=first.plan,
        limits=first.limits,
        project=first.project,
        carried=course.carried(left),
    )
    again, held = begun(read(Opening, json.loads(json.dumps(plain(carried)))), AT)
    assert tuple(left) == held
    driven(again, held)
    assert (shown(whole.run), whole.count) == (shown(again.run), again.count)
    # Who reads from the beginning finds a snapshot where the beginning was.
    assert shown(whole.run) == shown(read_to_the_end(again, Reader()))


def test_a_state_that_no_snapshot_holds_is_carried_as_its_events() -> None:
    course, commands = begun(opening(), AT)
    pending = course.take(finished(commands[0], data=2**70))
    driven(course, pending, at_most=1)
    page = course.carried(()).page
    assert (None, 0, 3) == (page.snapshot, page.base, len(page.transactions))


EDITED = FLOW.replace("echo {{ item }}", "echo new {{ item }}")


def edited() -> tuple[Any, PlanReplaced]:
    """Return another plan, and the event by which a run goes back to its fan-out under it."""
    plan = compile_text(EDITED, path="flow.yml").plan
    assert plan is not None
    event = PlanReplaced(
        at=AT,
        by=None,
        plan_digest=plan.digest,
        addresses=("/fan",),
        inputs={},
        given=(),
        answers={},
    )
    return plan_to_data(plan), event


@pytest.mark.parametrize("seen", range(1, 7))
def test_a_reader_follows_a_run_to_another_plan(seen: int) -> None:
    course, commands = begun(opening(), AT)
    driven(course, commands)
    reader = Reader()
    for _ in range(seen):
        ask = reader.ask()
        page = course.page(ask)
        reader.read(replace(page, transactions=page.transactions[:1]))
    plan, event = edited()
    driven(course, course.take_plan(plan, event))
    assert shown(course.run) == shown(read_to_the_end(course, reader))
    assert (RunStatus.PAUSED, event.plan_digest) == (
        course.run.status,
        reader.state().program.plan.digest,
    )


@pytest.mark.parametrize("has_snapshot", [True, False])
def test_a_run_under_another_plan_goes_on_in_a_new_history(has_snapshot: bool) -> None:
    course, commands = begun(opening(), AT)
    large = {} if has_snapshot else {"data": 2**70}  # which no snapshot holds
    driven(course, course.take(finished(commands[0], **large)))
    plan, event = edited()
    driven(course, course.take_plan(plan, event))
    next_one = read(Opening, json.loads(json.dumps(plain(course.anew(opening(), ())))))
    again, _ = begun(next_one, AT)
    assert has_snapshot is (again.snapshot is not None)
    assert (shown(course.run), course.count) == (shown(again.run), again.count)
    assert shown(course.run) == shown(read_to_the_end(again, Reader()))


def test_somebody_goes_on_with_a_run_whose_history_has_ended() -> None:
    course, commands = begun(opening(), AT)
    driven(course, commands)
    reader = Reader()
    read_to_the_end(course, reader)
    plan, event = edited()
    for going_on, replacing in (
        (RunRewound(at=AT, by=None, address="/one", inputs={}, answers={}), None),
        (RunForked(run_id="r2", at=AT, by=None, address="/fan", inputs={}, answers={}), None),
        (event, plan),
    ):
        written = Opening(
            plan=reader.plan or {},
            limits=Limits(),
            project="/p",
            carried=reader.carried(),
            event=to_json(going_on),
            replacing=replacing,
        )
        again, commands = begun(read(Opening, json.loads(json.dumps(plain(written)))), AT)
        there, wanted = begun(opening(), AT)
        driven(there, wanted)
        if isinstance(going_on, PlanReplaced):
            wanted = there.take_plan(plan, going_on)
        else:
            wanted = there.take(going_on)
        assert wanted == commands
        driven(there, wanted)
        driven(again, commands)
        assert shown(there.run) == shown(again.run)
