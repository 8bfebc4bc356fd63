"""Lists of a project's runs, and of the gates that wait in them."""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from shutil import get_terminal_size

from treadle.cli.project.find_project import command_line
from treadle.cli.runs.run_filters import Filter
from treadle.cli.runs.run_summary import STATUS_ROLES
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns, fitted
from treadle.cli.text.durations import moment
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.spans import age
from treadle.cli.text.visible import one_line
from treadle.executor.local.index import Row
from treadle.executor.local.pending import PendingGate, pending_gates
from treadle.executor.local.store import Listing, Store, Unreadable
from treadle.executor.state import RunStatus
from treadle.plan.expression import Json
from treadle.plan.text import as_text

_MEMBERS = ("run_id", "workflow_id", "status", "created_at", "updated_at", "started_by")
_MESSAGE_WIDTH = 60
# Nobody reads thousands of lines, and to lay them out takes longer than to find them.
_SHOWN_TO_PEOPLE = 100
_TOLD_OF = 5
# Why a run cannot be read, where it is not damaged.
_WORDS = {"TR603": "newer", "TR902": "newer", "TR985": "unreadable"}


def list_runs(listing: Listing, chosen: Filter, settings: Settings, *, as_json: bool) -> None:
    """Print the runs that are meant, the latest first; people see no more than they ask for.

    A run that cannot be read is told of whatever is asked for: nobody knows whether it is meant.
    """
    rows = chosen.chosen(listing.rows)
    if as_json:
        members: list[Json] = [{name: getattr(row, name) for name in _MEMBERS} for row in rows]
        unreadable: list[Json] = [_unreadable(each) for each in listing.unreadable]
        print_json({"runs": members, **({"unreadable": unreadable} if unreadable else {})})
        return
    is_whole = chosen == Filter(limit=chosen.limit)
    unreadable_rows = listing.unreadable if is_whole else ()
    if not rows and not unreadable_rows:
        settings.talk.say("no run fits" if listing.rows else "no runs yet")
    else:
        shown = rows if chosen.limit is not None else rows[:_SHOWN_TO_PEOPLE]
        _print(_run_table(shown, unreadable_rows), spare=("UPDATED", "STARTED BY"))
        if len(shown) < len(rows):
            count = f"{len(rows) - len(shown):,}"
            settings.talk.say(f"{count} older ones are not shown: --limit {len(rows)} shows all")
    _tell_unreadable(listing.unreadable, settings)


def _run_table(rows: Sequence[Row], unreadable: Sequence[Unreadable]) -> list[list[Cell]]:
    now = datetime.now(UTC)
    head = ("RUN", "WORKFLOW", "STATUS", "UPDATED", "AGE", "STARTED BY")
    table: list[list[Cell]] = [[(word, Role.QUIET) for word in head]]
    for row in rows:
        role = STATUS_ROLES.get(RunStatus(row.status), Role.NAME)
        table.append(
            [
                (row.run_id, Role.NAME),
                (row.workflow_id, None),
                (row.status, role),
                (moment(row.updated_at), Role.QUIET),
                (age(row.updated_at, now=now), Role.QUIET),
                (one_line(row.started_by or "", 30), Role.QUIET),
            ]
        )
    for each in unreadable:
        cells = [(each.run_id, Role.NAME), ("", None), (_word(each), Role.ERROR)]
        table.append([*cells, ("", None), ("", None), ("", None)])
    return table


def _tell_unreadable(unreadable: Sequence[Unreadable], settings: Settings) -> None:
    for each in unreadable[:_TOLD_OF]:
        settings.talk.warning(each.problem)
    more = len(unreadable) - _TOLD_OF
    if more > 0:
        settings.talk.say(f"{more} more cannot be read: --json tells why")


def _unreadable(each: Unreadable) -> dict[str, Json]:
    return {
        "run_id": each.run_id,
        "status": _word(each),
        "code": each.problem.code,
        "message": each.problem.message,
        "hint": each.problem.hint,
    }


def _word(each: Unreadable) -> str:
    return _WORDS.get(each.problem.code, "damaged")


def list_gates(store: Store, chosen: Filter, settings: Settings, *, as_json: bool) -> None:
    """Print the gates of all runs that wait for an answer, the longest waiting first."""
    gates = pending_gates(store, chosen.chosen(store.rows()))
    print_gates(gates, settings, project=store.project, as_json=as_json)


def print_gates(
    gates: Sequence[PendingGate],
    settings: Settings,
    *,
    project: Path,
    where: Sequence[str] = (),
    as_json: bool,
) -> None:
    """Print gates that wait. Shapes: `where` are the options that say where the runs are kept."""
    if as_json:
        print_json({"pending": [_object(gate) for gate in gates]})
        return
    if not gates:
        settings.talk.say("no gate waits for an answer")
        return
    now = datetime.now(UTC)
    head = ("RUN", "WORKFLOW", "GATE", "WAITS", "DEADLINE", "OPTIONS", "MESSAGE")
    has_due = any(gate.due for gate in gates)
    table: list[list[Cell]] = [[(word, Role.QUIET) for word in head if has_due or word != head[4]]]
    for gate in gates:
        line: list[Cell] = [
            (gate.run_id, Role.NAME),
            (gate.workflow_id, None),
            (one_line(gate.address, 200), Role.WAITING),
            (age(gate.since, now=now), Role.QUIET),
        ]
        if has_due:
            line.append(_deadline(gate, now))
        line += [
            (", ".join(one_line(option, 20) for option in gate.options), None),
            (one_line(as_text(gate.message), _MESSAGE_WIDTH), Role.QUIET),
        ]
        table.append(line)
    _print(table, spare=("WORKFLOW", "OPTIONS", "DEADLINE"))
    for label, words in _next_words(gates, now):
        settings.talk.say(f"{label}: {command_line(project, *words, *where)}")


def _next_words(
    gates: Sequence[PendingGate], now: datetime
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield how to answer the first gate that can be, and how to go on with one that is late."""
    late = next((gate for gate in gates if _is_late(gate, now)), None)
    first = next((gate for gate in gates if not _is_late(gate, now)), None)
    if first is not None:
        answer = f"{first.address}={first.options[0]}" if first.options else first.address
        yield "answer", ("resume", first.run_id, "--choice", answer)
    if late is not None:
        yield "overdue, let its time limit decide", ("resume", late.run_id)


def _is_late(gate: PendingGate, now: datetime) -> bool:
    return gate.due is not None and datetime.fromisoformat(gate.due) <= now


def _deadline(gate: PendingGate, now: datetime) -> Cell:
    if gate.due is None:
        return ("", None)
    is_late = _is_late(gate, now)
    return ("overdue", Role.WARNING) if is_late else (moment(gate.due), Role.QUIET)


def _object(gate: PendingGate) -> dict[str, Json]:
    return {
        "run_id": gate.run_id,
        "workflow_id": gate.workflow_id,
        "step_id": gate.step_id,
        "address": gate.address,
        "message": None if gate.message is None else as_text(gate.message),
        "options": list(gate.options),
        "since": gate.since,
        "due": gate.due,
    }


def _print(table: Sequence[Sequence[Cell]], *, spare: Sequence[str]) -> None:
    if sys.stdout.isatty():
        table = fitted(table, width=get_terminal_size().columns, spare=spare)
    print("\n".join(columns(table, painter(sys.stdout, os.environ))))
    # What is said next belongs below the table.
    sys.stdout.flush()
