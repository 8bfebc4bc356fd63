"""Findings about files as people read them: place, message, source line, hint.

The first line of each finding is ``path:line:column: severity CODE: message``, which editors and
``grep`` know.
"""

from collections.abc import Iterator

from treadle.cli.checking.findings import Checked
from treadle.cli.text.excerpt import MAX_WIDTH, excerpt
from treadle.cli.text.paint import Paint, Role
from treadle.cli.text.visible import visible
from treadle.compiler.diagnostics import Diagnostic, Span
from treadle.plan.catalogue import Severity

_INDENT = "    "
_ROLES = {Severity.ERROR: Role.ERROR, Severity.WARNING: Role.WARNING}


def report_lines(checked: Checked, paint: Paint, *, width: int = MAX_WIDTH) -> Iterator[str]:
    """Yield the lines of everything that was found in a file, a blank one after each finding."""
    for diagnostic in checked.diagnostics:
        yield from _finding(checked, diagnostic, paint, width=width)
        yield ""


def _finding(
    checked: Checked, diagnostic: Diagnostic, paint: Paint, *, width: int
) -> Iterator[str]:
    role = _ROLES.get(diagnostic.severity, Role.QUIET)
    word = paint(f"{diagnostic.severity.value} {diagnostic.code}:", role)
    place = paint(_place(checked.path, diagnostic.span), Role.NAME)
    yield f"{place} {word} {visible(diagnostic.message)}"
    shown = excerpt(checked.text, diagnostic.span, width=width - len(_INDENT))
    if shown is not None:
        yield _INDENT + shown[0]
        yield _INDENT + paint(shown[1], role)
    if diagnostic.hint is not None:
        yield f"{_INDENT}{paint('hint:', Role.WAITING)} {visible(diagnostic.hint)}"
    for related in diagnostic.related:
        path = related.path or checked.path
        yield f"{_INDENT}{_place(path, related.span)} {visible(related.message)}"


def _place(path: str, span: Span) -> str:
    return f"{visible(path)}:{span.line}:{span.column}:"
