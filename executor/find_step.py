"""Finds the step of a run that somebody names, by its address or by one of its ids."""

from collections.abc import Iterator

from treadle.executor import address as addresses
from treadle.executor.address import ROOT
from treadle.executor.errors import Refused
from treadle.executor.state import Occurrence, Run
from treadle.executor.walk import walk

_MAX_SHOWN = 8


def find_step(run: Run, name: str) -> Occurrence:
    """Return the occurrence that a name stands for.

    Shapes: an address is exact; that of a round, an item or a branch stands for its first step.
    An id may stand for several rounds or items, which is not enough.
    Errors: Refused with TR936 (nothing of that name has begun) or TR937 (several have).
    """
    exact = run.occurrences.get(name) or _first_inside(run, name)
    if exact is not None:
        return exact
    found = [occurrence for occurrence in walk(run) if name in _ids(occurrence)]
    if not found:
        reason = f"the run has not come to a step called '{name}'"
        if any(step.id == name or step.path == name for step in run.program.plan.closing):
            reason = f"'{name}' is under 'finally', which runs at every end anyway"
        raise Refused.because("TR936", run=run.id, reason=reason, hint=_known(run))
    if len(found) > 1:
        shown = ", ".join(occurrence.address for occurrence in found[:_MAX_SHOWN])
        more = f" and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
        raise Refused.because("TR937", step=name, count=len(found), addresses=f"{shown}{more}")
    return found[0]


def _first_inside(run: Run, address: str) -> Occurrence | None:
    sequence = run.sequences.get(address)
    if sequence is None or address == ROOT:
        return None
    steps = run.body(sequence).steps
    return run.occurrences.get(addresses.step(address, steps[0].id)) if steps else None


def _ids(occurrence: Occurrence) -> Iterator[str]:
    yield from (occurrence.public, occurrence.qualified, occurrence.step.id, occurrence.step.path)


def _known(run: Run) -> str | None:
    ids = list(dict.fromkeys(occurrence.step.id for occurrence in walk(run)))
    if not ids:
        return None
    more = ", …" if len(ids) > _MAX_SHOWN else ""
    return f"it has come to {', '.join(ids[:_MAX_SHOWN])}{more}"
