"""``treadle catalog list|add|remove``: where workflows are looked for."""

import os
import sys
from typing import Annotated

import typer

from treadle.cli.columns import Cell, columns
from treadle.cli.exit_codes import ExitCode
from treadle.cli.json_output import print_json
from treadle.cli.library_access import places_of, rejecting_library
from treadle.cli.options import JsonOption
from treadle.cli.paint import Role, painter
from treadle.cli.settings import Settings
from treadle.cli.visible import one_line
from treadle.library.catalog_list import CatalogSource, active_sources, add_source, remove_source
from treadle.plan.expression import Json


def catalog_list(settings: Settings, as_json: JsonOption = False) -> int:
    """List the catalogs that count, the first of them first."""
    with rejecting_library():
        sources = active_sources(places_of(settings), os.environ)
    if as_json:
        print_json({"catalogs": [_object(n, each) for n, each in enumerate(sources)]})
        return ExitCode.OK
    heads = ("NUMBER", "NAME", "INSTALLS", "ADDRESS")
    table: list[list[Cell]] = [[(head, Role.QUIET) for head in heads]]
    for number, source in enumerate(sources):
        allowed: Cell = ("yes", Role.GOOD) if source.is_installable else ("no", Role.WARNING)
        row = [(str(number), None), (one_line(source.name, 40), Role.NAME), allowed]
        table.append([*row, (one_line(source.url, 200), None)])
    for line in columns(table, painter(sys.stdout, os.environ)):
        print(line)
    return ExitCode.OK


def catalog_add(
    settings: Settings,
    url: Annotated[str, typer.Argument(metavar="URL", help="The https address of the catalog.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it.")] = None,
) -> int:
    """Add a catalog to the project."""
    with rejecting_library():
        named = (name or "").strip() or None
        is_new = add_source(places_of(settings), url.strip(), named)
    settings.talk.say(f"{'added' if is_new else 'there already'}: {url.strip()}")
    return ExitCode.OK


def catalog_remove(
    settings: Settings,
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="Its number in 'treadle catalog list'.")
    ],
) -> int:
    """Remove a catalog from the project."""
    with rejecting_library():
        name = remove_source(places_of(settings), number, os.environ)
    settings.talk.say(f"removed: {one_line(name)}")
    return ExitCode.OK


def _object(number: int, source: CatalogSource) -> dict[str, Json]:
    return {
        "index": number,
        "name": source.name,
        "url": source.url,
        "priority": source.priority,
        "install_allowed": source.is_installable,
        "description": source.description,
    }
