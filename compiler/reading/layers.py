"""The files of a workflow with overlays as one text, and back from it to each file.

The overlays stand behind the workflow as if all were one file, two line ends apart. So a place is
a place in one text for every stage and every rule, and only who tells findings looks back.
"""

from bisect import bisect_right
from collections.abc import Mapping as Table

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler.diagnostics import Diagnostic, Edit, Fix, Related, Report, Span
from treadle.compiler.reading.document import load
from treadle.compiler.reading.nodes import Document, Entry, Mapping, Node, Part, Scalar, Sequence
from treadle.compiler.reading.positions import line_starts

_KEPT_ID = "let the overlay keep a step of that id, or edit what reads it as well"
_GAP = "\n\n"  # the end of one file is no place in the next


class OverlayFile(Struct, frozen=True, kw_only=True):
    """The file of an overlay as the compiler is given it.

    Shapes: `path` is only shown; `source` is empty when `problems` say why it cannot be read.
    With `is_forced` it is applied even when it says that it is disabled.
    """

    path: str
    source: bytes
    problems: tuple[Diagnostic, ...] = ()
    is_forced: bool = False


class SourceFile(Struct, frozen=True, kw_only=True):
    """One file of a compilation with what was found in it.

    Shapes: `document` has places of this file only, None when it is not YAML; `layer` is the id
    of the overlay that the file is, None for the workflow itself.
    """

    path: str
    text: str
    document: Document | None
    diagnostics: tuple[Diagnostic, ...]
    layer: str | None = None


def begin(document: Document) -> Document:
    """Return a document that overlays can be put behind."""
    first = Part(path=document.path, text=document.text, first_line=1, offset=0, root=document.root)
    return replace(document, parts=(first,))


def put_behind(document: Document, file: OverlayFile, report: Report) -> Document:
    """Return a document with one more file behind those that it has.

    Errors: those of reading and loading the file; it has no `root` then.
    """
    text = document.text + _GAP
    own = Report(lenient=report.lenient)
    found = load(file.source, path=file.path, report=own) if not file.problems else None
    decoded = file.source.decode("utf-8", "replace").removeprefix("\ufeff")
    part = Part(
        path=file.path,
        text=found.text if found is not None else decoded,
        first_line=len(line_starts(text)),
        offset=len(text),
    )
    for problem in (*file.problems, *own.diagnostics):
        report.adopt(_moved(problem, part.first_line - 1))
    if found is not None:
        part = replace(part, root=_Mover(part.first_line - 1, part.offset).node(found.root))
    return replace(document, text=text + part.text, parts=(*document.parts, part))


def part_of(document: Document, span: Span) -> Part | None:
    """Return the file that a place is in, None when the document is one file."""
    if not document.parts:
        return None
    first_lines = [part.first_line for part in document.parts]
    return document.parts[bisect_right(first_lines, span.line) - 1]


def place_in(part: Part, span: Span) -> Span:
    """Return a place of the text of all files as a place of the file that it is in."""
    return _shifted(span, 1 - part.first_line)


def text_at(document: Document, span: Span) -> str:
    """Return what stands at a place of one line; empty for a longer one."""
    starts = line_starts(document.text)
    if span.line != span.end_line or not 1 <= span.line <= len(starts):
        return ""
    start = starts[span.line - 1]
    return document.text[start + span.column - 1 : start + span.end_column - 1]


def told_apart(
    document: Document, diagnostics: tuple[Diagnostic, ...], *, removed: Table[str, Related]
) -> tuple[SourceFile, ...]:
    """Return the files of a document, each with its findings in places of its own.

    A finding about a step that an overlay took away gets the place where that is done.

    Shapes: `removed` holds ids of steps.
    """
    found: list[list[Diagnostic]] = [[] for _ in document.parts]
    for diagnostic in diagnostics:
        part = part_of(document, diagnostic.span)
        assert part is not None
        cause = removed.get(text_at(document, diagnostic.span).strip("'\""))
        if cause is not None and cause.span not in [each.span for each in diagnostic.related]:
            # What the author of the workflow wrote is right: nothing is to be mended there.
            related = (*diagnostic.related, cause)
            diagnostic = replace(diagnostic, related=related, fix=None, hint=_KEPT_ID)
        found[document.parts.index(part)].append(_in_own_file(diagnostic, document, part))
    return tuple(
        SourceFile(
            path=part.path,
            text=part.text,
            document=_own_document(part),
            diagnostics=tuple(diagnostics),
            layer=part.layer,
        )
        for part, diagnostics in zip(document.parts, found, strict=True)
    )


def _in_own_file(diagnostic: Diagnostic, document: Document, part: Part) -> Diagnostic:
    fix = diagnostic.fix
    if fix is not None:
        # What would have to be written into two files at once is left to people.
        is_inside = all(part_of(document, edit.span) is part for edit in fix.edits)
        fix = _moved_fix(fix, 1 - part.first_line) if is_inside else None
    return replace(
        diagnostic,
        span=place_in(part, diagnostic.span),
        related=tuple(_related(each, document, part) for each in diagnostic.related),
        fix=fix,
        path=part.path if part is not document.parts[0] else None,
    )


def _related(related: Related, document: Document, part: Part) -> Related:
    other = part_of(document, related.span)
    assert other is not None
    path = other.path if other is not part else None
    return replace(related, span=place_in(other, related.span), path=path)


def _own_document(part: Part) -> Document | None:
    if part.root is None:
        return None
    mover = _Mover(1 - part.first_line, -part.offset)
    root = mover.node(part.root) if part.offset else part.root
    return Document(path=part.path, text=part.text, root=root)


def _shifted(span: Span, lines: int) -> Span:
    return Span(span.line + lines, span.column, span.end_line + lines, span.end_column)


def _moved(diagnostic: Diagnostic, lines: int) -> Diagnostic:
    related = (replace(each, span=_shifted(each.span, lines)) for each in diagnostic.related)
    return replace(
        diagnostic,
        span=_shifted(diagnostic.span, lines),
        related=tuple(related),
        fix=_moved_fix(diagnostic.fix, lines) if diagnostic.fix is not None else None,
    )


def _moved_fix(fix: Fix, lines: int) -> Fix:
    edits = (Edit(span=_shifted(edit.span, lines), text=edit.text) for edit in fix.edits)
    return replace(fix, edits=tuple(edits))


class _Mover:
    """Moves nodes to another place of a text; a node that aliases repeat stays one node."""

    def __init__(self, lines: int, characters: int) -> None:
        self._lines = lines
        self._characters = characters
        self._moved: dict[int, Node] = {}

    def node(self, node: Node) -> Node:
        known = self._moved.get(id(node))
        if known is None:
            known = self._moved[id(node)] = self._made(node)
        return known

    def _made(self, node: Node) -> Node:
        span = _shifted(node.span, self._lines)
        match node:
            case Scalar():
                return self._scalar(node)
            case Sequence():
                return Sequence(tuple(self.node(item) for item in node.items), span)
            case Mapping():
                entries = (Entry(self._scalar(e.key), self.node(e.value)) for e in node.entries)
                return Mapping(tuple(entries), span)

    def _scalar(self, scalar: Scalar) -> Scalar:
        span, by = _shifted(scalar.span, self._lines), self._characters
        return Scalar(scalar.value, span, scalar.style, scalar.start + by, scalar.end + by)
