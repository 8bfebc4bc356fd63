"""Findings about files as programs read them. Source: schemas/report.schema.json."""

from collections.abc import Sequence

from treadle.cli.findings import Checked, Summary
from treadle.compiler.diagnostics import Diagnostic, Related
from treadle.plan.expression import Json

REPORT_VERSION = 1


def report_object(checked: Sequence[Checked], *, lenient: bool) -> dict[str, Json]:
    """Return the report as JSON data."""
    summary = Summary.of(checked)
    return {
        "version": REPORT_VERSION,
        "lenient": lenient,
        "files": [file.path for file in checked],
        "diagnostics": [
            _diagnostic(file.path, diagnostic)
            for file in checked
            for diagnostic in file.diagnostics
        ],
        "summary": {
            "errors": summary.errors,
            "warnings": summary.warnings,
            "files": summary.files,
        },
    }


def _diagnostic(path: str, diagnostic: Diagnostic) -> dict[str, Json]:
    span = diagnostic.span
    return {
        "path": path,
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "hint": diagnostic.hint,
        "doc": f"docs/diagnostics.md#{diagnostic.code.lower()}",
        "related": [_related(path, related) for related in diagnostic.related],
    }


def _related(path: str, related: Related) -> dict[str, Json]:
    span = related.span
    return {
        "path": path,
        "message": related.message,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
