"""A step type as a tree: what it takes, what it gives, and everything that its steps do."""

import os
import sys
from collections.abc import Iterator, Mapping

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.report_text import report_lines
from treadle.cli.packages.package_outline import act_outlines, files_outline, plainly
from treadle.cli.project.known_types import NOT_RUN, KnownType
from treadle.cli.text.byte_sizes import byte_size
from treadle.cli.text.outline import Outline
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.visible import one_line
from treadle.library.acts import acts_of, secrets_of
from treadle.library.package import Package
from treadle.library.registry import Entry
from treadle.library.step_types import Candidate
from treadle.plan.expression import Json
from treadle.plan.problems import shown
from treadle.plan.yaml_text import to_yaml


def step_type_outline(known: KnownType, paint: Paint, *, where: str | None = None) -> Outline:
    """Return a step type with its inputs and outputs, and what its steps do.

    Shapes: `where` tells where it comes from, if that is no place of the project.
    """
    notes = [one_line(known.description, 200)] if known.description else []
    notes.append(where or f"from the {known.origin.value} {one_line(known.place, 200)}")
    if known.fault is not None:
        notes.append(paint(one_line(known.fault, 400), Role.WARNING))
    children = [
        *_members("takes", known.input_schema, paint),
        *_members("gives", known.output_schema, paint),
    ]
    if known.plan is not None:
        children += act_outlines(acts_of(known.plan), secrets_of(known.plan), paint)
    elif known.package is not None:
        told = f"the code of the package '{one_line(known.package)}', which can do anything"
        children.append(Outline(title=paint("runs", Role.WARNING), notes=(told,)))
    title = paint(one_line(known.name), Role.NAME)
    return Outline(title=title, notes=tuple(notes), children=tuple(children))


def spec_kit_outline(package: Package, id: str, entry: Entry, paint: Paint) -> Outline:
    """Return a step package of Spec Kit with its files, and what treadle does not do with it."""
    count = len(package.files)
    files = f"{count} files, {byte_size(package.size)}"
    described = one_line(str(entry.get("description") or ""), 200)
    notes = (
        *((described,) if described else ()),
        f"from {one_line(package.label, 200)} ({files})",
        paint(NOT_RUN, Role.WARNING),
    )
    code = "its Python code, whenever Spec Kit runs in this project; it can do anything"
    about = f"{one_line(str(entry.get('version')), 40)}  {one_line(str(entry.get('name')), 100)}"
    return Outline(
        title=f"{paint(one_line(id), Role.NAME)} {paint(about, Role.QUIET)}",
        notes=notes,
        children=(
            Outline(title=paint("runs", Role.WARNING), notes=(code,)),
            files_outline(package, paint),
        ),
    )


def tell_findings(candidate: Candidate) -> None:
    """Tell what was found in the files of a step type."""
    paint = painter(sys.stderr, os.environ)
    for file in candidate.files:
        checked = Checked(path=file.path, text=file.text, diagnostics=file.diagnostics)
        for line in report_lines(checked, paint):
            print(line, file=sys.stderr)


def _members(title: str, schema: Mapping[str, Json] | None, paint: Paint) -> Iterator[Outline]:
    properties = schema.get("properties") if schema is not None else None
    if not isinstance(properties, Mapping) or not properties:
        return
    required = schema.get("required") if schema is not None else None
    needed = required if isinstance(required, list) else []
    lines = tuple(
        Outline(title=_line(name, found, is_needed=name in needed, paint=paint))
        for name, found in properties.items()
    )
    yield Outline(title=paint(title, Role.QUIET), children=lines)


def _line(name: str, schema: Json, *, is_needed: bool, paint: Paint) -> str:
    told = schema if isinstance(schema, Mapping) else {}
    words = [str(told.get("type", "anything"))]
    words += [f"one of {', '.join(map(shown, listed))}"] if (listed := _listed(told)) else []
    words += ["required"] if is_needed else []
    words += [f"default {shown(told['default'])}"] if "default" in told else []
    about = told.get("description")
    described = f": {one_line(about, 120)}" if isinstance(about, str) and about else ""
    return f"{paint(plainly(one_line(name)), Role.NAME)}  {', '.join(words)}{described}"


def _listed(schema: Mapping[str, Json]) -> list[Json]:
    found = schema.get("enum")
    return found if isinstance(found, list) else []


def declaration_of(known: KnownType) -> str:
    """Return what a workflow declares that is also checked where the package is missing."""
    declared: dict[str, Json] = {
        "package": known.package,
        "input_schema": known.input_schema,
        "output_schema": known.output_schema,
    }
    described = {"description": known.description} if known.description else {}
    return to_yaml({"step_types": {known.name: {**described, **declared}}})
