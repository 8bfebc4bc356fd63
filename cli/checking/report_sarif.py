"""Findings as SARIF 2.1.0, which code scanning services read.

Each code that was found is a rule with its page as help. Columns count characters, not UTF-16
units, and the report says so.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from treadle.cli.checking.findings import Checked
from treadle.cli.pages import page
from treadle.compiler.diagnostics import Diagnostic, Fix, Related, Span
from treadle.plan.catalogue import BY_CODE, Severity
from treadle.plan.expression import Json

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_ROOT = "%SRCROOT%"


def sarif_object(
    checked: Sequence[Checked], *, version: str, path_of: Callable[[str], str] = str
) -> dict[str, Json]:
    """Return the report as JSON data.

    Shapes: `version` is that of the program; `path_of` gives a path as seen from the root of the
    repository.
    """
    codes = sorted({found.code for file in checked for found in file.diagnostics})
    driver: dict[str, Json] = {
        "name": "treadle",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(code) for code in codes],
    }
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "results": [
            _result(diagnostic, rule=codes.index(diagnostic.code), path=file.path, path_of=path_of)
            for file in checked
            for diagnostic in file.diagnostics
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Json]:
    entry = BY_CODE[code]
    text = page(code) or ""
    level = Severity.WARNING if entry.strict is Severity.OFF else entry.strict
    return {
        "id": code,
        "name": entry.name,
        "shortDescription": {"text": _first_sentence(text)},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": level.value},
        "properties": {"problem.severity": level.value, "tags": ["workflow"]},
    }


def _first_sentence(text: str) -> str:
    """Return the first paragraph of a page, in one line."""
    return " ".join(text.split("\n\n", 2)[1].split())


def _result(
    diagnostic: Diagnostic, *, rule: int, path: str, path_of: Callable[[str], str]
) -> dict[str, Json]:
    hint = diagnostic.hint
    message = diagnostic.message if hint is None else f"{diagnostic.message}\nhint: {hint}"
    result: dict[str, Json] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": message},
        "locations": [{"physicalLocation": _location(path_of(path), diagnostic.span)}],
    }
    if diagnostic.related:
        result["relatedLocations"] = list(_related(path, diagnostic.related, path_of))
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(path_of(path), diagnostic.fix)]
    return result


def _related(path: str, places: Sequence[Related], path_of: Callable[[str], str]) -> Iterator[Json]:
    for number, related in enumerate(places):
        yield {
            "id": number,
            "message": {"text": related.message},
            "physicalLocation": _location(path_of(related.path or path), related.span),
        }


def _fix(path: str, fix: Fix) -> dict[str, Json]:
    replacements: list[Json] = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    change: dict[str, Json] = {"artifactLocation": _artifact(path), "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _location(path: str, span: Span) -> dict[str, Json]:
    return {"artifactLocation": _artifact(path), "region": _region(span)}


def _artifact(path: str) -> dict[str, Json]:
    if os.path.isabs(path):
        return {"uri": Path(path).as_uri()}
    # A path may hold bytes that are no text; a URI escapes them one by one.
    return {"uri": quote(os.fsencode(Path(path).as_posix())), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, Json]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
