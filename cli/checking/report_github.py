"""Findings as annotations of a GitHub Actions job.

GitHub shows ten annotations of each severity a step and drops the rest silently: so errors come
first, and what has no room is told in one notice and listed in the log.

Source: GitHub's "Workflow commands"; https://github.com/actions/toolkit, core/src/command.ts.
"""

from collections.abc import Callable, Iterator, Sequence

from treadle.cli.checking.findings import Checked, Summary
from treadle.cli.text.counted import counted
from treadle.cli.text.visible import one_line, visible
from treadle.compiler.diagnostics import Diagnostic
from treadle.plan.catalogue import Severity

MAX_ANNOTATIONS = 10

_SHOWN = (Severity.ERROR, Severity.WARNING)
_NO_LIMIT = 10_000

_Found = tuple[str, Diagnostic]


def github_lines(
    checked: Sequence[Checked], *, path_of: Callable[[str], str] = str
) -> Iterator[str]:
    """Yield the lines of the log: workflow commands, and a group with what got no annotation.

    Shapes: `path_of` gives a path as seen from the root of the repository.
    """
    rest: list[_Found] = []
    for severity in _SHOWN:
        found = [
            (path_of(file.path), diagnostic)
            for file in checked
            for diagnostic in file.diagnostics
            if diagnostic.severity is severity
        ]
        for path, diagnostic in found[:MAX_ANNOTATIONS]:
            yield _annotation(path, diagnostic)
        rest += found[MAX_ANNOTATIONS:]
    if rest:
        yield from _without_room(rest, Summary.of(checked))


def _annotation(path: str, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    properties = {"file": visible(path), "line": span.line}
    if span.line == span.end_line:
        # GitHub refuses columns of an annotation that ends on another line.
        properties |= {"col": span.column}
    properties |= {"endLine": span.end_line}
    if span.line == span.end_line:
        properties |= {"endColumn": span.end_column}
    properties |= {"title": f"{diagnostic.code} {diagnostic.name}"}
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{diagnostic.severity.value} {shown}::{_data(_message(diagnostic))}"


def _message(diagnostic: Diagnostic) -> str:
    lines = [visible(diagnostic.message)]
    lines += [] if diagnostic.hint is None else [f"hint: {visible(diagnostic.hint)}"]
    # Places in other files have no annotation of their own.
    lines += [
        f"{one_line(each.path)}:{each.span.line}:{each.span.column}: {visible(each.message)}"
        for each in diagnostic.related
        if each.path is not None
    ]
    return "\n".join(lines)


def _without_room(rest: Sequence[_Found], summary: Summary) -> Iterator[str]:
    more = {
        severity: sum(diagnostic.severity is severity for _, diagnostic in rest)
        for severity in _SHOWN
    }
    counts = " and ".join(
        counted(count, f"more {severity.value}") for severity, count in more.items() if count
    )
    yield f"::notice title=treadle::{_data(f'{counts} in the log of this step ({summary})')}"
    yield "::group::findings without an annotation"
    for path, diagnostic in rest:
        # The severity in front keeps a path or message from being read as a workflow command.
        place = f"{one_line(path)}:{diagnostic.span.line}:{diagnostic.span.column}"
        message = one_line(diagnostic.message, _NO_LIMIT)
        yield f"{diagnostic.severity.value} {diagnostic.code} {place} {message}"
    yield "::endgroup::"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
