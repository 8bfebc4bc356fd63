"""Lists of a project's runs, and of the gates that wait in them."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from treadle.cli.columns import Cell, columns
from treadle.cli.durations import moment
from treadle.cli.find_project import command_line
from treadle.cli.json_output import print_json
from treadle.cli.paint import Role, painter
from treadle.cli.run_filters import Filter
from treadle.cli.run_summary import STATUS_ROLES
from treadle.cli.settings import Settings
from treadle.cli.spans import age
from treadle.cli.visible import one_line
from treadle.executor.local.index import Row
from treadle.executor.local.pending import PendingGate, pending_gates
from treadle.executor.local.store import Store
from treadle.executor.state import RunStatus
from treadle.plan.expression import Json
from treadle.plan.text import as_text

_MEMBERS = ("run_id", "workflow_id", "status", "created_at", "updated_at", "started_by")
_MESSAGE_WIDTH = 60
# Nobody reads thousands of lines, and to lay them out takes longer than to find them.
_SHOWN_TO_PEOPLE = 100


class Listed(Protocol):
    """Where runs can be listed."""

    def rows(self) -> tuple[Row, ...]:
        """Return a line for every run, the latest first."""


def list_runs(store: Listed, chosen: Filter, settings: Settings, *, as_json: bool) -> None:
    """Print the runs that are meant, the latest first; people see no more than they ask for."""
    every = store.rows()
    rows = chosen.chosen(every)
    if as_json:
        print_json({"runs": [{name: getattr(row, name) for name in _MEMBERS} for row in rows]})
        return
    if not rows:
        settings.talk.say("no run fits" if every else "no runs yet")
        return
    shown = rows if chosen.limit is not None else rows[:_SHOWN_TO_PEOPLE]
    now = datetime.now(UTC)
    head = ("RUN", "WORKFLOW", "STATUS", "UPDATED", "AGE", "STARTED BY")
    table: list[list[Cell]] = [[(word, Role.QUIET) for word in head]]
    for row in shown:
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
    _print(table)
    if len(shown) < len(rows):
        hidden = len(rows) - len(shown)
        settings.talk.say(f"{hidden:,} older ones are not shown: --limit {len(rows)} shows all")


def list_gates(store: Store, chosen: Filter, settings: Settings, *, as_json: bool) -> None:
    """Print the gates of all runs that wait for an answer, the longest waiting first."""
    rows = chosen.chosen(store.rows())
    gates = pending_gates(store, rows)
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
            (gate.address, Role.WAITING),
            (age(gate.since, now=now), Role.QUIET),
        ]
        if has_due:
            line.append(_deadline(gate, now))
        line += [
            (", ".join(one_line(option, 20) for option in gate.options), None),
            (one_line(as_text(gate.message), _MESSAGE_WIDTH), Role.QUIET),
        ]
        table.append(line)
    _print(table)
    first = gates[0]
    answer = f"{first.address}={first.options[0]}" if first.options else first.address
    words = ("resume", first.run_id, "--choice", answer)
    settings.talk.say(f"answer: {command_line(store.project, *words)}")


def _deadline(gate: PendingGate, now: datetime) -> Cell:
    if gate.due is None:
        return ("", None)
    is_over = datetime.fromisoformat(gate.due) <= now
    return ("overdue", Role.WARNING) if is_over else (moment(gate.due), Role.QUIET)


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


def _print(table: Sequence[Sequence[Cell]]) -> None:
    print("\n".join(columns(table, painter(sys.stdout, os.environ))))
    # What is said next belongs below the table.
    sys.stdout.flush()
