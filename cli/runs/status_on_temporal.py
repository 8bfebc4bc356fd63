"""What ``treadle status`` shows of runs on Temporal: the same lists and objects as of local ones.

Lists are made by the server out of what runs say of themselves; no worker is asked, but for the
gates of a run that a release before this one began, which does not list them.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from treadle.cli.runs.on_temporal import host_of, where_kept
from treadle.cli.runs.run_filters import Filter
from treadle.cli.runs.run_list import list_runs, print_gates
from treadle.cli.settings import Settings
from treadle.executor.errors import Refused
from treadle.executor.local.pending import PendingGate, in_order, open_gates_of
from treadle.executor.local.store import Listing
from treadle.executor.state import RunStatus
from treadle.executor.temporal.listing import Listed, Wanted
from treadle.executor.temporal.session import Site

_ANY = Filter()


def list_on_temporal(
    site: Site, chosen: Filter, settings: Settings, *, project: Path, as_json: bool
) -> None:
    """Print the runs of the task queue that are meant, the latest first."""
    rows = tuple(each.row for each in site.listed(_wanted(chosen), host=host_of(project)))
    if not rows and chosen != _ANY and not as_json:
        settings.talk.say("no run fits")
        return
    list_runs(Listing(rows=rows), chosen, settings, as_json=as_json)


def list_gates_on_temporal(
    site: Site, chosen: Filter, settings: Settings, *, project: Path, as_json: bool
) -> None:
    """Print the gates of all runs that wait for an answer, the longest waiting first."""
    paused = (RunStatus.PAUSED,)
    if chosen.statuses and RunStatus.PAUSED not in chosen.statuses:
        runs: tuple[Listed, ...] = ()
    else:
        wanted = Wanted(statuses=paused, workflow=chosen.workflow, since=chosen.since)
        runs = site.listed(wanted, host=host_of(project))
    rows = {row.run_id for row in chosen.chosen([each.row for each in runs])}
    meant = [each for each in runs if each.row.run_id in rows]
    gates = in_order(tuple(_gates(site, meant, project=project)))
    where = where_kept(settings)
    print_gates(gates, settings, project=project, where=where, as_json=as_json)


def _gates(site: Site, runs: Sequence[Listed], *, project: Path) -> Iterator[PendingGate]:
    for each in runs:
        if each.gates is not None:
            yield from each.gates
            continue
        with suppress(Refused):
            yield from open_gates_of(site.load(each.row.run_id, host=host_of(project)))


def _wanted(chosen: Filter) -> Wanted:
    return Wanted(statuses=chosen.statuses, workflow=chosen.workflow, since=chosen.since)
