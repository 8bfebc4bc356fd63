"""What people are told of an event while a run goes on.

It is one line an event; a step that failed is followed by what it printed last.
"""

from collections.abc import Iterator, Mapping
from typing import TextIO

from msgspec import Struct

from treadle.cli.text.counted import counted
from treadle.cli.text.durations import between, duration, moment
from treadle.cli.text.marks import ROLES, Mark, is_unicode, sign
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.retry_words import attempt_of
from treadle.cli.text.visible import last_lines, one_line
from treadle.executor.call_events import CallEntered
from treadle.executor.events import (
    ActionFinished,
    BranchTaken,
    CancelRequested,
    ClosingStarted,
    Ending,
    Event,
    FanOutStarted,
    OutputsCollected,
    PlanReplaced,
    RoundStarted,
    RunCreated,
    RunForked,
    RunResumed,
    RunRewound,
    RunTimedOut,
    StepFinished,
    StepLeft,
    StepStatus,
)
from treadle.executor.state import Occurrence, Run
from treadle.plan.expression import Json
from treadle.plan.plan import Plan, every_step
from treadle.plan.steps import FanOutStep, GateStep, LoopStep, Step

_TAIL = 20
_TAIL_OF_A_TRY = 3
_MAX_NAME = 28
_MOST_OF_A_NAME = 200
_MARKS = {
    StepStatus.COMPLETED: Mark.DONE,
    StepStatus.FAILED: Mark.FAILED,
    StepStatus.SKIPPED: Mark.SKIPPED,
    StepStatus.PAUSED: Mark.PAUSED,
}
_ENDED = {
    Ending.COMPLETED: "completed",
    Ending.FAILED: "failed",
    Ending.ABORTED: "was aborted",
    Ending.CANCELLED: "was cancelled",
}


class LineStyle(Struct, frozen=True, kw_only=True):
    """How lines are written: for which stream, in which colours, with what column of names.

    Shapes: `shows_output` prints what steps that completed have printed, too.
    """

    stream: TextIO
    paint: Paint
    name_width: int
    shows_output: bool = False

    def line(self, mark: Mark, name: str, detail: str = "") -> str:
        """Return one line about a step; its name may be anything."""
        name = one_line(name, _MOST_OF_A_NAME)
        padded = name.ljust(self.name_width) if detail else name
        shown = self.paint(sign(mark, self.stream), ROLES[mark])
        return f"{shown} {padded}  {detail}".rstrip()


def name_width(plan: Plan) -> int:
    """Return how wide the column of names is for the steps of a plan."""
    return min(_MAX_NAME, max(_name_length(step) for step in every_step(plan)))


def _name_length(step: Step) -> int:
    """Return about how long the names of a step's occurrences, or of its items', become."""
    inner = len(f":{step.template.id}:00") if isinstance(step, FanOutStep) else 0
    return len(step.id) + inner


def started_line(occurrence: Occurrence, style: LineStyle) -> str:
    """Return the line about a step whose action begins."""
    again = attempt_of(occurrence, occurrence.failures + 1) if occurrence.failures else ""
    if not again and occurrence.attempts > 1:
        again = f"attempt {occurrence.attempts}"
    return style.line(Mark.RUNNING, occurrence.public, style.paint(again, Role.QUIET))


def event_lines(event: Event, run: Run, style: LineStyle) -> Iterator[str]:
    """Yield the lines about an event; `run` is the state after it."""
    match event:
        case RunCreated():
            plan = run.program.plan
            about = style.paint(f"{plan.id} {plan.version}", Role.QUIET)
            yield f"{style.paint(f'run {run.id}', Role.NAME)}  {about}"
        case RunResumed():
            about = style.paint(f"{run.program.plan.id}, resumed", Role.QUIET)
            yield f"{style.paint(f'run {run.id}', Role.NAME)}  {about}"
        case RunRewound() | RunForked():
            again = f"again from {one_line(event.address)}"
            about = style.paint(f"{run.program.plan.id}, {again}", Role.QUIET)
            yield f"{style.paint(f'run {run.id}', Role.NAME)}  {about}"
        case PlanReplaced():
            plan = run.program.plan
            about = style.paint(f"{plan.id} {plan.version}, an edited plan", Role.QUIET)
            yield f"{style.paint(f'run {run.id}', Role.NAME)}  {about}"
        case ActionFinished():
            yield from _finished(run.occurrences[event.address], event, style)
        case RunTimedOut():
            yield style.paint("the run has used up its time: what is at work is ended", Role.ERROR)
        case CancelRequested():
            by = f" by {one_line(event.by)}" if event.by is not None else ""
            yield style.paint(f"cancelled{by}", Role.ERROR)
        case ClosingStarted():
            yield style.paint(f"finally, for a run that {_ENDED[event.status]}", Role.QUIET)
        case CallEntered():
            occurrence = run.occurrences[event.address]
            yield _inside(occurrence, f"calls {one_line(event.workflow, 60)}", style)
        case StepFinished() if run.occurrences[event.address].call is not None:
            yield from _returned(run.occurrences[event.address], event, style)
        case StepFinished():
            yield _without_action(run.occurrences[event.address], event, style)
        case BranchTaken():
            branch = "nothing to do" if event.segment is None else _branch(event.segment)
            yield _inside(run.occurrences[event.address], branch, style)
        case RoundStarted():
            occurrence = run.occurrences[event.address]
            most = occurrence.step.max_iterations if isinstance(occurrence.step, LoopStep) else 0
            yield _inside(occurrence, f"round {event.round} of at most {most}", style)
        case FanOutStarted():
            yield _inside(run.occurrences[event.address], counted(len(event.items), "item"), style)
        case OutputsCollected():
            yield style.line(Mark.DONE, run.occurrences[event.address].public)
        case StepLeft():
            yield from _left(run.occurrences[event.address], event, style)
        case _:
            pass


