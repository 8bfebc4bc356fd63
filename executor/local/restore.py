"""The state of a run out of its snapshot and the events that were written behind it.

What does not fit gives nothing, and the run is replayed from its first event: whoever replays also
knows how to say what is wrong.
"""

from collections.abc import Callable
from pathlib import Path

from treadle.executor.events import PlanReplaced, RunForked, RunRewound
from treadle.executor.local import journal as journals
from treadle.executor.local.snapshots import Snapshot
from treadle.executor.program import Program
from treadle.executor.replay import go_on
from treadle.executor.state import Run
from treadle.plan.collector import without_collector

# They look at what a snapshot leaves out.
_GOING_BACK = (RunRewound, RunForked, PlanReplaced)


def restored(
    snapshot: Snapshot,
    program: Program,
    *,
    journal: Path,
    run_id: str,
    programs: Callable[[str], Program],
) -> Run | None:
    """Return the state of a run, None when its snapshot is of no use.

    Shapes: `program` is that of the run's latest plan; `programs` finds plans by their digests.
    Errors: Refused with TR901, TR902 or TR908 when the journal cannot be read.
    """
    from treadle.executor.snapshot import decoded  # 2 ms, and most runs are short

    if snapshot.plan_digest != program.plan.digest:
        return None
    behind = journals.read_behind(
        journal, run_id, number=snapshot.number, row_hash=snapshot.row_hash
    )
    if behind is None or any(isinstance(events[0], _GOING_BACK) for events in behind if events):
        return None
    try:
        for digest in snapshot.callees:
            program = program.with_callee(programs(digest).plan)
        with without_collector():
            run = decoded(program, snapshot.state)
        run = go_on(run, behind, behind=snapshot.number, programs=programs)
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    return run if run.id == run_id else None
