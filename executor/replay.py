"""Replays a journal: the state of a run out of its transactions, by `apply` alone."""

from collections.abc import Iterable

from treadle.executor.apply import apply, created
from treadle.executor.events import Event, RunCreated
from treadle.executor.program import Program
from treadle.executor.state import Run


def replay(program: Program, transactions: Iterable[tuple[Event, ...]]) -> Run | None:
    """Return the state after all transactions, None when there are none.

    Errors: KeyError or ValueError, with the number of the transaction, when an event cannot
    follow the ones before it.
    """
    run: Run | None = None
    for number, events in enumerate(transactions, start=1):
        for event in events:
            try:
                run = _follow(program, run, event)
            except (KeyError, ValueError) as error:
                raise ValueError(f"transaction {number} does not fit: {error}") from error
    return run


def _follow(program: Program, run: Run | None, event: Event) -> Run:
    if run is None:
        if not isinstance(event, RunCreated):
            raise ValueError("a journal begins with run-created")
        return created(program, event)
    return apply(run, event)
