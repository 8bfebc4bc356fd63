"""Where a run stands: the steps that are open, and among them the gates that wait for an answer."""

from collections.abc import Iterator

from treadle.executor import address as addresses
from treadle.executor.state import Occurrence, Phase, Run, Sequence
from treadle.plan.steps import GateStep


def open_leaves(run: Run) -> Iterator[Occurrence]:
    """Yield the innermost open steps in the order of execution; several in a fan-out only."""
    pending = [run.sequences[run.top]]
    while pending:
        sequence = pending.pop()
        step = run.open_step(sequence)
        if step is None:
            continue
        occurrence = run.occurrences.get(addresses.step(sequence.address, step.id))
        if occurrence is None:
            continue
        inside = [inner for inner in sequences_inside(run, occurrence) if run.open_step(inner)]
        if inside:
            pending.extend(reversed(inside))
        elif occurrence.phase is not Phase.DONE:
            yield occurrence


def sequences_inside(run: Run, occurrence: Occurrence) -> tuple[Sequence, ...]:
    """Return the sequences inside a control step that can be open, in the order of execution."""
    if occurrence.segment is not None:
        found = [addresses.branch(occurrence.address, occurrence.segment)]
    elif occurrence.rounds:
        found = [addresses.round_(occurrence.address, occurrence.rounds)]
    elif occurrence.fan is not None:
        found = [addresses.item(occurrence.address, i) for i in range(occurrence.fan.next)]
    elif occurrence.call is not None:
        found = [addresses.call(occurrence.address)]
    else:
        return ()
    return tuple(run.sequences[address] for address in found)


def open_gates(run: Run) -> tuple[Occurrence, ...]:
    """Return the gates that wait for an answer, in the order of execution."""
    return tuple(leaf for leaf in open_leaves(run) if isinstance(leaf.step, GateStep))
