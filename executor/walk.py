"""Walks what a run has done in the order of its steps: outer steps first, then rounds and items.

The order is that of the plan, not that of time: items of a fan-out that ran side by side stand one
behind the other.
"""

from collections.abc import Iterator

from treadle.executor import address as addresses
from treadle.executor.address import ROOT
from treadle.executor.state import Occurrence, Run


def walk(run: Run, sequence: str = ROOT, *, first: int = 0) -> Iterator[Occurrence]:
    """Yield the occurrences of a sequence and everything inside them.

    Units: `first` counts the steps of the sequence that are left out.
    """
    pending = [_standing(run, sequence, first)]
    while pending:
        address = next(pending[-1], None)
        if address is None:
            pending.pop()
            continue
        occurrence = run.occurrences.get(address)
        if occurrence is not None:
            yield occurrence
            pending.append(_inside(run, occurrence))


def sequences_begun(run: Run, occurrence: Occurrence) -> tuple[str, ...]:
    """Return the addresses of all sequences inside a control step, those that are done as well."""
    address = occurrence.address
    if occurrence.segment is not None:
        return (addresses.branch(address, occurrence.segment),)
    if occurrence.rounds:
        return tuple(addresses.round_(address, n) for n in range(1, occurrence.rounds + 1))
    if occurrence.call is not None:
        return (addresses.call(address),)
    if occurrence.fan is not None:
        items = (addresses.item(address, index) for index in range(occurrence.fan.next))
        return tuple(item for item in items if item in run.sequences)
    return ()


def _standing(run: Run, sequence: str, first: int) -> Iterator[str]:
    body = run.body(run.sequences[sequence])
    return (addresses.step(sequence, step.id) for step in body.steps[first:])


def _inside(run: Run, occurrence: Occurrence) -> Iterator[str]:
    for sequence in sequences_begun(run, occurrence):
        yield from _standing(run, sequence, 0)
