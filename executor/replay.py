"""Replays a journal: the state of a run out of its transactions.

Each transaction is decided again from its first event, and what comes out must be what was
written; so a journal that could not have been written is told and never half believed. A release
that decides otherwise gets a new journal format, and takes the events of the older one as facts.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import get_args

from treadle.executor.admission import objection
from treadle.executor.decide import Decision, decide
from treadle.executor.event_json import event_name, to_json
from treadle.executor.events import Event, OutsideEvent, PlanReplaced, RunCreated
from treadle.executor.program import Program
from treadle.executor.state import Run

_OUTSIDE = frozenset(get_args(OutsideEvent))


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
    run: Run | None = None
    for number, events in enumerate(transactions, start=1):
        first = events[0] if events else None
        if programs is not None and isinstance(first, RunCreated | PlanReplaced):
            program = programs(first.plan_digest)
        run = _follow(program, run, events, number=number)
    return run


def _follow(program: Program, run: Run | None, events: Sequence[Event], *, number: int) -> Run:
    if not events:
        raise ImpossibleError(number, "no event", "a transaction holds at least one")
    first = events[0]
    named = described(first)
    if type(first) not in _OUTSIDE:
        reason = "a transaction begins with what happened outside"
        raise ImpossibleError(number, named, reason)
    refused = objection(program, run, first)
    if refused is not None:
        raise ImpossibleError(number, named, refused)
    try:
        decision = decide(program, run, first)  # type: ignore[arg-type]  # an outside event
    except (KeyError, OverflowError, ValueError) as error:
        reason = f"nothing is at {error}" if isinstance(error, KeyError) else str(error)
        raise ImpossibleError(number, named, reason) from error
    if decision.events != tuple(events):
        _compare(decision, events, number=number)
    return decision.run


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