def output_lines(output: Mapping[str, Json], style: LineStyle, *, count: int) -> Iterator[str]:
    """Yield the last lines of each stream of what a step printed."""
    bar = style.paint("│" if is_unicode(style.stream) else "|", Role.QUIET)
    for stream in ("stdout", "stderr"):
        text = output.get(stream)
        if isinstance(text, str):
            yield from (f"  {bar} {line}" for line in last_lines(text, count))


def _finished(occurrence: Occurrence, event: ActionFinished, style: LineStyle) -> Iterator[str]:
    time = f"{duration(between(occurrence.started_at, event.at)):>8}"
    if event.status is StepStatus.COMPLETED:
        yield style.line(Mark.DONE, occurrence.public, style.paint(time, Role.QUIET))
        if style.shows_output:
            yield from output_lines(event.output, style, count=_TAIL * 10)
        return
    is_last = not occurrence.waits_for_retry
    role = Role.ERROR if is_last else Role.WARNING
    error = style.paint(one_line(event.error or "failed", 200), role)
    if not is_last:
        yield style.line(Mark.FAILED, occurrence.public, f"{time}  {error}")
        yield from output_lines(event.output, style, count=_TAIL_OF_A_TRY)
        return
    tolerated = "  (tolerated)" if occurrence.step.continue_on_error else ""
    yield style.line(Mark.FAILED, occurrence.public, f"{time}  {error}{tolerated}")
    yield from output_lines(event.output, style, count=_TAIL)


def _returned(occurrence: Occurrence, event: StepFinished, style: LineStyle) -> Iterator[str]:
    """Yield the line about a call that ended; what stopped it was told before."""
    if event.status is StepStatus.COMPLETED:
        yield style.line(Mark.DONE, occurrence.public)
    elif event.status is StepStatus.FAILED and event.halt is None:
        error = style.paint(one_line(event.error or "failed", 200), Role.ERROR)
        yield style.line(Mark.FAILED, occurrence.public, f"{error}  (tolerated)")


def _without_action(occurrence: Occurrence, event: StepFinished, style: LineStyle) -> str:
    mark = _MARKS[event.status]
    match event.status:
        case StepStatus.FAILED:
            detail = style.paint(one_line(event.error or "failed", 200), Role.ERROR)
        case StepStatus.SKIPPED:
            detail = style.paint("skipped", Role.QUIET)
        case StepStatus.PAUSED if (event.output or {}).get("choice") is not None:
            choice = one_line(str((event.output or {}).get("choice")), 40)
            detail = style.paint(f"{choice}: asks again when the run is resumed", Role.WAITING)
        case StepStatus.PAUSED:
            until = f" until {moment(event.due)}" if event.due is not None else ""
            detail = style.paint(f"waits for an answer{until}", Role.WAITING)
        case StepStatus.COMPLETED if isinstance(occurrence.step, GateStep):
            detail = one_line(str((event.output or {}).get("choice")))
        case StepStatus.COMPLETED:
            detail = style.paint("nothing to do", Role.QUIET)
    return style.line(mark, occurrence.public, detail)


def _inside(occurrence: Occurrence, detail: str, style: LineStyle) -> str:
    return style.line(Mark.INSIDE, occurrence.public, style.paint(detail, Role.QUIET))


def _left(occurrence: Occurrence, event: StepLeft, style: LineStyle) -> Iterator[str]:
    match occurrence.step:
        case LoopStep() if event.output.get("limit_reached") is True:
            detail = style.paint(f"stopped at its limit: {_rounds(occurrence)}", Role.WARNING)
            yield style.line(Mark.DONE, occurrence.public, detail)
        case LoopStep():
            detail = style.paint(_rounds(occurrence), Role.QUIET)
            yield style.line(Mark.DONE, occurrence.public, detail)
        case FanOutStep():
            items = occurrence.fan.items if occurrence.fan is not None else ()
            detail = style.paint(counted(len(items), "item"), Role.QUIET)
            yield style.line(Mark.DONE, occurrence.public, detail)
        case _:
            pass


def _branch(segment: str) -> str:
    kind, separator, key = segment.partition(":")
    return f"{kind} {one_line(key, 40)!r}" if separator else kind


def _rounds(occurrence: Occurrence) -> str:
    return counted(occurrence.rounds, "round")
