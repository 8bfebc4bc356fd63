"""``treadle prune``: removes runs that are over, and says what goes and what that frees."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.find_project import find_project
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.rejection import Rejected
from treadle.cli.runs.run_filters import StatusesOption
from treadle.cli.runs.run_summary import STATUS_ROLES
from treadle.cli.settings import Settings
from treadle.cli.text.byte_sizes import byte_size
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.counted import counted
from treadle.cli.text.durations import moment
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.prompt import read_line
from treadle.cli.text.spans import moment_meant
from treadle.executor.local.prune import OVER, Candidate, Rule, candidates, remove
from treadle.executor.local.store import Store
from treadle.executor.state import RunStatus
from treadle.plan.expression import Json


def prune(
    settings: Settings,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Only runs that rest for longer: 12h, 30d, 8w, or since before a date.",
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option("--keep", metavar="N", min=0, help="Keep the latest N, whatever their age."),
    ] = None,
    statuses: StatusesOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    is_confirmed: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Remove runs that are completed, aborted or cancelled.

    A failed or paused run can go on, and stays unless --status names it. A run that a process
    works on always stays.
    """
    if older_than is None and keep is None:
        raise typer.BadParameter("say which runs: --older-than AGE, --keep N, or both")
    if RunStatus.RUNNING in (statuses or ()):
        raise typer.BadParameter("a run at work is never removed", param_hint="--status")
    now = datetime.now(UTC)
    before = older_than and moment_meant(older_than, now=now, option="--older-than")
    rule = Rule(statuses=tuple(statuses or OVER), before=before, keep=keep or 0)
    with rejecting_refusals():
        store = Store(find_project(settings))
        found = candidates(store, rule)
        if not as_json:
            _show(found)
        is_agreed = bool(found) and not dry_run
        if is_agreed and not is_confirmed:
            is_agreed = _is_agreed(settings, found, as_json=as_json)
        gone = tuple(remove(store, found, rule)) if is_agreed else ()
    if not found:
        settings.talk.say("nothing to remove")
    elif dry_run:
        settings.talk.say(f"would remove {_sum(found)}")
    elif is_agreed:
        settings.talk.say(f"removed {_sum(gone)}")
        _tell_stayed(settings, len(found) - len(gone))
    else:
        settings.talk.say("nothing was removed")
    if as_json:
        would_remove = _objects(found) if dry_run else []
        print_json({"removed": _objects(gone), "would_remove": would_remove})
    return ExitCode.OK


def _is_agreed(settings: Settings, found: Sequence[Candidate], *, as_json: bool) -> bool:
    if as_json or not settings.may_ask:
        raise Rejected.because("TR919", count=_runs(len(found)))
    question = f"remove {_runs(len(found))} for good? [y/N] "
    return (read_line(question) or "").strip().lower() in ("y", "yes")


def _show(found: Sequence[Candidate]) -> None:
    names = ("RUN", "WORKFLOW", "STATUS", "UPDATED", "SIZE")
    table: list[list[Cell]] = [[(name, Role.QUIET) for name in names]] if found else []
    for each in found:
        role = STATUS_ROLES.get(RunStatus(each.row.status), Role.NAME)
        table.append(
            [
                (each.row.run_id, Role.NAME),
                (each.row.workflow_id, None),
                (each.row.status, role),
                (moment(each.row.updated_at), Role.QUIET),
                (byte_size(each.size), None),
            ]
        )
    for line in columns(table, painter(sys.stdout, os.environ)):
        print(line)
    sys.stdout.flush()


def _tell_stayed(settings: Settings, count: int) -> None:
    if count:
        why = "at work again, or in a folder that cannot be written to"
        settings.talk.say(f"{_runs(count)} stayed: {why}")


def _objects(told: Sequence[Candidate]) -> list[Json]:
    return [
        {
            "run_id": each.row.run_id,
            "workflow_id": each.row.workflow_id,
            "status": each.row.status,
            "updated_at": each.row.updated_at,
            "bytes": each.size,
        }
        for each in told
    ]


def _sum(told: Sequence[Candidate]) -> str:
    return f"{_runs(len(told))}, {byte_size(sum(each.size for each in told))}"


def _runs(count: int) -> str:
    return counted(count, "run")
