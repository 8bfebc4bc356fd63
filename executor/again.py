"""What going back to a step means: which steps run again, and which results they read."""

from msgspec import Struct

from treadle.executor.rewind import Cut
from treadle.executor.state import Phase
from treadle.executor.walk import walk
from treadle.plan.reads import steps_read
from treadle.plan.steps import type_name


class Again(Struct, frozen=True, kw_only=True):
    """A step that runs again.

    Shapes: `reads` names the steps whose results it reads, `reads_kept` those of them that stay
    as they are. Units: `attempts` counts how often it has acted on the world so far.
    """

    address: str
    id: str
    type: str
    attempts: int
    reads: tuple[str, ...]
    reads_kept: tuple[str, ...]


class Return(Struct, frozen=True, kw_only=True):
    """A run that goes back: what runs again in the order of the plan, and what is kept."""

    again: tuple[Again, ...]
    kept: tuple[str, ...]


def returning(cut: Cut) -> Return:
    """Return what a cut means to the steps of a run."""
    kept = tuple(o for o in walk(cut.run) if o.phase is Phase.DONE)
    gone = {name for o in cut.removed for name in (o.step.id, o.local)}
    known = {name for o in kept for name in (o.step.id, o.local)}
    again = []
    for occurrence in cut.removed:
        reads = steps_read(occurrence.step)
        again.append(
            Again(
                address=occurrence.address,
                id=occurrence.public,
                type=type_name(occurrence.step),
                attempts=occurrence.attempts,
                reads=reads,
                reads_kept=tuple(name for name in reads if name in known and name not in gone),
            )
        )
    return Return(again=tuple(again), kept=tuple(o.address for o in kept))
