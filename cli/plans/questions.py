"""The gates that a run may ask at, with what is known before it: which are open, and how often.

A branch whose condition reads only known inputs is decided, as in a dry run; a gate in one that
is not taken asks nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from treadle.cli.plans.written_values import written
from treadle.plan.evaluate import EvaluationError
from treadle.plan.known import Known
from treadle.plan.plan import Plan
from treadle.plan.reach import Whereabouts, inside_call
from treadle.plan.steps import (
    REJECTIONS,
    FanOutStep,
    GateStep,
    IfStep,
    Kind,
    LoopStep,
    OnReject,
    Step,
    SwitchStep,
    WorkflowStep,
    branches,
    type_name,
    walk,
)


class Around(Struct, frozen=True, kw_only=True):
    """A step around a gate, or the gate itself where it has a condition of its own.

    Shapes: `segment` is the branch that leads to the gate, None where there is only one way.
    `condition` is what decides it, None when that is decided. `most` is how often it may be
    repeated, 1 for what is no loop and no fan-out, None where that is open.
    """

    id: str
    path: str
    kind: str
    segment: str | None = None
    condition: str | None = None
    most: int | None = 1

    @property
    def repeats(self) -> bool:
        """Whether what is inside may run more than once."""
        return self.kind in (Kind.WHILE, Kind.DO_WHILE, Kind.FAN_OUT)


class GateQuestion(Struct, frozen=True, kw_only=True):
    """A gate that may open.

    Shapes: `message` is its text, with blocks that are open as they were written. `around` leads
    to it from the outside in. `answered_by` is the input whose value answers it before it asks.
    """

    step: GateStep
    message: str
    around: tuple[Around, ...]
    answered_by: str | None

    @property
    def is_repeated(self) -> bool:
        """Whether it may ask more than once."""
        return any(one.repeats for one in self.around)


def gates_of(plan: Plan) -> tuple[GateStep, ...]:
    """Return every gate of a plan, whether it may open or not, in source order.

    Shapes: the path of a gate in a workflow that is called begins with that of the call.
    """
    return tuple(_gates(plan.steps, plan.callees, ""))


def answer_name(plan: Plan, gate: GateStep) -> str:
    """Return what a file of answers calls a gate: its id, or its path where ids repeat."""
    same = [each for each in gates_of(plan) if each.id == gate.id]
    return gate.id if len(same) == 1 else gate.path


def gate_questions(plan: Plan, known: Known) -> tuple[GateQuestion, ...]:
    """Return the gates that may open, in source order, each once."""
    found: dict[str, GateQuestion] = {}
    for question in _inside(plan.steps, Whereabouts(known=known, callees=plan.callees), ()):
        before = found.get(question.step.path)
        if before is None:
            found[question.step.path] = question
        elif before.message != question.message:
            # Each item of a fan-out asks in words of its own.
            is_called = any(one.kind == Kind.WORKFLOW for one in question.around)
            step = question.step
            shared = written(step.message) if is_called else _message(step, known)
            found[question.step.path] = replace(before, message=shared)
    return tuple(found.values())


def _gates(steps: tuple[Step, ...], callees: Mapping[str, Plan], prefix: str) -> Iterator[GateStep]:
    for step in walk(steps):
        if isinstance(step, GateStep):
            yield replace(step, path=f"{prefix}{step.path}")
        elif isinstance(step, WorkflowStep) and (callee := callees.get(step.callee or "")):
            yield from _gates(callee.steps, callees, f"{prefix}{step.path}/w")


def _inside(
    steps: Sequence[Step], at: Whereabouts, around: tuple[Around, ...]
) -> Iterator[GateQuestion]:
    for step in steps:
        own = around
        if step.condition is not None:
            is_met = at.known.decided(step.condition)
            if is_met is False:
                continue
            if is_met is None:
                own = (*around, _around(step, at, condition=written(step.condition)))
        if isinstance(step, GateStep):
            yield _question(step, at, own)
        else:
            yield from _below(step, at, own)


def _below(step: Step, at: Whereabouts, around: tuple[Around, ...]) -> Iterator[GateQuestion]:
    """Yield the gates inside a step that has steps inside it."""
    match step:
        case IfStep():
            taken = {True: "then", False: "else", None: None}[at.known.decided(step.test)]
            yield from _branches(step, taken, written(step.test), at=at, around=around)
        case SwitchStep():
            case = at.known.branch(step)
            yield from _branches(step, case, written(step.expression), at=at, around=around)
        case LoopStep():
            is_met = at.known.decided(step.test)
            if is_met is False and step.kind is Kind.WHILE:
                return
            most = 1 if is_met is False else step.max_iterations
            is_open = is_met is None and step.kind is Kind.WHILE
            about = written(step.test) if is_open else None
            here = _around(step, at, condition=about, most=most)
            yield from _inside(step.steps, at, (*around, here))
        case FanOutStep():
            for known, count in _items(step, at.known):
                here = _around(step, at, most=count)
                yield from _inside((step.template,), replace(at, known=known), (*around, here))
        case WorkflowStep():
            inside = inside_call(step, at)
            if inside is not None:
                steps = at.callees[step.callee or ""].steps
                yield from _inside(steps, inside, (*around, _around(step, at)))


def _branches(
    step: Step, taken: str | None, about: str, *, at: Whereabouts, around: tuple[Around, ...]
) -> Iterator[GateQuestion]:
    """Yield the gates of the branch that is taken, of all of them when that is open."""
    for branch in branches(step):
        if taken is None or branch.segment == taken:
            condition = about if taken is None else None
            here = replace(_around(step, at, condition=condition), segment=branch.segment)
            yield from _inside(branch.steps, at, (*around, here))


def _items(step: FanOutStep, known: Known) -> Iterator[tuple[Known, int | None]]:
    """Yield what is known inside of each item, or once what is known of all of them."""
    items = known.items(step)
    if items is None:
        yield known.without_item(), None
    else:
        yield from ((known.with_item(item), len(items)) for item in items)


def _around(
    step: Step, at: Whereabouts, *, condition: str | None = None, most: int | None = 1
) -> Around:
    path = f"{at.prefix}{step.path}"
    return Around(id=step.id, path=path, kind=type_name(step), condition=condition, most=most)


def _question(step: GateStep, at: Whereabouts, around: tuple[Around, ...]) -> GateQuestion:
    message = _message(step, at.known)
    placed = replace(step, path=f"{at.prefix}{step.path}")
    question = GateQuestion(step=placed, message=message, around=around, answered_by=None)
    # In a loop a verdict answers one round, so that the next one asks.
    if question.is_repeated or not _is_answered(step, at.known):
        return question
    return replace(question, answered_by=step.verdict_input)


def _message(step: GateStep, known: Known) -> str:
    try:
        return known.text(step.message)
    except EvaluationError:
        return written(step.message)


def _is_answered(step: GateStep, known: Known) -> bool:
    """Whether the verdict input leaves nothing to ask."""
    name = step.verdict_input
    verdict = known.inputs.get(name) if name is not None and name not in known.missing else None
    if verdict is None or verdict == "":
        return False
    is_rejected = isinstance(verdict, str) and verdict.lower() in REJECTIONS
    return not (is_rejected and step.on_reject is OnReject.RETRY)
