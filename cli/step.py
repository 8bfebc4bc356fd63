"""``treadle step list|info|add|remove``: the step types that workflows of a project can have."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from treadle.cli.available_types import types_around
from treadle.cli.columns import Cell, columns
from treadle.cli.exit_codes import ExitCode
from treadle.cli.json_output import print_json
from treadle.cli.known_types import KnownType, Origin, known_types
from treadle.cli.library_access import places_of, rejecting_library
from treadle.cli.options import JsonOption, LenientOption
from treadle.cli.outline import print_outline
from treadle.cli.paint import Role, painter
from treadle.cli.prompt import read_line
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.step_type_outline import declaration_of, step_type_outline, tell_findings
from treadle.cli.visible import one_line
from treadle.library.step_files import add_type, path_of, remove_type
from treadle.library.step_types import find_file, read_candidate
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
        settings.talk.say("no others; docs/custom-steps.md tells how to make some")
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
    as_json: JsonOption = False,
) -> int:
    """Show what a step type takes, gives and does."""
    with rejecting_library():
        found = known_types(places_of(settings).project)
    known = next((each for each in found if each.name == name), None)
    if known is None:
        raise Rejected.because("TR749", type=name)
    if as_json:
        print_json(_object(known))
    elif is_declared and known.package is None:
        reason = "only the types of packages have to be declared"
        raise Rejected.because("TR748", source=name, reason=reason)
    elif is_declared:
        print(declaration_of(known))
    else:
        paint = painter(sys.stdout, os.environ)
        print_outline(step_type_outline(known, paint), sys.stdout, paint)
    return ExitCode.OK


def step_add(
    settings: Settings,
    source: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A file NAME.yml, or a folder with one such file."),
    ],
    is_agreed: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree beforehand to what the steps do.")
    ] = False,
    lenient: LenientOption = False,
) -> int:
    """Add a step type to the project, after it was compiled, shown and agreed to."""
    with rejecting_library():
        places = places_of(settings)
        path = find_file(source)
        around = types_around(path_of(places, path.stem))
        candidate = read_candidate(path, around, lenient=lenient)
        tell_findings(candidate)
        if candidate.plan is None and candidate.signature is None:
            raise Rejected.because("TR748", source=source, reason="it has errors")
        known = KnownType.of_candidate(candidate, origin=Origin.PROJECT, place=str(source))
        if not (is_agreed and settings.is_quiet):
            paint = painter(sys.stderr, os.environ)
            print_outline(step_type_outline(known, paint), sys.stderr, paint)
        if not is_agreed and not _is_agreed(settings, candidate.name):
            settings.talk.say("nothing was added")
            return ExitCode.REJECTED
        kept = add_type(places, candidate.name, path.read_bytes())
    settings.talk.say(f"added: {candidate.name} in {kept.relative_to(places.project)}")
    return ExitCode.OK


def step_remove(settings: Settings, name: NameArgument) -> int:
    """Remove a step type from the project."""
    with rejecting_library():
        remove_type(places_of(settings), name)
    settings.talk.say(f"removed: {name}")
    return ExitCode.OK


def _is_agreed(settings: Settings, name: str) -> bool:
    if not settings.may_ask:
        raise Rejected.because("TR965", what=f"what steps of the type '{name}' do")
    return (read_line("add it? [y/N] ") or "").strip().lower() in ("y", "yes")


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
        "description": known.description,
        "is_usable": known.fault is None,
        "reason": known.fault,
        "input_schema": known.input_schema,
        "output_schema": known.output_schema,
    }
