"""``treadle list``: the workflows that are installed in the project."""

import os
import sys

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.library_access import places_of, rejecting_library
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.visible import one_line
from treadle.library.installed import Installed, list_installed
from treadle.plan.expression import Json


def list_(settings: Settings, as_json: JsonOption = False) -> int:
    """List installed workflows."""
    with rejecting_library():
        places = places_of(settings)
        found = list_installed(places)
    if as_json:
        print_json({"workflows": [installed_object(each) for each in found]})
        return ExitCode.OK
    if not found:
        settings.talk.say("no workflows are installed; 'treadle search' lists what there is")
        return ExitCode.OK
    heads = ("ID", "VERSION", "NAME", "FROM", "")
    table: list[list[Cell]] = [[(head, Role.QUIET) for head in heads]]
    table += [_row(each) for each in found]
    for line in columns(table, painter(sys.stdout, os.environ)):
        print(line)
    return ExitCode.OK


def installed_object(installed: Installed) -> dict[str, Json]:
    """Return an installed workflow as JSON data, with the members of Spec Kit's registry."""
    entry = installed.entry or {}
    return {
        **{name: value for name, value in entry.items() if name not in ("id", "enabled")},
        "id": installed.id,
        "enabled": installed.is_enabled,
        "registered": installed.entry is not None,
        "file_exists": installed.file is not None,
    }


def standing(installed: Installed) -> Cell:
    """Return what is special about an installed workflow."""
    if installed.file is None:
        return "files are missing", Role.ERROR
    if installed.entry is None:
        return "not in the registry", Role.WARNING
    return ("", None) if installed.is_enabled else ("disabled", Role.WARNING)


def _row(installed: Installed) -> list[Cell]:
    origin = installed.text("catalog_name") or installed.text("source")
    return [
        (installed.id, Role.NAME),
        (one_line(installed.text("version"), 20) or "–", None),
        (one_line(installed.text("name"), 40) or "–", None),
        (one_line(origin, 60) or "–", Role.QUIET),
        standing(installed),
    ]
