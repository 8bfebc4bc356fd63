"""``treadle catalog list|add|remove``: where workflows are looked for."""

import os
import sys
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.library_access import places_of, rejecting_library
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.visible import one_line
from treadle.library.catalog_list import CatalogSource, active_sources, add_source, remove_source
from treadle.library.kinds import WORKFLOWS, Kind
from treadle.plan.expression import Json

UrlArgument = Annotated[
    str, typer.Argument(metavar="URL", help="The https address of the catalog.")
]
NameOption = Annotated[str | None, typer.Option("--name", help="What to call it.")]


def catalog_list(settings: Settings, as_json: JsonOption = False) -> int:
    """List the catalogs that count, the first of them first."""
    return list_sources(settings, WORKFLOWS, as_json=as_json)


def catalog_add(
    settings: Settings,
    url: UrlArgument,
    name: NameOption = None,
) -> int:
    """Add a catalog to the project."""
    return add_to(settings, WORKFLOWS, url=url, name=name)


def catalog_remove(
    settings: Settings,
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="Its number in 'treadle catalog list'.")
    ],
) -> int:
    """Remove a catalog from the project."""
    return remove_from(settings, WORKFLOWS, number)


def list_sources(settings: Settings, kind: Kind, *, as_json: bool) -> int:
    """Print the catalogs of a kind."""
    with rejecting_library():
        sources = active_sources(places_of(settings, kind), os.environ)
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


def add_to(settings: Settings, kind: Kind, *, url: str, name: str | None) -> int:
    """Add a catalog to those of a kind."""
    with rejecting_library():
        named = (name or "").strip() or None
        is_new = add_source(places_of(settings, kind), url.strip(), named)
    settings.talk.say(f"{'added' if is_new else 'there already'}: {url.strip()}")
    return ExitCode.OK


def remove_from(settings: Settings, kind: Kind, number: int) -> int:
    """Remove a catalog from those of a kind."""
    with rejecting_library():
        name = remove_source(places_of(settings, kind), number, os.environ)
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
