"""``treadle overlay add|list|set-priority|enable|disable|remove``: the overlays of a project."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from treadle.cli.checking.check_paths import Checking
from treadle.cli.checking.findings import Checked, Summary
from treadle.cli.checking.plan_source import near_path
from treadle.cli.checking.report_text import report_lines
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption, LenientOption
from treadle.cli.packages.breaking import BreakOption, Deed, may_break
from treadle.cli.project.available_types import types_around
from treadle.cli.project.find_project import command_line
from treadle.cli.project.library_access import places_of, rejecting_library
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.visible import one_line
from treadle.compiler.composing.stack import declared
from treadle.compiler.reading.source import read_overlay_file
from treadle.library.callers import broken_without_overlay
from treadle.library.kinds import WORKFLOWS
from treadle.library.overlay_edits import (
    DISABLED,
    ENABLED,
    find_overlay,
    put_overlay,
    remove_overlay,
    set_value,
    with_value,
)
from treadle.library.overlay_files import Home, Kept, kept_overlays
from treadle.library.places import Places
from treadle.plan.catalogue import Severity
from treadle.plan.expression import Json

_NOT_INSTALLED = "TR136"

WorkflowArgument = Annotated[
    str, typer.Argument(metavar="WORKFLOW", help="The id of the workflow that it extends.")
]
OverlayArgument = Annotated[str, typer.Argument(metavar="OVERLAY", help="The id of the overlay.")]


def overlay_add(
    settings: Settings,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The file of an overlay.")],
    priority: Annotated[
        int | None,
        typer.Option("--priority", metavar="N", min=1, help="Its priority; the lower one wins."),
    ] = None,
    lenient: LenientOption = False,
) -> int:
    """Add an overlay to the project, or put a new version in the place of the old one."""
    project = places_of(settings).project
    _refuse_broken(settings, source, lenient=lenient)
    file = read_overlay_file(source)
    overlay = declared(file).overlay
    if overlay is None:
        raise Rejected.because("TR140", path=source)
    content = file.source
    if priority is not None:
        content = with_value(file, "priority", str(priority)) or content
    home = Home(project=project, workflow=overlay.extends)
    with rejecting_library():
        path = put_overlay(home, overlay, content)
    settings.talk.say(f"added overlay '{overlay.id}' of '{overlay.extends}': {near_path(path)}")
    settings.talk.say(f"see what it changes: {command_line(project, 'resolve', overlay.extends)}")
    return ExitCode.OK


def overlay_list(
    settings: Settings, workflow_id: WorkflowArgument, as_json: JsonOption = False
) -> int:
    """List the overlays of a workflow, the one that wins first."""
    home = _home(settings, workflow_id)
    with rejecting_library():
        kept = kept_overlays(home)
    if as_json:
        print_json({"workflow_id": workflow_id, "overlays": [_object(each) for each in kept]})
        return ExitCode.OK
    if not kept:
        settings.talk.say(f"'{workflow_id}' has no overlays; 'treadle overlay add' adds one")
        return ExitCode.OK
    heads = ("ID", "PRIORITY", "EDITS", "FILE", "")
    table: list[list[Cell]] = [[(head, Role.QUIET) for head in heads]]
    table += [_row(each) for each in kept]
    for line in columns(table, painter(sys.stdout, os.environ)):
        print(line)
    return ExitCode.OK


def overlay_set_priority(
    settings: Settings,
    workflow_id: WorkflowArgument,
    overlay_id: OverlayArgument,
    priority: Annotated[int, typer.Argument(metavar="N", min=1, help="The lower one wins.")],
) -> int:
    """Give an overlay another priority; lower numbers win."""
    _set(settings, workflow_id, overlay_id, "priority", str(priority))
    settings.talk.say(f"overlay '{overlay_id}' has the priority {priority}")
    return ExitCode.OK


def overlay_enable(
    settings: Settings, workflow_id: WorkflowArgument, overlay_id: OverlayArgument
) -> int:
    """Apply an overlay again that was disabled."""
    _set(settings, workflow_id, overlay_id, *ENABLED)
    settings.talk.say(f"overlay '{overlay_id}' is applied")
    return ExitCode.OK


def overlay_disable(
    settings: Settings,
    workflow_id: WorkflowArgument,
    overlay_id: OverlayArgument,
    is_agreed: BreakOption = False,
) -> int:
    """Keep an overlay, and do not apply it.

    Whom that breaks is told first; at a terminal it is asked about.
    """
    deed = Deed(
        doing=f"disabling the overlay '{overlay_id}'",
        ask="disable it",
        undone="nothing was disabled",
    )
    if not _may_go(settings, workflow_id, overlay_id, deed, is_agreed=is_agreed):
        return ExitCode.REJECTED
    _set(settings, workflow_id, overlay_id, *DISABLED)
    settings.talk.say(f"overlay '{overlay_id}' is no longer applied")
    return ExitCode.OK


def overlay_remove(
    settings: Settings,
    workflow_id: WorkflowArgument,
    overlay_id: OverlayArgument,
    is_agreed: BreakOption = False,
) -> int:
    """Remove an overlay and its file.

    Whom that breaks is told first; at a terminal it is asked about.
    """
    deed = Deed(
        doing=f"removing the overlay '{overlay_id}'", ask="remove it", undone="nothing was removed"
    )
    if not _may_go(settings, workflow_id, overlay_id, deed, is_agreed=is_agreed):
        return ExitCode.REJECTED
    home = _home(settings, workflow_id)
    with rejecting_library():
        path = remove_overlay(home, overlay_id)
    settings.talk.say(f"removed overlay '{overlay_id}': {near_path(path)}")
    return ExitCode.OK


def _home(settings: Settings, workflow_id: str) -> Home:
    with rejecting_library():
        return Home(project=places_of(settings).project, workflow=WORKFLOWS.check_id(workflow_id))


def _may_go(
    settings: Settings, workflow_id: str, overlay_id: str, deed: Deed, *, is_agreed: bool
) -> bool:
    """Tell who cannot do without an overlay; return whether it may go all the same."""
    home = _home(settings, workflow_id)
    places = Places(project=home.project)
    with rejecting_library():
        path = find_overlay(home, overlay_id).path
        breaks = broken_without_overlay(
            workflow_id, path, places=places, step_types=types_around(places.registry)
        )
    return may_break(settings, breaks, deed, is_agreed=is_agreed)


def _set(settings: Settings, workflow_id: str, overlay_id: str, key: str, value: str) -> None:
    home = _home(settings, workflow_id)
    with rejecting_library():
        set_value(home, overlay_id, key, value)


def _refuse_broken(settings: Settings, source: Path, *, lenient: bool) -> None:
    """Tell what is wrong with an overlay or with what it makes of its workflow.

    Errors: Rejected for an error; that its workflow is not there yet is none.
    """
    checking = Checking(settings=settings, lenient=lenient)
    checked = tuple(_without_demand(file) for file in checking.of((str(source),)))
    has_failed = bool(Summary.of(checked).errors)
    if has_failed or not settings.is_quiet:
        _tell(checked)
    if has_failed:
        print(Summary.of(checked), file=sys.stderr)
        raise Rejected()


def _without_demand(file: Checked) -> Checked:
    """Return a file of which only a warning asks that its workflow is installed."""
    weighed = (
        replace(found, severity=Severity.WARNING) if found.code == _NOT_INSTALLED else found
        for found in file.diagnostics
    )
    return replace(file, diagnostics=tuple(weighed))


def _tell(checked: tuple[Checked, ...]) -> None:
    paint = painter(sys.stderr, os.environ)
    for file in checked:
        for line in report_lines(file, paint):
            print(line, file=sys.stderr)


def _object(kept: Kept) -> dict[str, Json]:
    overlay = kept.declared.overlay
    return {
        "id": kept.declared.id,
        "source": f"project:{kept.declared.id}",
        "tier": "project-overlay",
        "priority": overlay.priority if overlay is not None else None,
        "enabled": kept.declared.is_enabled,
        "path": str(near_path(kept.path)),
        "valid": overlay is not None,
    }


def _row(kept: Kept) -> list[Cell]:
    overlay = kept.declared.overlay
    standing: Cell = ("", None) if kept.declared.is_enabled else ("disabled", Role.WARNING)
    if overlay is None:
        standing = ("broken: treadle validate says why", Role.ERROR)
    return [
        (one_line(kept.declared.id or "–", 60), Role.NAME),
        (str(overlay.priority) if overlay is not None else "–", None),
        (str(len(overlay.edits)) if overlay is not None else "–", None),
        (one_line(str(near_path(kept.path)), 200), Role.QUIET),
        standing,
    ]
