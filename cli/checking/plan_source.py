"""From the word SOURCE of a command to a plan: a workflow file, a plan file, an installed id.

A plan file is read without the compiler, which takes longer to import than a small plan to run.
"""

import codecs
import difflib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings
from treadle.cli.text.paint import painter
from treadle.plan.plan import Plan
from treadle.plan.plan_file import PlanError, parse_plan

if TYPE_CHECKING:
    from treadle.compiler import Compilation

STDIN = "-"
PLAN_SUFFIX = ".plan.json"

_OPENING_BYTES = 160


class Loaded(Struct, frozen=True, kw_only=True):
    """A plan, the folder that its workflow calls its own, and its file, None for stdin."""

    plan: Plan
    folder: Path
    path: Path | None = None


def is_plan(source: bytes, *, name: str = "") -> bool:
    """Whether bytes are meant to be a plan file: its name tells, or its first member does.

    The member does not depend on the layout; the name does not depend on the order of members.
    """
    if name.lower().endswith(PLAN_SUFFIX):
        return True
    opening = source[:_OPENING_BYTES].removeprefix(codecs.BOM_UTF8).lstrip()
    return opening.startswith(b"{") and opening[1:].lstrip().startswith(b'"format"')


def is_plan_file(path: Path) -> bool:
    """Whether a path names a file that is meant to be a plan. Errors: OSError."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_plan(file.read(_OPENING_BYTES), name=path.name)


def load_plan(
    source: str, settings: Settings, *, project: Callable[[], Path], lenient: bool
) -> Loaded:
    """Return the plan that a SOURCE stands for; warnings of the compiler are told.

    Shapes: `project` is asked for only when the source is no file.
    Errors: Rejected; what the compiler found was told then.
    """
    if source == STDIN:
        text = sys.stdin.buffer.read()
        plan = _read_plan(text) if is_plan(text) else _compile(text, settings, lenient=lenient)
        return Loaded(plan=plan, folder=Path.cwd())
    overlays: Sequence[Path] = ()
    path = Path(source)
    if not os.path.exists(source) or (os.path.isdir(source) and os.sep not in source):
        path = near_path(_installed(source, project))
        overlays = _overlays(path)
    try:
        content = path.read_bytes() if is_plan_file(path) else None
    except OSError as error:
        raise Rejected.because("TR101", path=path, reason=error.strerror) from error
    if content is not None:
        plan = _read_plan(content)
    else:
        plan = _compile(path, settings, lenient=lenient, overlays=overlays)
    return Loaded(plan=plan, folder=Path(os.path.abspath(path)).parent, path=path)


def _installed(source: str, project: Callable[[], Path]) -> Path:
    """Return the file of an installed workflow."""
    is_path = os.sep in source or source.lower().endswith((".yml", ".yaml", ".json"))
    if is_path:
        reason = "it is a folder" if os.path.isdir(source) else "no such file or directory"
        raise Rejected.because("TR101", path=source, reason=reason)
    # Most sources are files.
    from treadle.cli.project.library_access import rejecting_library
    from treadle.library.installed import find_installed, known_ids

    root = project()
    with rejecting_library():
        path = find_installed(root, source)
    if path is None:
        near = difflib.get_close_matches(source, known_ids(root), 1)
        reason = "no such file, and no workflow of that id is installed"
        hint = f"did you mean '{near[0]}'?" if near else None
        raise Rejected.because("TR101", path=source, reason=reason, hint=hint)
    return path


def _overlays(path: Path) -> Sequence[Path]:
    """Return the overlays of an installed workflow."""
    # A file that is named has none, and should not wait for what knows them.
    from treadle.cli.project.library_access import rejecting_library
    from treadle.library.overlay_files import home_of_workflow, overlay_paths

    home = home_of_workflow(path)
    with rejecting_library():
        found = overlay_paths(home) if home is not None else ()
    return [near_path(overlay) for overlay in found]


def near_path(path: Path) -> Path:
    """Return a path as it is best shown: from the working directory, if it is below."""
    shown = os.path.relpath(path)
    return path if shown.startswith(os.pardir) else Path(shown)


def _read_plan(source: bytes) -> Plan:
    try:
        return parse_plan(source)
    except PlanError as error:
        raise Rejected(error.problem) from error


def _compile(
    source: Path | bytes, settings: Settings, *, lenient: bool, overlays: Sequence[Path] = ()
) -> Plan:
    # Imported here for the sake of plan files, see above.
    from treadle.cli.project.available_types import types_around
    from treadle.cli.project.callees_around import callees_around
    from treadle.compiler import compile_bytes, compile_file

    if isinstance(source, bytes):
        compilation = compile_bytes(
            source,
            path="<stdin>",
            lenient=lenient,
            step_types=types_around(),
            callees=callees_around(),
        )
    else:
        compilation = compile_file(
            source,
            lenient=lenient,
            overlays=overlays,
            step_types=types_around(source),
            callees=callees_around(source),
        )
    if compilation.plan is None or not settings.is_quiet:
        tell_findings(compilation, lenient=lenient)
    if compilation.plan is None:
        raise Rejected()
    return compilation.plan


def tell_findings(compilation: "Compilation", *, lenient: bool) -> None:
    """Tell what was found in a workflow and its overlays, and how much when there is no plan."""
    from treadle.cli.checking.check_file import checked_files
    from treadle.cli.checking.findings import Checked, Summary

    checked = tuple(
        Checked(path=file.path, text=file.text, diagnostics=file.diagnostics)
        for file in compilation.files
    )
    if compilation.plan is not None:
        # Of a refused workflow everything is told: what is ignored may be why.
        checked = checked_files(compilation, lenient=lenient)
    if any(file.diagnostics for file in checked):
        from treadle.cli.checking.report_text import (
            report_lines,  # 5 ms, and most runs find nothing
        )

        paint = painter(sys.stderr, os.environ)
        for line in (line for file in checked for line in report_lines(file, paint)):
            print(line, file=sys.stderr)
    if compilation.plan is None:
        print(Summary.of(checked), file=sys.stderr)
