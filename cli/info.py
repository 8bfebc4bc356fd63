"""``treadle info``: what a workflow is and does, installed or in a catalog."""

import os
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.list_ import installed_object, standing
from treadle.cli.options import InstalledArgument, JsonOption
from treadle.cli.packages.package_outline import act_outlines
from treadle.cli.project.available_types import types_around
from treadle.cli.project.callees_around import ProjectCallees
from treadle.cli.project.library_access import places_of, rejecting_library, shelf_of
from treadle.cli.search import listed_object
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.outline import Outline, print_outline
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.visible import one_line
from treadle.compiler import compile_file
from treadle.library.acts import acts_of, secrets_of
from treadle.library.catalog import Listed
from treadle.library.installed import Installed, list_installed
from treadle.library.kinds import WORKFLOWS
from treadle.library.obtain import find_listed
from treadle.library.places import Places, refuse_links
from treadle.plan.expression import Json
from treadle.plan.inputs import InputSet
from treadle.plan.plan import Plan
from treadle.plan.steps import type_name


def info(
    settings: Settings,
    id: InstalledArgument,
    versions: Annotated[
        bool, typer.Option("--versions", help="Show the versions that catalogs offer.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Show a workflow: its inputs and steps, what it does, and where it came from."""
    with rejecting_library():
        places = places_of(settings)
        WORKFLOWS.check_id(id)
        found = next((each for each in list_installed(places) if each.id == id), None)
        if found is not None and not versions:
            _show_installed(places, found, as_json=as_json)
        else:
            catalog = shelf_of(settings, places, is_fresh=False).catalog()
            show_listed(find_listed(catalog, id), is_installed=found is not None, as_json=as_json)
    return ExitCode.OK


def show_listed(listed: Listed, *, is_installed: bool, as_json: bool) -> None:
    """Show what a catalog says."""
    here = frozenset({listed.id} if is_installed else ())
    if as_json:
        print_json(listed_object(listed, here))
        return
    paint = painter(sys.stdout, os.environ)
    source = listed.source
    policy = "may be installed" if source.is_installable else "to look at only"
    notes = [
        one_line(listed.text("description"), 200),
        f"in the catalog '{one_line(source.name)}' ({policy})",
        f"author {one_line(listed.text('author'))}" if listed.text("author") else "",
        f"tags {one_line(', '.join(listed.tags), 160)}" if listed.tags else "",
        f"versions {one_line(', '.join(listed.versions), 160)}" if listed.versions else "",
        "" if is_installed else paint("not installed", Role.WARNING),
    ]
    about = f"{one_line(listed.text('version'))}  {one_line(listed.text('name') or listed.id)}"
    title = f"{paint(listed.id, Role.NAME)} {paint(about, Role.QUIET)}"
    print_outline(Outline(title=title, notes=tuple(filter(None, notes))), sys.stdout)


def _show_installed(places: Places, installed: Installed, *, as_json: bool) -> None:
    plan = None
    if installed.file is not None:
        refuse_links(places, installed.file)
        plan = compile_file(
            installed.file,
            lenient=True,
            step_types=types_around(installed.file),
            callees=ProjectCallees(root=places.project),
        ).plan
    if as_json:
        print_json(_object(installed, plan))
        return
    paint = painter(sys.stdout, os.environ)
    version = installed.text("version") or (plan.version if plan is not None else "")
    name = plan.name if plan is not None else installed.text("name")
    about = paint(f"{one_line(version)}  {one_line(name)}", Role.QUIET)
    children = tuple(_parts(plan, paint)) if plan is not None else ()
    notes = tuple(_notes(installed, plan, paint))
    title = f"{paint(installed.id, Role.NAME)} {about}"
    print_outline(Outline(title=title, notes=notes, children=children), sys.stdout)


def _notes(installed: Installed, plan: Plan | None, paint: Paint) -> Iterator[str]:
    described = plan.description if plan is not None else installed.text("description")
    if described:
        yield one_line(described, 200)
    origin = installed.text("url") or installed.text("source")
    yield f"installed from {one_line(origin, 200)}" if origin else "installed"
    word, role = standing(installed)
    if word:
        yield paint(word, role or Role.WARNING)
    if plan is None and installed.file is not None:
        yield paint(f"it does not compile: 'treadle validate {installed.id}' says why", Role.ERROR)


def _parts(plan: Plan, paint: Paint) -> Iterator[Outline]:
    inputs = InputSet(plan.inputs)
    if inputs.names:
        told = tuple(Outline(title=_input_line(inputs, name, paint)) for name in inputs.names)
        yield Outline(title=paint("inputs", Role.QUIET), children=told)
    steps = tuple(
        Outline(title=f"{paint(one_line(step.id), Role.NAME)}  {type_name(step)}")
        for step in plan.steps
    )
    yield Outline(title=paint("steps", Role.QUIET), children=steps)
    yield from act_outlines(acts_of(plan), secrets_of(plan), paint)


def _input_line(inputs: InputSet, name: str, paint: Paint) -> str:
    question = inputs.describe(name)
    words = [question.type_word or "any value"]
    words += ["required" if question.is_required else "optional"]
    words += ["secret"] if question.is_secret else []
    return f"{paint(one_line(name), Role.NAME)}  {', '.join(words)}"


def _object(installed: Installed, plan: Plan | None) -> dict[str, Json]:
    told = {**installed_object(installed), "installed": True, "compiles": plan is not None}
    if plan is None:
        return told
    inputs = InputSet(plan.inputs)
    return {
        **told,
        "name": plan.name,
        "version": plan.version,
        "description": plan.description,
        "plan_digest": plan.digest,
        "inputs": inputs.json_schema(),
        "steps": [{"id": step.id, "type": type_name(step)} for step in plan.steps],
        "acts": [{"kind": a.kind.value, "path": a.path, "text": a.text} for a in acts_of(plan)],
        "secrets": [{"name": s.name, "readers": list(s.readers)} for s in secrets_of(plan)],
    }
