"""``treadle add``: installs a workflow, after it was compiled, shown and agreed to."""

import os
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption, LenientOption
from treadle.cli.packages.change_object import installed_change
from treadle.cli.packages.installing import Installer
from treadle.cli.project.library_access import places_of, rejecting_library, shelf_of
from treadle.cli.settings import Settings, for_programs
from treadle.cli.text.json_output import print_json
from treadle.library.credentials import credentials_of
from treadle.library.obtain import Request, obtain


def add(
    settings: Settings,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A workflow file, a folder, an archive, an https address, or the id of a catalog.",
        ),
    ],
    is_local: Annotated[
        bool, typer.Option("--dev", help="SOURCE is a file or folder in development.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Fetch the workflow SOURCE from this address."),
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", metavar="X.Y.Z", help="An exact catalog release.")
    ] = None,
    is_agreed: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree beforehand to what the workflow does.")
    ] = False,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
) -> int:
    """Install a workflow in the project.

    It is compiled first, and shown: its commands, its use of the network and its secrets.
    """
    settings = for_programs(settings) if as_json else settings
    with rejecting_library():
        places = places_of(settings)
        installer = Installer(
            settings=settings, places=places, is_agreed=is_agreed, lenient=lenient
        )
        request = Request(source=source, is_local=is_local, url=url, version=version)
        found = obtain(
            request,
            lambda: shelf_of(settings, places, is_fresh=True).catalog(),
            credentials=lambda: credentials_of(os.environ),
        )
        appraisal = installer.install(found)
    if appraisal is None:
        return ExitCode.REJECTED
    if as_json:
        print_json(installed_change(appraisal, places))
    return ExitCode.OK
