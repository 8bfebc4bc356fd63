"""Checks runs as a whole: the pages and hashes of their journals, every decision, their logs."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from treadle.cli.exit_codes import ExitCode
from treadle.cli.runs.run_filters import Filter
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.counted import plural
from treadle.cli.text.json_output import print_json
from treadle.cli.text.marks import ROLES, Mark, sign
from treadle.cli.text.paint import Role, painter
from treadle.executor.errors import Refused
from treadle.executor.local.check import Checked, check
from treadle.executor.local.store import RunFolder, Store
from treadle.plan.expression import Json
from treadle.plan.problems import Problem

_NOTHING_BEGUN = "TR904"


def check_runs(
    store: Store, run: str | None, chosen: Filter, settings: Settings, *, as_json: bool
) -> ExitCode:
    """Check a run, or those that are meant, and print how each is.

    A run that cannot even be listed is checked whatever is asked for.
    Errors: Refused as by `Store.find`.
    """
    if run is not None:
        folders = [store.find(run)]
    else:
        listing = store.listing()
        ids = [row.run_id for row in chosen.chosen(listing.rows)]
        ids += [each.run_id for each in listing.unreadable]
        folders = [RunFolder(store.runs / run_id) for run_id in ids]
    found = tuple(_checked(store, folders))
    problems = [each for _, each in found if isinstance(each, Problem)]
    if as_json:
        print_json({"runs": [_object(run_id, each) for run_id, each in found]})
    else:
        _print(found, settings)
        for problem in problems:
            settings.talk.error(problem)
    return ExitCode.FAILED if problems else ExitCode.OK


def _checked(store: Store, folders: Iterable[RunFolder]) -> Iterator[tuple[str, Checked | Problem]]:
    for folder in folders:
        try:
            yield folder.id, check(store, folder)
        except Refused as refused:
            # Somebody may have removed a run since it was listed.
            if refused.problems[0].code != _NOTHING_BEGUN:
                yield folder.id, refused.problems[0]


def _print(found: Sequence[tuple[str, Checked | Problem]], settings: Settings) -> None:
    if not found:
        return settings.talk.say("no run to check")
    table: list[list[Cell]] = []
    for run_id, each in found:
        mark = Mark.FAILED if isinstance(each, Problem) else Mark.DONE
        marked = (f"{sign(mark, sys.stdout)} {run_id}", ROLES[mark])
        table.append([marked, *_cells(each)])
    print("\n".join(columns(table, painter(sys.stdout, os.environ))))
    sys.stdout.flush()


def _cells(each: Checked | Problem) -> list[Cell]:
    if isinstance(each, Problem):
        return [("", None), (each.code, Role.ERROR), ("", None)]
    counts = ((each.transactions, "transaction"), (each.events, "event"))
    written = ", ".join(f"{count:,} {plural(noun, count)}" for count, noun in counts)
    return [(each.run.program.plan.id, None), ("whole", Role.GOOD), (written, Role.QUIET)]


def _object(run_id: str, each: Checked | Problem) -> dict[str, Json]:
    if isinstance(each, Problem):
        told = {"code": each.code, "message": each.message, "hint": each.hint}
        return {"run_id": run_id, "whole": False, **told}
    written = {"transactions": each.transactions, "events": each.events}
    return {"run_id": run_id, "whole": True, **written}
