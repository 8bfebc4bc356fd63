"""The steps of a run as a tree of rows: what is done, what is open, what has not begun."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from treadle.cli.text.counted import counted
from treadle.cli.text.durations import between, duration, moment
from treadle.cli.text.marks import Mark
from treadle.cli.text.retry_words import attempt_of
from treadle.cli.text.visible import one_line
from treadle.executor import address as addresses
from treadle.executor.address import ROOT
from treadle.executor.events import Halt, StepStatus
from treadle.executor.gate import is_overdue
from treadle.executor.state import Occurrence, Phase, Run, RunStatus, Sequence
from treadle.plan.problems import shown
from treadle.plan.steps import FanOutStep, GateStep, LoopStep, Step, WorkflowStep, type_name

# More rounds or items than this are counted when they are done, and shown when they are not.
MAX_REPEATS = 20
_ITEM_WIDTH = 40


class Row(Struct, frozen=True, kw_only=True):
    """One line of the tree. Units: `depth` counts the steps around it."""

    depth: int
    mark: Mark
    name: str
    kind: str = ""
    time: str = ""
    detail: str = ""


class _Look(Struct, frozen=True):
    """What a row depends on besides its step."""

    status: RunStatus
    now: str


def tree_rows(run: Run, status: RunStatus, *, now: str) -> Iterator[Row]:
    """Yield the rows of a run in the order of execution; `status` is the one that is shown.

    Units: `now` is an ISO 8601 time.
    """
    look = _Look(status, now)
    yield from _sequence(run, run.sequences[ROOT], look, depth=0)
    if run.program.plan.closing:
        yield from _closing(run, look)


def _closing(run: Run, look: _Look) -> Iterator[Row]:
    """Yield the latest leg of `finally`; an earlier one has been done anew."""
    leg = run.sequences.get(addresses.leg(run.legs))
    if leg is None:
        yield Row(depth=0, mark=Mark.PENDING, name="finally")
        for step in run.program.plan.closing:
            yield Row(depth=1, mark=Mark.PENDING, name=_name(step), kind=type_name(step))
        return
    mark = Mark.DONE if run.open_step(leg) is None else Mark.INSIDE
    again = f"leg {run.legs}" if run.legs > 1 else ""
    yield Row(depth=0, mark=mark, name="finally", detail=again)
    yield from _sequence(run, leg, look, depth=1)


def _sequence(run: Run, sequence: Sequence, look: _Look, *, depth: int) -> Iterator[Row]:
    for step in run.body(sequence).steps:
        occurrence = run.occurrences.get(addresses.step(sequence.address, step.id))
        if occurrence is None:
            yield Row(depth=depth, mark=Mark.PENDING, name=_name(step), kind=type_name(step))
        else:
            yield _row(occurrence, look, depth=depth)
            yield from _inside(run, occurrence, look, depth=depth + 1)


def _inside(run: Run, owner: Occurrence, look: _Look, *, depth: int) -> Iterator[Row]:
    if owner.segment is not None:
        taken = run.sequences[addresses.branch(owner.address, owner.segment)]
        yield from _sequence(run, taken, look, depth=depth)
    elif owner.rounds:
        rounds = (
            (f"round {n}", "", run.sequences[addresses.round_(owner.address, n)])
            for n in range(1, owner.rounds + 1)
        )
        yield from _repeats(run, rounds, look, depth=depth, count=owner.rounds, what="rounds")
    elif owner.call is not None:
        called = run.sequences[addresses.call(owner.address)]
        yield from _sequence(run, called, look, depth=depth)
    elif owner.fan is not None:
        items = (
            (
                f"item {i}",
                one_line(shown(owner.fan.items[i]), _ITEM_WIDTH),
                run.sequences[addresses.item(owner.address, i)],
            )
            for i in range(owner.fan.next)
            if addresses.item(owner.address, i) in run.sequences
        )
        yield from _repeats(run, items, look, depth=depth, count=owner.fan.next, what="items")


def _repeats(
    run: Run,
    repeats: Iterable[tuple[str, str, Sequence]],
    look: _Look,
    *,
    depth: int,
    count: int,
    what: str,
) -> Iterator[Row]:
    left_out = 0
    for name, detail, sequence in repeats:
        is_done = run.open_step(sequence) is None
        if is_done and count > MAX_REPEATS:
            left_out += 1
            continue
        mark = Mark.DONE if is_done else Mark.INSIDE
        yield Row(depth=depth, mark=mark, name=name, detail=detail)
        yield from _sequence(run, sequence, look, depth=depth + 1)
    if left_out:
        yield Row(depth=depth, mark=Mark.DONE, name=f"{left_out} {what}")


def _row(occurrence: Occurrence, look: _Look, *, depth: int) -> Row:
    return Row(
        depth=depth,
        mark=_mark(occurrence, look.status),
        name=_name(occurrence.step),
        kind=type_name(occurrence.step),
        time=_time(occurrence, look) if occurrence.attempts else "",
        detail=", ".join(_details(occurrence, look)),
    )


def _time(occurrence: Occurrence, look: _Look) -> str:
    """Return how long the latest attempt of a step took, or has taken so far."""
    if occurrence.finished_at is not None:
        return duration(between(occurrence.started_at, occurrence.finished_at))
    is_at_work = occurrence.phase is Phase.ACTIVE and look.status is RunStatus.RUNNING
    if is_at_work and not occurrence.waits_for_retry:
        return duration(between(occurrence.started_at, look.now))
    return ""


def _mark(occurrence: Occurrence, status: RunStatus) -> Mark:
    match occurrence.phase:
        case Phase.ACTIVE:
            return Mark.RUNNING if status is RunStatus.RUNNING else Mark.PAUSED
        case Phase.HALTED:
            return Mark.PAUSED if occurrence.halt is Halt.PAUSED else Mark.FAILED
        case Phase.DONE if occurrence.status is StepStatus.FAILED:
            return Mark.FAILED
        case Phase.DONE if occurrence.status is StepStatus.SKIPPED:
            return Mark.SKIPPED
        case Phase.DONE:
            return Mark.DONE


def _details(occurrence: Occurrence, look: _Look) -> Iterator[str]:
    if occurrence.waits_for_retry and occurrence.due is not None:
        coming = attempt_of(occurrence, occurrence.failures + 1)
        yield f"{coming} at {moment(occurrence.due)}"
        return
    if occurrence.attempts > 1:
        yield f"attempt {occurrence.attempts}"
    output, is_open = occurrence.output or {}, occurrence.phase is not Phase.DONE
    match occurrence.step:
        case GateStep() if isinstance(output.get("choice"), str):
            yield one_line(str(output["choice"]), 40)
        case GateStep() if occurrence.halt is Halt.PAUSED:
            yield "not answered" if look.status.is_final else _waiting(occurrence, look.now)
        case LoopStep() if occurrence.rounds:
            limit = ", stopped at its limit" if output.get("limit_reached") is True else ""
            yield f"{counted(occurrence.rounds, 'round')}{limit}"
        case FanOutStep() if occurrence.fan is not None:
            yield counted(len(occurrence.fan.items), "item")
        case WorkflowStep() if occurrence.call is not None:
            yield one_line(occurrence.call.workflow, 60)
        case _ if occurrence.segment is not None:
            yield one_line(occurrence.segment, 40)
        case _ if occurrence.phase is Phase.ACTIVE and look.status is not RunStatus.RUNNING:
            yield "interrupted"
        case _:
            pass
    if occurrence.error is not None:
        yield one_line(occurrence.error, 120)
    if not is_open and occurrence.status is StepStatus.FAILED:
        yield "tolerated"


def _waiting(gate: Occurrence, now: str) -> str:
    if gate.due is None:
        return "waits for an answer"
    if is_overdue(gate, now):
        return f"overdue since {moment(gate.due)}"
    return f"waits for an answer until {moment(gate.due)}"


def _name(step: Step) -> str:
    return one_line(f"{step.id} ({step.name})" if step.name else step.id, 60)
