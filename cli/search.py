"""``treadle search``: the workflows that catalogs offer."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.library_access import places_of, rejecting_library, shelf_of
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.visible import one_line
from treadle.library.catalog import Catalog, Listed, matching
from treadle.library.installed import known_ids
from treadle.plan.expression import Json


def search(
    settings: Settings,
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="A part of a name, id or description.")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only with this tag.")] = None,
    author: Annotated[str | None, typer.Option("--author", help="Only of this author.")] = None,
    is_fresh: Annotated[
        bool, typer.Option("--refresh", help="Fetch catalogs that were fetched within the hour.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Search the catalogs for workflows."""
    with rejecting_library():
        places = places_of(settings)
        catalog = shelf_of(settings, places, is_fresh=is_fresh).catalog()
        here = frozenset(known_ids(places.project))
    found = matching(catalog, query=query, tag=tag, author=author)
    print_found(settings, catalog, found, here, as_json=as_json)
    return ExitCode.OK


def print_found(
    settings: Settings,
    catalog: Catalog,
    found: Sequence[Listed],
    here: frozenset[str],
    *,
    as_json: bool,
) -> None:
    """Print what was found in catalogs, and tell what had to be left out.

    Shapes: `here` are the ids of what is installed.
    """
    for id, fault in catalog.faults.items():
        settings.talk.say(f"left out: '{one_line(id)}', {one_line(fault.reason, 160)}")
    if as_json:
        print_json({catalog.kind.key: [listed_object(each, here) for each in found]})
        return
    if not found:
        settings.talk.say(f"no {catalog.kind.noun}s found")
        return
    heads = ("ID", "VERSION", "CATALOG", "", "DESCRIPTION")
    table: list[list[Cell]] = [[(head, Role.QUIET) for head in heads]]
    table += [_row(each, here) for each in found]
    for line in columns(table, painter(sys.stdout, os.environ)):
        print(line)


def listed_object(listed: Listed, here: frozenset[str]) -> dict[str, Json]:
    """Return an entry of a catalog as JSON data."""
    return {
        "id": listed.id,
        "name": listed.text("name") or listed.id,
        "version": listed.text("version") or None,
        "versions": list(listed.versions),
        "description": listed.text("description"),
        "author": listed.text("author") or None,
        "tags": list(listed.tags),
        "url": listed.text("url") or None,
        "catalog": listed.source.name,
        "install_allowed": listed.source.is_installable,
        "installed": listed.id in here,
    }


def _row(listed: Listed, here: frozenset[str]) -> list[Cell]:
    note = "" if listed.source.is_installable else "to look at only"
    if listed.id in here:
        note = "installed"
    return [
        (listed.id, Role.NAME),
        (one_line(listed.text("version"), 20) or "–", None),
        (one_line(listed.source.name, 30), Role.QUIET),
        (note, Role.GOOD if listed.id in here else Role.WARNING),
        (one_line(listed.text("description") or listed.text("name"), 100), None),
    ]
