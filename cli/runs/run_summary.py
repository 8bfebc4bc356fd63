"""What is told when a run rests: how it ended, what it waits for, and how to go on."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from treadle.cli.project.find_project import command_line
from treadle.cli.text.counted import counted
from treadle.cli.text.durations import between, duration, moment
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.visible import one_line, visible
from treadle.executor.events import StepStatus
from treadle.executor.gate import is_overdue
from treadle.executor.open_steps import open_gates, open_leaves
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.plan.problems import shown
from treadle.plan.steps import REJECTIONS, FanOutStep, GateStep, IfStep, LoopStep, SwitchStep
from treadle.plan.text import as_text

STATUS_ROLES = {
    RunStatus.COMPLETED: Role.GOOD,
    RunStatus.PAUSED: Role.WAITING,
    RunStatus.INTERRUPTED: Role.WARNING,
    RunStatus.FAILED: Role.ERROR,
    RunStatus.ABORTED: Role.ERROR,
    RunStatus.CANCELLED: Role.ERROR,
}
_STOPPED = frozenset({RunStatus.PAUSED, RunStatus.FAILED, RunStatus.ABORTED})
_COUNTED = {
    StepStatus.COMPLETED: "done",
    StepStatus.FAILED: "failed",
    StepStatus.SKIPPED: "skipped",
}


def painted_status(status: RunStatus, paint: Paint) -> str:
    """Return the word for a status in its colour."""
    return paint(status.value, STATUS_ROLES.get(status, Role.NAME))


def summary_lines(
    run: Run,
    status: RunStatus,
    paint: Paint,
    *,
    project: Path,
    began_at: str | None,
    is_interrupted: bool = False,
    where: Sequence[str] | None = None,
) -> Iterator[str]:
    """Yield the last lines of run and resume; `began_at` is when this part of the run began.

    Shapes: `where` as for `next_commands`.
    """
    time = duration(between(began_at or run.created_at, run.updated_at))
    counts = paint(f"{_counts(run)} in {time}, run {run.id}", Role.QUIET)
    at = f" at {one_line(run.current)}" if run.current and status in _STOPPED else ""
    at += ", interrupted" if is_interrupted and status is RunStatus.PAUSED else ""
    yield f"{painted_status(status, paint)}{at}  {counts}"
    if run.error is not None:
        yield f"{paint('error:', Role.ERROR)} {visible(run.error)}"
    for name, value in (run.outputs or {}).items():
        yield f"  {paint(name, Role.NAME)} = {shown(value)}"
    yield from waiting_lines(run, status, paint, project=project, where=where)


def waiting_lines(
    run: Run,
    status: RunStatus,
    paint: Paint,
    *,
    project: Path,
    now: str | None = None,
    where: Sequence[str] | None = None,
) -> Iterator[str]:
    """Yield what a run waits for, and the commands that go on with it.

    Shapes: `where` as for `next_commands`.
    Units: `now` is an ISO 8601 time, None for this moment.
    """
    now = now or _this_moment()
    gates = open_gates(run) if status is RunStatus.PAUSED else ()
    for gate in gates:
        yield from gate_lines(gate, paint, now=now)
    for command in next_commands(run, status, project=project, now=now, where=where):
        yield f"{paint('next:', Role.WAITING)} {command}"


def gate_lines(gate: Occurrence, paint: Paint, *, now: str | None = None) -> Iterator[str]:
    """Yield the question of an open gate with its options; `now` as for `waiting_lines`."""
    output = gate.output or {}
    yield f"{paint('gate', Role.WAITING)} {paint(one_line(gate.qualified, 200), Role.NAME)}"
    for line in visible(as_text(output.get("message"))).strip().split("\n"):
        yield f"  {line}"
    if gate.due is not None and is_overdue(gate, now or _this_moment()):
        yield f"  {paint(f'overdue since {moment(gate.due)}', Role.WARNING)}: {_late(gate)}"
    elif gate.due is not None:
        yield f"  {paint('until:', Role.QUIET)} {moment(gate.due)}, then {_late(gate)}"
    options = gate.step.options if isinstance(gate.step, GateStep) else ()
    yield f"  {paint('options:', Role.QUIET)} {', '.join(one_line(o) for o in options)}"


def _late(gate: Occurrence) -> str:
    """Return what a resume does to a gate that nobody has answered in time."""
    choice = gate.step.on_timeout if isinstance(gate.step, GateStep) else None
    return "a resume aborts the run" if choice is None else f"a resume chooses '{one_line(choice)}'"


def next_commands(
    run: Run,
    status: RunStatus,
    *,
    project: Path,
    now: str | None = None,
    where: Sequence[str] | None = None,
) -> Iterator[str]:
    """Yield the commands that make sense for a run that rests.

    Shapes: `where` are the options that say where a run is kept that is not on this machine, and
    whose secrets are there.
    """
    if not status.is_resumable:
        return
    is_here, there = where is None, tuple(where or ())
    names = sorted(run.secrets) if is_here else []
    secrets = [word for name in names for word in ("-i", f"{name}=…")]
    if status is RunStatus.FAILED:
        leaf = next(open_leaves(run), None)
        if leaf is not None and leaf.log:
            yield command_line(project, "logs", run.id, leaf.qualified, *there)
        verdict = leaf.step.verdict_input if leaf and isinstance(leaf.step, GateStep) else None
        given = ["-i", f"{verdict}=…"] if verdict is not None else []
        yield command_line(project, "resume", run.id, *given, *secrets, *there)
        return
    gates = open_gates(run) if status is RunStatus.PAUSED else ()
    is_only, now = len(gates) == 1, now or _this_moment()
    in_time = [gate for gate in gates if not is_overdue(gate, now)]
    choices = [word for gate in in_time for word in _choice(gate, is_only=is_only)]
    yield command_line(project, "resume", run.id, *choices, *secrets, *there)


def _this_moment() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _choice(gate: Occurrence, *, is_only: bool) -> tuple[str, ...]:
    options = gate.step.options if isinstance(gate.step, GateStep) else ()
    good = next((o for o in options if o.lower() not in REJECTIONS), None)
    if good is None:
        return ()
    return ("--choice", good if is_only else f"{gate.address}={good}")


def _counts(run: Run) -> str:
    """Return how many steps ended how; control steps are not counted.

    The first number says what is counted: ``2 steps done, 1 skipped``.
    """
    found = dict.fromkeys(_COUNTED, 0)
    for address in dict.fromkeys(run.history):
        occurrence = run.occurrences[address]
        is_control = isinstance(occurrence.step, IfStep | SwitchStep | LoopStep | FanOutStep)
        if not is_control and occurrence.status in found:
            found[occurrence.status] += 1
    told = [(count, _COUNTED[status]) for status, count in found.items() if count]
    if not told:
        return "no step done"
    (first, word), *others = told
    steps = f"{counted(first, 'step')} {word}"
    return ", ".join([steps, *(f"{count} {each}" for count, each in others)])
