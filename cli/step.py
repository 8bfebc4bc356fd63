"""``treadle step list|info|remove``: the step types that workflows of a project can have.

The other actions of the verb stand in files of their own, and are found here.
"""

import os
import sys
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.info import show_listed
from treadle.cli.options import JsonOption
from treadle.cli.packages.step_type_outline import declaration_of, step_type_outline
from treadle.cli.project.known_types import KnownType, known_types
from treadle.cli.project.library_access import places_of, rejecting_library, shelf_of
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.step_add import step_add as step_add
from treadle.cli.step_catalog import step_catalog_add as step_catalog_add
from treadle.cli.step_catalog import step_catalog_list as step_catalog_list
from treadle.cli.step_catalog import step_catalog_remove as step_catalog_remove
from treadle.cli.step_search import step_search as step_search
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.json_output import print_json
from treadle.cli.text.outline import print_outline
from treadle.cli.text.paint import Role, painter
from treadle.cli.text.visible import one_line
from treadle.library.kinds import STEPS
from treadle.library.obtain import find_listed
from treadle.library.places import Places
from treadle.library.refusal import Refused
from treadle.library.step_files import remove_type
from treadle.plan.expression import Json
from treadle.plan.step_types import BUILT_IN

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the step type.")]


def step_list(settings: Settings, as_json: JsonOption = False) -> int:
    """List the step types of the project, of packages and of Spec Kit."""
    with rejecting_library():
        found = known_types(places_of(settings).project)
    built_in = sorted(BUILT_IN - {"custom"})
    if as_json:
        print_json({"built_in": list(built_in), "step_types": [_object(each) for each in found]})
        return ExitCode.OK
    settings.talk.say(f"built in: {', '.join(built_in)}")
    if not found:
        settings.talk.say("no others; 'treadle explain TR349' shows how one is declared")
        return ExitCode.OK
    heads = ("NAME", "FROM", "WHAT IT DOES")
    table: list[list[Cell]] = [[(head, Role.QUIET) for head in heads]]
    table += [_row(each) for each in found]
    for line in columns(table, painter(sys.stdout, os.environ)):
        print(line)
    return ExitCode.OK


def step_info(
    settings: Settings,
    name: NameArgument,
    is_declared: Annotated[
        bool,
        typer.Option("--declare", help="Print what a workflow declares that may not have it."),
    ] = False,
    versions: Annotated[
        bool, typer.Option("--versions", help="Show the versions that catalogs offer.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Show what a step type takes, gives and does; of a catalog, what is said there."""
    with rejecting_library():
        places = places_of(settings, STEPS)
        known = next((each for each in known_types(places.project) if each.name == name), None)
        if known is None or versions:
            _show_listed(settings, places, name, is_known=known is not None, as_json=as_json)
            return ExitCode.OK
    if as_json:
        print_json(_object(known))
    elif is_declared and known.package is None:
        reason = "only the types of packages have to be declared"
        raise Rejected.because("TR748", source=name, reason=reason)
    elif is_declared:
        print(declaration_of(known))
    else:
        paint = painter(sys.stdout, os.environ)
        print_outline(step_type_outline(known, paint), sys.stdout)
    return ExitCode.OK


def step_remove(settings: Settings, name: NameArgument) -> int:
    """Remove a step type from the project."""
    with rejecting_library():
        remove_type(places_of(settings, STEPS), name)
    settings.talk.say(f"removed: {name}")
    return ExitCode.OK


def _show_listed(
    settings: Settings, places: Places, name: str, *, is_known: bool, as_json: bool
) -> None:
    """Show what catalogs say. Errors: Refused, with TR749 for what no catalog has either."""
    if places.kind.fault(name) is not None:
        raise Refused.because("TR749", type=name)
    try:
        listed = find_listed(shelf_of(settings, places, is_fresh=False).catalog(), name)
    except Refused as refused:
        if is_known:
            raise
        hint = f"'treadle step list' lists them; {refused.problem.message}"
        raise Refused.because("TR749", type=name, hint=hint) from refused
    show_listed(listed, is_installed=is_known, as_json=as_json)


def _row(known: KnownType) -> list[Cell]:
    about: Cell = (one_line(known.description or "", 80) or "–", None)
    if known.fault is not None:
        about = (one_line(known.fault, 160), Role.WARNING)
    place = f"{known.origin.value} {one_line(known.place, 60)}"
    return [(known.name, Role.NAME), (place, Role.QUIET), about]


def _object(known: KnownType) -> dict[str, Json]:
    return {
        "name": known.name,
        "origin": known.origin.value,
        "place": known.place,
        "version": known.version,
        "description": known.description,
        "is_usable": known.fault is None,
        "reason": known.fault,
        "input_schema": known.input_schema,
        "output_schema": known.output_schema,
    }
