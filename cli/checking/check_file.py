"""Checking one file, be it a workflow or a compiled plan, whose findings are told alike."""

from pathlib import Path

from msgspec.structs import replace

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.ignores import apply_ignores
from treadle.cli.checking.plan_source import is_plan, is_plan_file
from treadle.cli.project.available_types import types_around
from treadle.cli.project.callees_around import callees_around
from treadle.compiler import Compilation, compile_bytes, compile_file
from treadle.compiler.diagnostics import START, Diagnostic, Report
from treadle.compiler.reading.layers import SourceFile
from treadle.compiler.reading.source import read_source
from treadle.plan.catalogue import BY_CODE, Severity
from treadle.plan.collector import without_collector
from treadle.plan.plan_file import PlanError, parse_plan


def check_files(path: str, *, lenient: bool) -> tuple[Checked, ...]:
    """Check the file at a path together with the step types of the project that it names.

    A file that cannot be read has a TR101. What is wrong with step types is told, and not mended:
    other workflows have them, too.
    """
    if _is_plan_file(path):
        report = Report(lenient=lenient)
        source = read_source(Path(path), report=report)
        if source is None:
            return (Checked(path=path, text="", diagnostics=report.diagnostics),)
        return (_check_plan(source, path=path),)
    with without_collector():
        compilation = compile_file(
            path,
            lenient=lenient,
            step_types=types_around(path),
            callees=callees_around(path),
        )
        own, *others = checked_files(compilation, lenient=lenient)
    return (own, *(_unmendable(each) for each in others if each.diagnostics))


def _is_plan_file(path: str) -> bool:
    try:
        return is_plan_file(Path(path))
    except OSError:
        return False  # whoever reads it as a workflow tells why it cannot be read


def check_bytes(source: bytes, *, path: str, lenient: bool) -> Checked:
    """Check what came without a file; `path` is only shown."""
    if is_plan(source, name=path):
        return _check_plan(source, path=path)
    with without_collector():
        compilation = compile_bytes(
            source,
            path=path,
            lenient=lenient,
            step_types=types_around(path),
            callees=callees_around(path),
        )
        return checked_files(compilation, lenient=lenient)[0]


def checked_files(compilation: Compilation, *, lenient: bool) -> tuple[Checked, ...]:
    """Return what was found in the files of a workflow, without what their comments ignore."""
    return tuple(checked_file(file, lenient=lenient) for file in compilation.files)


def checked_file(file: SourceFile, *, lenient: bool) -> Checked:
    """Return what was found in one file, without what comments in it ignore."""
    checked = Checked(path=file.path, text=file.text, diagnostics=file.diagnostics)
    return apply_ignores(checked, file.document, lenient=lenient)


def _unmendable(checked: Checked) -> Checked:
    plain = tuple(replace(found, fix=None) for found in checked.diagnostics)
    return replace(checked, diagnostics=plain)


def _check_plan(source: bytes, *, path: str) -> Checked:
    try:
        parse_plan(source)
    except PlanError as error:
        problem = error.problem
        found = Diagnostic(
            code=problem.code,
            name=BY_CODE[problem.code].name,
            severity=Severity.ERROR,
            message=problem.message,
            span=START,
            hint=problem.hint,
        )
        return Checked(path=path, text="", diagnostics=(found,))
    return Checked(path=path, text="", diagnostics=())
