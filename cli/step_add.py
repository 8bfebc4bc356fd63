"""``treadle step add``: a step type for the project, compiled or read, shown and agreed to."""

import os
import sys
from typing import Annotated

import typer
from msgspec import Struct

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import LenientOption
from treadle.cli.packages.step_type_outline import (
    spec_kit_outline,
    step_type_outline,
    tell_findings,
)
from treadle.cli.project.available_types import types_around
from treadle.cli.project.known_types import KnownType, Origin
from treadle.cli.project.library_access import places_of, rejecting_library, shelf_of, utc_now
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.outline import Outline, print_outline
from treadle.cli.text.paint import painter
from treadle.cli.text.prompt import read_line
from treadle.cli.text.visible import one_line
from treadle.library.credentials import credentials_of
from treadle.library.install import Installation, install
from treadle.library.kinds import STEP_FILE, STEPS
from treadle.library.obtain import Obtained, Request, check_promise, obtain
from treadle.library.places import Places
from treadle.library.registry import read_registry
from treadle.library.step_files import add_type, path_of, refuse_taken
from treadle.library.step_metadata import registry_entry, step_metadata
from treadle.library.step_types import candidate_of


def step_add(
    settings: Settings,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A file NAME.yml, a folder, an archive, an https address, or the id of a catalog.",
        ),
    ],
    path: Annotated[
        str | None,
        typer.Option("--dev", metavar="PATH", help="Take the step type SOURCE from this path."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Fetch the step type SOURCE from this address."),
    ] = None,
    is_forced: Annotated[
        bool, typer.Option("--force", help="Replace a step type of the same name.")
    ] = False,
    version: Annotated[
        str | None, typer.Option("--version", metavar="X.Y.Z", help="An exact catalog release.")
    ] = None,
    is_agreed: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree beforehand to what the steps do.")
    ] = False,
    lenient: LenientOption = False,
) -> int:
    """Add a step type to the project.

    It is compiled first, and shown with all that its steps do. A step package of Spec Kit is shown
    and kept for Spec Kit: treadle does not run its code.
    """
    with rejecting_library():
        places = places_of(settings, STEPS)
        request = Request(source=source, kind=STEPS, path=path, url=url, version=version)
        obtained = obtain(
            request,
            lambda: shelf_of(settings, places, is_fresh=True).catalog(),
            credentials=lambda: credentials_of(os.environ),
        )
        adding = _Adding(settings=settings, places=places, is_forced=is_forced, is_agreed=is_agreed)
        if obtained.package.main == STEP_FILE:
            return adding.add_package(obtained)
        return adding.add_type(obtained, lenient=lenient)


class _Adding(Struct, frozen=True, kw_only=True):
    """Adds step types to a project, each after somebody has agreed to it."""

    settings: Settings
    places: Places
    is_forced: bool
    is_agreed: bool

    def add_type(self, obtained: Obtained, *, lenient: bool) -> int:
        """Add a type that is made of steps, or declares a package."""
        package, places = obtained.package, self.places
        around = types_around(path_of(places, "any"))
        candidate = candidate_of(package, around, lenient=lenient)
        name = candidate.name
        check_promise(obtained, id=name, version=None, kind=STEPS)
        refuse_taken(places, path_of(places, name), is_forced=self.is_forced)
        tell_findings(candidate)
        if candidate.plan is None and candidate.signature is None:
            raise Rejected.because("TR748", source=package.label, reason="it has errors")
        paint = painter(sys.stderr, os.environ)
        known = KnownType.of_candidate(candidate, origin=Origin.PROJECT, place=package.label)
        shown = step_type_outline(known, paint, where=f"from {one_line(package.label, 200)}")
        if not self._may_add(name, shown):
            return ExitCode.REJECTED
        kept = add_type(places, name, package.content, is_forced=self.is_forced)
        self.settings.talk.say(f"added: {name} in {kept.relative_to(places.project)}")
        return ExitCode.OK

    def add_package(self, obtained: Obtained) -> int:
        """Add a package of Spec Kit."""
        places, metadata = self.places, step_metadata(obtained.package)
        id = metadata.id
        check_promise(obtained, id=id, version=metadata.text("version"), kind=STEPS)
        refuse_taken(places, places.of(id), is_forced=self.is_forced)
        replaced = read_registry(places).entry(id)
        if replaced is not None and not self.is_forced:
            raise Rejected.because("TR972", type=id)
        paint = painter(sys.stderr, os.environ)
        entry = registry_entry(metadata, origin=obtained.origin, listed=obtained.listed)
        if not self._may_add(id, spec_kit_outline(obtained.package, id, entry, paint)):
            return ExitCode.REJECTED
        new = Installation(id=id, package=obtained.package, entry=entry, now=utc_now())
        install(places, new, replaces=replaced)
        kept = places.of(id).relative_to(places.project)
        self.settings.talk.say(f"added: {id} in {kept}, for Spec Kit")
        return ExitCode.OK

    def _may_add(self, name: str, shown: Outline) -> bool:
        """Show what would be added, and ask unless somebody has agreed beforehand."""
        if not (self.is_agreed and self.settings.is_quiet):
            print_outline(shown, sys.stderr)
        if self.is_agreed:
            return True
        if not self.settings.may_ask:
            raise Rejected.because("TR965", what=f"what steps of the type '{name}' do")
        if (read_line("add it? [y/N] ") or "").strip().lower() in ("y", "yes"):
            return True
        self.settings.talk.say("nothing was added")
        return False
