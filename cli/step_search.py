"""``treadle step search``: the step types that catalogs offer."""

from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.library_access import places_of, rejecting_library, shelf_of
from treadle.cli.search import print_found
from treadle.cli.settings import Settings
from treadle.library.catalog import matching
from treadle.library.installed import list_installed
from treadle.library.kinds import STEPS
from treadle.library.step_files import ProjectTypes


def step_search(
    settings: Settings,
    query: Annotated[
        str | None, typer.Argument(metavar="TERM", help="A part of a name, id or description.")
    ] = None,
    is_fresh: Annotated[
        bool, typer.Option("--refresh", help="Fetch catalogs that were fetched within the hour.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Search the catalogs for step types."""
    with rejecting_library():
        places = places_of(settings, STEPS)
        catalog = shelf_of(settings, places, is_fresh=is_fresh).catalog()
        packages = [each.id for each in list_installed(places)]
    here = frozenset((*packages, *ProjectTypes(places.project)))
    print_found(settings, catalog, matching(catalog, query=query), here, as_json=as_json)
    return ExitCode.OK
