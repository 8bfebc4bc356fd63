"""``treadle step catalog list|add|remove``: where step types are looked for."""

from typing import Annotated

import typer

from treadle.cli.catalog import NameOption, UrlArgument, add_to, list_sources, remove_from
from treadle.cli.options import JsonOption
from treadle.cli.settings import Settings
from treadle.library.kinds import STEPS


def step_catalog_list(settings: Settings, as_json: JsonOption = False) -> int:
    """List the catalogs that count for step types, the first of them first."""
    return list_sources(settings, STEPS, as_json=as_json)


def step_catalog_add(settings: Settings, url: UrlArgument, name: NameOption = None) -> int:
    """Add a catalog of step types to the project."""
    return add_to(settings, STEPS, url=url, name=name)


def step_catalog_remove(
    settings: Settings,
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="Its number in 'treadle step catalog list'.")
    ],
) -> int:
    """Remove a catalog of step types from the project."""
    return remove_from(settings, STEPS, number)
