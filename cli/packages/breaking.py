"""Whom a change to what is installed breaks: told before it, and asked about at a terminal.

A script that says neither yes nor no is warned and has its way, as under Spec Kit.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace

from treadle.cli.packages.package_outline import caller_outline
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.outline import Outline, print_outline
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.prompt import read_line
from treadle.cli.text.visible import one_line
from treadle.library.callers import BrokenCaller
from treadle.plan.expression import Json

BreakOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Agree beforehand to break what depends on it.")
]


class Deed(Struct, frozen=True, kw_only=True):
    """What is about to be done, in the words for it.

    Before and after::

        Deed(doing="removing 'build'", ask="remove it", undone="nothing was removed")

        warning TR980: removing 'build' breaks 'deploy'
        remove it all the same? [y/N]
        nothing was removed
    """

    doing: str
    ask: str
    undone: str


def may_break(
    settings: Settings, breaks: Sequence[BrokenCaller], deed: Deed, *, is_agreed: bool
) -> bool:
    """Tell whom something would break; return whether it may be done. Errors: KeyboardInterrupt."""
    if not breaks:
        return True
    is_asked = settings.may_ask and not is_agreed
    if is_asked or not settings.is_quiet:
        # Whoever is asked has to know about what.
        _tell(replace(settings, is_quiet=False), breaks, deed)
    if not is_asked:
        return True
    answer = (read_line(f"{deed.ask} all the same? [y/N] ") or "").strip().lower()
    if answer in ("y", "yes"):
        return True
    settings.talk.say(deed.undone)
    return False


def broken_objects(breaks: Sequence[BrokenCaller]) -> list[Json]:
    """Return who is broken, and where, as JSON data."""
    return [
        {
            "id": caller.id,
            "faults": [
                {
                    "path": fault.path,
                    "line": fault.found.span.line,
                    "column": fault.found.span.column,
                    "code": fault.found.code,
                    "message": fault.found.message,
                }
                for fault in caller.faults
            ],
        }
        for caller in breaks
    ]


def _tell(settings: Settings, breaks: Sequence[BrokenCaller], deed: Deed) -> None:
    ids = [caller.id for caller in breaks]
    callers = one_line(", ".join(f"'{id}'" for id in ids), 200)
    told = Rejected.because("TR980", doing=deed.doing, callers=callers, ids=" ".join(ids))
    settings.talk.warning(told.problems[0])
    paint = painter(sys.stderr, os.environ)
    broken = tuple(caller_outline(caller, paint) for caller in breaks)
    title = paint("breaks what is installed", Role.ERROR)
    print_outline(Outline(title=title, children=broken), sys.stderr)
