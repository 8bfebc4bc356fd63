"""``treadle status``: shows a run, or lists the runs of the project; it creates nothing."""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.completion import complete_runs
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.find_project import find_project
from treadle.cli.project.temporal_site import OnOption, refuse_on_temporal, site_for
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.run_filters import (
    Filter,
    LimitOption,
    SinceOption,
    StatusesOption,
    WorkflowOption,
)
from treadle.cli.runs.run_list import list_gates, list_runs
from treadle.cli.runs.run_summary import painted_status, waiting_lines
from treadle.cli.runs.run_tree import Row, tree_rows
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.durations import between, duration, moment
from treadle.cli.text.json_output import print_json
from treadle.cli.text.marks import ROLES, Mark, sign
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.spans import age, moment_meant
from treadle.cli.text.visible import one_line, visible
from treadle.executor.local.store import Store
from treadle.executor.outcome import status_object
from treadle.executor.state import Run, RunStatus
from treadle.plan.problems import shown

_SECOND_COLUMN = 10


def status(
    settings: Settings,
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run id, its unique beginning, or @latest; without it all runs are listed.",
            autocompletion=complete_runs,
        ),
    ] = None,
    statuses: StatusesOption = None,
    workflow: WorkflowOption = None,
    since: SinceOption = None,
    limit: LimitOption = None,
    is_pending: Annotated[
        bool, typer.Option("--pending", help="List the gates of all runs that wait for an answer.")
    ] = False,
    is_check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Read all that a run has written, and decide it again; exits with 1 for damage.",
        ),
    ] = False,
    as_json: JsonOption = False,
    on: OnOption = None,
) -> int:
    """Show a run with its steps, or list all runs, the latest first."""
    moment_since = since and moment_meant(since, now=datetime.now(UTC), option="--since")
    chosen = Filter(
        statuses=tuple(statuses or ()), workflow=workflow, since=moment_since, limit=limit
    )
    if run is not None and (is_pending or chosen != Filter()):
        raise typer.BadParameter("filters choose among all runs; leave RUN out")
    if is_check and is_pending:
        raise typer.BadParameter("--check looks at runs, --pending at gates: take one of them")
    project = find_project(settings)
    site = site_for(settings, on)
    with rejecting_refusals():
        if site is not None:
            from treadle.cli.runs import on_temporal  # most runs are kept here
            from treadle.cli.runs import status_on_temporal as there  # the same

            refuse_on_temporal((is_check, "'--check'"))
            if run is None:
                show = there.list_gates_on_temporal if is_pending else there.list_on_temporal
                show(site, chosen, settings, project=project, as_json=as_json)
                return ExitCode.OK
            found, shown_status = site.load_shown(run, host=on_temporal.host_of(project))
            where = on_temporal.where_kept(settings)
            return _show(found, shown_status, project=project, as_json=as_json, where=where)
        store = Store(project)
        if is_check:
            from treadle.cli.runs.run_check import check_runs  # to decide takes more modules

            return check_runs(store, run, chosen, settings, as_json=as_json)
        if run is None and is_pending:
            list_gates(store, chosen, settings, as_json=as_json)
            return ExitCode.OK
        if run is None:
            list_runs(store.listing(), chosen, settings, as_json=as_json)
            return ExitCode.OK
        folder = store.find(run)
        _, found = store.load(folder)
        shown_status = store.shown_status(folder, found)
    return _show(found, shown_status, project=project, as_json=as_json)


def _show(
    run: Run,
    status: RunStatus,
    *,
    project: Path,
    as_json: bool,
    where: Sequence[str] | None = None,
) -> int:
    if as_json:
        print_json(status_object(run, status))
    else:
        paint = painter(sys.stdout, os.environ)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        waiting = waiting_lines(run, status, paint, project=project, now=now, where=where)
        for line in _run_lines(run, status, paint, waiting=tuple(waiting), now=now):
            print(line)
    return ExitCode.OK


def _run_lines(
    run: Run, status: RunStatus, paint: Paint, *, waiting: Sequence[str], now: str
) -> Iterator[str]:
    plan = run.program.plan
    yield f"{paint(f'run {run.id}', Role.NAME)}  {painted_status(status, paint)}"
    by = f" by {visible(run.started_by)}" if run.started_by else ""
    commit = f", commit {run.commit[:12]}" if run.commit else ""
    about = {
        "workflow": f"{plan.id} {plan.version}  {one_line(plan.name)}",
        "started": f"{moment(run.created_at)}{by}{commit}",
        **({} if run.forked_from is None else {"forked": f"from run {run.forked_from}"}),
        **_last_change(run, status, now),
    }
    given = [f"{name}={shown(value)}" for name, value in run.inputs.items()]
    given += [f"{name}=(secret)" for name in sorted(run.secrets)]
    if given:
        about["inputs"] = one_line("  ".join(given), 200)
    for name, text in about.items():
        yield f"{paint(name.ljust(_SECOND_COLUMN), Role.QUIET)}{text}"
    yield ""
    rows = [_cells(row) for row in tree_rows(run, status, now=now)]
    yield from columns(rows, paint)
    told = [] if run.error is None else [f"{paint('error:', Role.ERROR)} {visible(run.error)}"]
    for name, value in (run.outputs or {}).items():
        told.append(f"{paint(name, Role.NAME)} = {shown(value)}")
    if told or waiting:
        yield from ("", *told, *waiting)


def _last_change(run: Run, status: RunStatus, now: str) -> dict[str, str]:
    """Return when something happened to a run last, with the time since its beginning or then."""
    latest = moment(run.updated_at)
    if status.is_final:
        return {"ended": f"{latest}, after {duration(between(run.created_at, run.updated_at))}"}
    since = age(run.updated_at, now=datetime.fromisoformat(now))
    return {"updated": f"{latest}, {since} ago"}


def _cells(row: Row) -> list[Cell]:
    is_quiet = row.mark in (Mark.PENDING, Mark.SKIPPED, Mark.INSIDE)
    detail = ROLES[row.mark] if row.mark in (Mark.FAILED, Mark.PAUSED) else Role.QUIET
    return [
        (f"{'  ' * row.depth}{sign(row.mark, sys.stdout)} {row.name}", _name_role(row, is_quiet)),
        (row.kind, Role.QUIET),
        (row.time, Role.QUIET),
        (row.detail, detail),
    ]


def _name_role(row: Row, is_quiet: bool) -> Role | None:
    if is_quiet:
        return Role.QUIET
    return None if row.mark is Mark.DONE else ROLES[row.mark]
