"""``treadle resolve``: the layers of an installed workflow, and whose each of its steps is."""

import difflib
import os
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from treadle.cli.checking.plan_source import near_path, tell_findings
from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption
from treadle.cli.project.available_types import types_around
from treadle.cli.project.callees_around import ProjectCallees
from treadle.cli.project.library_access import places_of, rejecting_library
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.columns import Cell, columns
from treadle.cli.text.counted import counted
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Paint, Role, painter
from treadle.cli.text.visible import one_line
from treadle.compiler import Compilation, compile_file
from treadle.compiler.composing.merge import Placed, placed_steps
from treadle.compiler.reading.layers import part_of, place_in
from treadle.compiler.reading.nodes import Mapping, Node, Scalar
from treadle.library.installed import known_ids
from treadle.library.kinds import WORKFLOWS
from treadle.library.overlay_files import Home, Kept, kept_overlays
from treadle.plan.expression import Json

BASE = "base"
PROJECT = "project"
_WORKFLOW = "workflow"


def resolve(
    settings: Settings,
    workflow_id: Annotated[
        str, typer.Argument(metavar="ID", help="The id of an installed workflow.")
    ],
    as_json: JsonOption = False,
) -> int:
    """Show the overlays of an installed workflow, who wins first, and whose each step is."""
    home = find_home(settings, workflow_id)
    with rejecting_library():
        kept = tuple(each for each in kept_overlays(home) if each.declared.is_enabled)
    paths = [near_path(each.path) for each in kept]
    base = near_path(home.base)
    compilation = compile_file(
        base,
        lenient=True,
        overlays=paths,
        step_types=types_around(base),
        callees=ProjectCallees(root=home.project),
    )
    if compilation.workflow is None:
        tell_findings(compilation, lenient=True)
        raise Rejected()
    if as_json:
        print_json(_object(home, kept, compilation))
        return ExitCode.OK
    paint = painter(sys.stdout, os.environ)
    for line in (*_layer_lines(home, kept, paint), "", *_step_lines(compilation, paint)):
        print(line)
    return ExitCode.OK


def find_home(settings: Settings, workflow_id: str) -> Home:
    """Return where the overlays of an installed workflow are.

    Errors: Rejected with TR956, or TR957 when it is not installed.
    """
    with rejecting_library():
        places = places_of(settings)
        home = Home(project=places.project, workflow=WORKFLOWS.check_id(workflow_id))
    if not home.base.is_file():
        near = difflib.get_close_matches(workflow_id, known_ids(home.project), 1)
        hint = f"did you mean '{near[0]}'?" if near else None
        raise Rejected.because("TR957", id=workflow_id, hint=hint)
    return home


def _layer_lines(home: Home, kept: tuple[Kept, ...], paint: Paint) -> Iterator[str]:
    count = counted(len(kept), "overlay")
    yield f"{paint(home.workflow, Role.NAME)}: {count}"
    rows: list[list[Cell]] = [[(head, Role.QUIET) for head in ("LAYER", "PRIORITY", "FILE")]]
    for each in kept:
        overlay = each.declared.overlay
        assert overlay is not None
        shown = one_line(str(near_path(each.path)), 200)
        rows.append([(overlay.id, Role.NAME), (str(overlay.priority), None), (shown, Role.QUIET)])
    base = one_line(str(near_path(home.base)), 200)
    rows.append([(_WORKFLOW, None), ("–", None), (base, Role.QUIET)])
    yield from columns(rows, paint)


def _step_lines(compilation: Compilation, paint: Paint) -> Iterator[str]:
    rows: list[list[Cell]] = [[(head, Role.QUIET) for head in ("STEP", "TYPE", "FROM", "PLACE")]]
    for placed in _steps(compilation):
        layer, path, line, _ = _origin(compilation, placed)
        name = "  " * len(placed.around) + one_line(_text(placed.step.get("id")), 60)
        whose = (layer, Role.GOOD) if layer is not None else (_WORKFLOW, None)
        place = (f"{one_line(path, 200)}:{line}", Role.QUIET)
        kind = one_line(_text(placed.step.get("type")), 20) or "command"
        rows.append([(name, None), (kind, None), whose, place])
    yield from columns(rows, paint)
    if compilation.removed:
        yield ""
    for step, cause in compilation.removed.items():
        gone = paint(f"{one_line(step, 60)} is gone:", Role.WARNING)
        yield f"{gone} {one_line(cause, 200)}"


def _object(home: Home, kept: tuple[Kept, ...], compilation: Compilation) -> dict[str, Json]:
    """Return the layers as JSON data, with the members that Spec Kit has for them."""
    layers: list[Json] = [
        {
            "source": f"{PROJECT}:{each.declared.overlay.id}",
            "tier": "project-overlay",
            "priority": each.declared.overlay.priority,
            "path": str(near_path(each.path)),
        }
        for each in kept
        if each.declared.overlay is not None
    ]
    base = {"source": BASE, "tier": BASE, "priority": None, "path": str(near_path(home.base))}
    return {
        "workflow_id": home.workflow,
        "layers": [*layers, base],
        "attribution": [_attribution(compilation, placed) for placed in _steps(compilation)],
        "removed": dict(compilation.removed),
    }


def _attribution(compilation: Compilation, placed: Placed) -> dict[str, Json]:
    layer, path, line, column = _origin(compilation, placed)
    return {
        "step_id": _text(placed.step.get("id")),
        "source": BASE if layer is None else f"{PROJECT}:{layer}",
        "path": path,
        "line": line,
        "column": column,
    }


def _steps(compilation: Compilation) -> Iterator[Placed]:
    root = compilation.document.root if compilation.document is not None else None
    return placed_steps(root) if isinstance(root, Mapping) else iter(())


def _origin(compilation: Compilation, placed: Placed) -> tuple[str | None, str, int, int]:
    """Return the overlay that brings a step, and the file, line and column it stands at."""
    document = compilation.document
    assert document is not None
    span = (placed.step.get("id") or placed.step).span
    part = part_of(document, span)
    if part is None:
        return None, compilation.path, span.line, span.column
    own = place_in(part, span)
    return part.layer, part.path, own.line, own.column


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, Scalar) else ""
