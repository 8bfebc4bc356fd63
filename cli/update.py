"""``treadle update``: brings workflows that came from a catalog to the catalog's version."""

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import InstalledOption, JsonOption, LenientOption
from treadle.cli.packages.change_object import installed_change, left_change
from treadle.cli.packages.installing import Installer
from treadle.cli.project.available_types import types_around
from treadle.cli.project.library_access import places_of, rejecting_library, shelf_of
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings, for_programs
from treadle.cli.text.json_output import print_json
from treadle.cli.text.visible import one_line
from treadle.library.appraise import Appraisal
from treadle.library.callers import callees_first
from treadle.library.catalog import Catalog, Listed, is_version, version_key
from treadle.library.credentials import credentials_of
from treadle.library.installed import Installed, list_installed
from treadle.library.kinds import WORKFLOWS
from treadle.library.obtain import find_listed, from_catalog
from treadle.library.places import Places
from treadle.library.refusal import Refused
from treadle.library.registry import FROM_CATALOG
from treadle.plan.expression import Json
from treadle.plan.problems import Problem


class _Word(StrEnum):
    """What has become of a workflow."""

    UPDATED = "updated"
    LATEST = "latest"
    SKIPPED = "skipped"
    REFUSED = "refused"


class _Result(Struct, frozen=True, kw_only=True):
    """What has become of an installed workflow; `appraisal` is what an update has brought."""

    installed: Installed
    word: _Word
    appraisal: Appraisal | None = None
    reasons: tuple[Problem, ...] = ()

    def to_json(self, places: Places) -> dict[str, Json]:
        """Return it as JSON data."""
        if self.appraisal is not None:
            return installed_change(self.appraisal, places)
        version = self.installed.text("version") or None
        return left_change(self.word.value, self.installed.id, version, reasons=self.reasons)


def update(
    settings: Settings,
    id: InstalledOption = None,
    is_agreed: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree beforehand to what the workflows do.")
    ] = False,
    lenient: LenientOption = False,
    as_json: JsonOption = False,
) -> int:
    """Update installed workflows, all of them or one.

    Each is compiled and shown with its changes first; one that fails stays as it was.
    """
    settings = for_programs(settings) if as_json else settings
    with rejecting_library():
        places = places_of(settings)
        targets = [each for each in list_installed(places) if id in (None, each.id)]
        if id is not None and not targets:
            raise Refused.because("TR957", id=WORKFLOWS.check_id(id))
        installer = Installer(
            settings=settings, places=places, is_agreed=is_agreed, lenient=lenient
        )
        results = [*_skipped(targets, settings)]
        ours = {each.id: each for each in targets if _is_from_catalog(each)}
        if not ours:
            settings.talk.say("nothing to update")
        else:
            catalog = shelf_of(settings, places, is_fresh=True).catalog()
            # A caller may need the new version of what it calls.
            order = callees_first(
                ours, places=places, lenient=lenient, step_types=types_around(places.registry)
            )
            results += [_updated(installer, ours[each], catalog) for each in order]
    if as_json:
        print_json({"workflows": [each.to_json(places) for each in results]})
    return _exit_code(results)


def _is_from_catalog(installed: Installed) -> bool:
    return installed.text("source") == FROM_CATALOG


def _skipped(targets: Sequence[Installed], settings: Settings) -> Iterator[_Result]:
    """Yield what no catalog knows, and say so."""
    for installed in targets:
        if not _is_from_catalog(installed):
            settings.talk.say(
                f"{installed.id}: did not come from a catalog; 'treadle add' brings it anew"
            )
            yield _Result(installed=installed, word=_Word.SKIPPED)


def _updated(installer: Installer, installed: Installed, catalog: Catalog) -> _Result:
    """Update a workflow; why it cannot be is told, and the others go on."""
    result = _Result(installed=installed, word=_Word.REFUSED)
    talk = installer.settings.talk
    try:
        listed = find_listed(catalog, installed.id)
        left = _left(installed, listed, installer.settings)
        if left is not None:
            return replace(result, word=left)
        found = from_catalog(listed, credentials=credentials_of(os.environ))
        appraisal = installer.install(found)
    except Refused as refused:
        talk.error(refused.problem)
        return replace(result, reasons=(refused.problem,))
    except Rejected as rejected:
        for problem in rejected.problems:
            talk.error(problem)
        return replace(result, reasons=rejected.problems)
    word = _Word.UPDATED if appraisal is not None else _Word.REFUSED
    return replace(result, word=word, appraisal=appraisal)


def _left(installed: Installed, listed: Listed, settings: Settings) -> _Word | None:
    """Return why a workflow stays as it is, and say so; None for one that is to be updated."""
    here, there = installed.text("version"), listed.text("version")
    if not is_version(here) or not is_version(there):
        settings.talk.say(
            f"{installed.id}: '{one_line(there)}' and '{one_line(here)}' "
            "are not both versions of three numbers"
        )
        return _Word.SKIPPED
    if version_key(there) <= version_key(here):
        settings.talk.say(f"{installed.id}: {here} is the latest")
        return _Word.LATEST
    return None


def _exit_code(results: Sequence[_Result]) -> int:
    is_any_refused = any(each.word is _Word.REFUSED for each in results)
    is_any_updated = any(each.word is _Word.UPDATED for each in results)
    if not is_any_refused:
        return ExitCode.OK
    return ExitCode.FAILED if is_any_updated else ExitCode.REJECTED
