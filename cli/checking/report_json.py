"""Findings about files as programs read them. Source: schemas/report.schema.json."""

from collections.abc import Sequence

from treadle.cli.checking.findings import Checked, Summary
from treadle.compiler.diagnostics import Diagnostic, Edit, Fix, Related, Span
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
            finding_object(file.path, diagnostic)
            for file in checked
            for diagnostic in file.diagnostics
        ],
        "summary": {
            "errors": summary.errors,
            "warnings": summary.warnings,
            "files": summary.files,
        },
    }


def finding_object(path: str, diagnostic: Diagnostic) -> dict[str, Json]:
    """Return one finding about the file at a path, as `$defs/diagnostic` of the schema has it."""
    return {
        "path": path,
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "hint": diagnostic.hint,
        "doc": f"treadle explain {diagnostic.code}",
        "related": [_related(path, related) for related in diagnostic.related],
        "fix": None if diagnostic.fix is None else _fix(diagnostic.fix),
    }


def _related(path: str, related: Related) -> dict[str, Json]:
    path = related.path or path
    return {"path": path, "message": related.message, **_place(related.span)}


def _fix(fix: Fix) -> dict[str, Json]:
    return {
        "title": fix.title,
        "is_safe": fix.is_safe,
        "edits": [_edit(edit) for edit in fix.edits],
    }


def _edit(edit: Edit) -> dict[str, Json]:
    return {**_place(edit.span), "text": edit.text}


def _place(span: Span) -> dict[str, Json]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
