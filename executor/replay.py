"""Replays a journal: the state of a run out of its transactions.

Events are facts: `replay` applies them, and asks of what came from outside whether it can follow;
so a release that decides otherwise still reads the runs of the ones before it. `decide_again`
goes further: it decides each transaction anew, and what comes out must be what was written.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import TypeAlias, get_args

from treadle.executor.admission import objection
from treadle.executor.apply import apply
from treadle.executor.call_events import CallResolved
from treadle.executor.decide import Decision, after_outside, decide
from treadle.executor.event_json import event_name, to_json
from treadle.executor.events import Event, OutsideEvent, PlanReplaced, RunCreated
from treadle.executor.program import Program
from treadle.executor.state import Run

_OUTSIDE = frozenset(get_args(OutsideEvent))
# What applying or deciding raises for an event that does not fit: look-ups, times, values.
_MISFITS = (LookupError, OverflowError, ValueError)


class ImpossibleError(ValueError):
    """An event that cannot have happened where it stands.

    `number` is that of its transaction, from 1; `event` names it and its step.
    """

    def __init__(self, number: int, event: str, reason: str) -> None:
        super().__init__(f"transaction {number}, {event}: {reason}")
        self.number = number
        self.event = event
        self.reason = reason


def replay(
    program: Program,
    transactions: Iterable[Sequence[Event]],
    *,
    programs: Callable[[str], Program] | None = None,
) -> Run | None:
    """Return the state after all transactions, None when there are none.

    Shapes: `program` is that of the run's latest plan; `programs` finds the ones before it by the
    digests of their plans.
    Errors: ImpossibleError for the first event that cannot follow the ones before it, and what
    `programs` raises for a plan that is not there.
    """
    return _followed(transactions, program, programs=programs, follow=_applied)


def go_on(
    run: Run,
    transactions: Iterable[Sequence[Event]],
    *,
    behind: int,
    programs: Callable[[str], Program] | None = None,
) -> Run:
    """Return the state after more transactions, which stand behind the one of that number.

    Errors: as by `replay`.
    """
    gone = _followed(
        transactions, run.program, programs=programs, follow=_applied, run=run, behind=behind
    )
    return run if gone is None else gone


def decide_again(
    program: Program,
    transactions: Iterable[Sequence[Event]],
    *,
    programs: Callable[[str], Program] | None = None,
) -> Run | None:
    """Return the same as `replay`, but believe only what this release would have written itself.

    Errors: as by `replay`; also for an event that was not to be decided where it stands.
    """
    return _followed(transactions, program, programs=programs, follow=_decided)


def _followed(
    transactions: Iterable[Sequence[Event]],
    program: Program,
    *,
    programs: Callable[[str], Program] | None,
    follow: "_Follow",
    run: Run | None = None,
    behind: int = 0,
) -> Run | None:
    for number, events in enumerate(transactions, start=behind + 1):
        first = events[0] if events else None
        if programs is not None and isinstance(first, RunCreated | PlanReplaced):
            program = programs(first.plan_digest)
        elif programs is not None and isinstance(first, CallResolved) and run is not None:
            program = _with_callee(run.program, first, programs)
        _admit(program, run, events, number=number)
        run = follow(program, run, events, number)
    return run


def _with_callee(
    program: Program, event: CallResolved, programs: Callable[[str], Program]
) -> Program:
    if event.plan_digest is None or event.plan_digest in program.callees:
        return program
    return program.with_callee(programs(event.plan_digest).plan)


_Follow: TypeAlias = Callable[[Program, Run | None, Sequence[Event], int], Run]


def _admit(program: Program, run: Run | None, events: Sequence[Event], *, number: int) -> None:
    """Refuse a transaction that does not begin with something that can have happened outside."""
    if not events:
        raise ImpossibleError(number, "no event", "a transaction holds at least one")
    first = events[0]
    if type(first) not in _OUTSIDE:
        reason = "a transaction begins with what happened outside"
        raise ImpossibleError(number, described(first), reason)
    refused = objection(program, run, first)
    if refused is not None:
        raise ImpossibleError(number, described(first), refused)


def _applied(program: Program, run: Run | None, events: Sequence[Event], number: int) -> Run:
    first, *decided = events
    event = first
    try:
        run = after_outside(program, run, first)  # type: ignore[arg-type]  # an outside event
        for event in decided:
            if type(event) in _OUTSIDE:
                raise ValueError("only a transaction's first event is from outside")
            run = apply(run, event)
    except _MISFITS as error:
        raise _impossible(number, event, error) from error
    return run


def _decided(program: Program, run: Run | None, events: Sequence[Event], number: int) -> Run:
    first = events[0]
    try:
        decision = decide(program, run, first)  # type: ignore[arg-type]  # an outside event
    except _MISFITS as error:
        raise _impossible(number, first, error) from error
    if decision.events != tuple(events):
        _compare(decision, events, number=number)
    return decision.run


def _impossible(number: int, event: Event, error: Exception) -> ImpossibleError:
    reason = f"nothing is at {error}" if isinstance(error, KeyError) else str(error)
    return ImpossibleError(number, described(event), reason)


def _compare(decision: Decision, events: Sequence[Event], *, number: int) -> None:
    """Tell the first event that is not what was decided.

    What was decided may hold a tuple where JSON has a list: what counts is how it is written.
    """
    for expected, found in zip_longest(decision.events, events):
        if expected is None:
            raise ImpossibleError(number, described(found), "nothing more follows here")
        if found is None:
            reason = "it is the last one, and more follows here"
            raise ImpossibleError(number, described(events[-1]), reason)
        if _written(expected) != _written(found):
            wanted = described(expected)
            same = wanted == described(found)
            reason = "it follows with other values" if same else f"{wanted} follows here"
            raise ImpossibleError(number, described(found), reason)


def _written(event: Event) -> str:
    return json.dumps(to_json(event))


def described(event: Event) -> str:
    """Return an event's name and what it is about, for people."""
    name = event_name(type(event))
    address = getattr(event, "address", None)
    return f"{name} of {address}" if address else name
