"""``treadle update``: brings workflows that came from a catalog to the catalog's version."""

from collections.abc import Iterator
from typing import Annotated

import typer

from treadle.cli.available_types import types_around
from treadle.cli.exit_codes import ExitCode
from treadle.cli.installing import Installer
from treadle.cli.library_access import places_of, rejecting_library, shelf_of
from treadle.cli.options import InstalledOption, LenientOption
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.visible import one_line
from treadle.library.callers import callees_first
from treadle.library.catalog import Catalog, Listed, is_version, version_key
from treadle.library.ids import check_id
from treadle.library.installed import Installed, list_installed
from treadle.library.obtain import find_listed, from_catalog
from treadle.library.refusal import Refused
from treadle.library.registry import FROM_CATALOG


def update(
    settings: Settings,
    id: InstalledOption = None,
    is_agreed: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree beforehand to what the workflows do.")
    ] = False,
    lenient: LenientOption = False,
) -> int:
    """Update installed workflows, all of them or one.

    Each is compiled and shown with its changes first; one that fails stays as it was.
    """
    with rejecting_library():
        places = places_of(settings)
        targets = [each for each in list_installed(places) if id in (None, each.id)]
        if id is not None and not targets:
            raise Refused.because("TR957", id=check_id(id))
        installer = Installer(
            settings=settings, places=places, is_agreed=is_agreed, lenient=lenient
        )
        ours = {each.id: each for each in targets if _came_from_catalog(each, settings)}
        if not ours:
            settings.talk.say("nothing to update")
            return ExitCode.OK
        catalog = shelf_of(settings, places, is_fresh=True).catalog()
        # A caller may need the new version of what it calls.
        order = callees_first(
            ours, places=places, lenient=lenient, step_types=types_around(places.registry)
        )
        newer = _newer([ours[id] for id in order], catalog, settings)
        done = [_install(installer, listed) for listed in newer]
    return ExitCode.OK if all(done) else ExitCode.FAILED if any(done) else ExitCode.REJECTED


def _came_from_catalog(installed: Installed, settings: Settings) -> bool:
    if installed.text("source") == FROM_CATALOG:
        return True
    settings.talk.say(f"{installed.id}: did not come from a catalog; 'treadle add' brings it anew")
    return False


def _newer(
    targets: list[Installed], catalog: Catalog, settings: Settings
) -> Iterator[Listed | Refused]:
    """Yield what catalogs have a later version of, and what is wrong with the others."""
    for installed in targets:
        try:
            listed = find_listed(catalog, installed.id)
        except Refused as refused:
            yield refused
            continue
        here, there = installed.text("version"), listed.text("version")
        if not is_version(here) or not is_version(there):
            settings.talk.say(
                f"{installed.id}: '{one_line(there)}' and '{one_line(here)}' "
                "are not both versions of three numbers"
            )
        elif version_key(there) <= version_key(here):
            settings.talk.say(f"{installed.id}: {here} is the latest")
        else:
            yield listed


def _install(installer: Installer, listed: Listed | Refused) -> bool:
    """Update a workflow; why it cannot be is told, and the others go on."""
    try:
        if isinstance(listed, Refused):
            raise listed
        return installer.install(from_catalog(listed))
    except Refused as refused:
        installer.settings.talk.error(refused.problem)
    except Rejected as rejected:
        for problem in rejected.problems:
            installer.settings.talk.error(problem)
    return False
