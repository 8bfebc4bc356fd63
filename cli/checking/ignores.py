"""Comments that ignore findings: ``# treadle: ignore[TR501] reason``.

A comment speaks for its own line and the next one. What it does not hide, it says: a code without
a finding is reported, so that no comment outlives its reason.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from treadle.cli.checking.findings import Checked
from treadle.cli.checking.selection import code_meant, is_firm
from treadle.compiler.diagnostics import Diagnostic, Edit, Fix, Report, Span
from treadle.compiler.mending.line_moves import IGNORE
from treadle.compiler.reading.nodes import Document, Mapping, Node, Scalar
from treadle.compiler.reading.nodes import Sequence as Listing
from treadle.compiler.reading.positions import line_starts, place
from treadle.plan.catalogue import BY_CODE, Severity
from treadle.plan.lazy_pattern import lazy_pattern

_MARK = "treadle:"
_LIST = lazy_pattern(r"ignore[ \t]*\[(?P<codes>[^\]]*)\]")
_CODE = lazy_pattern(r"[^\s,]+")
_LINE_END = lazy_pattern(r"\r\n|\r|\n")


class _Ignored(Struct, frozen=True, kw_only=True):
    """One code of a comment, or what is wrong with the comment.

    Shapes: `comment` is the stretch to remove when the code is not needed and the only one, None
    when there are more; `problem` is why the code cannot be used.

    Units: `offset` is that of the comment in the text, in characters.
    """

    code: str
    span: Span
    offset: int
    comment: Span | None = None
    problem: str | None = None
    hint: str | None = None

    @property
    def lines(self) -> tuple[int, int]:
        """The lines that the comment speaks for."""
        return self.span.line, self.span.line + 1


def apply_ignores(checked: Checked, document: Document | None, *, lenient: bool) -> Checked:
    """Return a file without what its comments ignore, and with what is wrong with the comments.

    Before and after::

        ticket: {type: string}    # treadle: ignore[TR501] read by the next release
        secret: {type: string}    # treadle: ignore[TR302]    TR121: nothing is found here

    Shapes: `document` is None for a file that is not YAML, where nothing is said about comments.
    Errors: TR121, TR122, TR123.
    """
    # Most files have none, and every file of a large project comes through here.
    if _MARK not in checked.text:
        return checked
    ignored = tuple(_ignored(checked.text))
    hidden = {
        (line, item.code)
        for item in ignored
        if item.problem is None and not is_firm(item.code)
        for line in item.lines
    }
    kept = tuple(d for d in checked.diagnostics if (d.span.line, d.code) not in hidden)
    if document is None or not ignored:
        return replace(checked, diagnostics=kept)
    # A script may have such comments for its own lines, and a prompt may speak of them.
    is_text = _is_text(document)
    comments = [item for item in ignored if not is_text(item.offset)]
    report = Report(lenient=lenient)
    # Past an error some rules are silent: what they would have found is not known.
    is_judged = not any(diagnostic.severity is Severity.ERROR for diagnostic in kept)
    _judge(comments, checked.diagnostics if is_judged else None, report)
    together = sorted((*kept, *report.diagnostics), key=lambda d: (d.span, d.code))
    return replace(checked, diagnostics=tuple(together))


def _judge(
    comments: Iterable[_Ignored], diagnostics: Sequence[Diagnostic] | None, report: Report
) -> None:
    """Report what is wrong with comments; without diagnostics, nothing about unused ones."""
    found = {(diagnostic.span.line, diagnostic.code) for diagnostic in diagnostics or ()}
    for item in comments:
        if item.problem is not None:
            report.add("TR122", item.span, hint=item.hint, reason=item.problem)
        elif is_firm(item.code):
            report.add("TR123", item.span, ignored=item.code)
        # What only the other mode reports may well be there.
        elif BY_CODE[item.code].severity(lenient=report.lenient) is Severity.OFF:
            continue
        elif diagnostics is not None and found.isdisjoint((n, item.code) for n in item.lines):
            report.add("TR121", item.span, fix=_removal(item), ignored=item.code)


def _removal(item: _Ignored) -> Fix | None:
    if item.comment is None:
        return None
    return Fix(title="remove the comment", edits=(Edit(span=item.comment, text=""),), is_safe=True)


def _is_text(document: Document) -> Callable[[int], bool]:
    """Return what tells whether an offset stands inside the text of a scalar."""
    stretches: list[tuple[int, int]] = []
    waiting: list[Node] = [document.root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case Scalar():
                stretches.append((_beginning(node, document.text), node.end))
            case Listing():
                waiting += node.items
            case Mapping():
                for entry in node.entries:
                    waiting += (entry.key, entry.value)
    stretches.sort()

    def is_text(offset: int) -> bool:
        before = bisect_right(stretches, (offset, len(document.text)))
        return before > 0 and offset < stretches[before - 1][1]

    return is_text


def _beginning(scalar: Scalar, text: str) -> int:
    """Return where the text of a scalar begins: a block's has a line before it with its sign."""
    if scalar.style not in ("|", ">"):
        return scalar.start
    line_end = _LINE_END.search(text, scalar.start)
    return line_end.end() if line_end is not None else scalar.end


def _ignored(text: str) -> Iterator[_Ignored]:
    """Yield the codes of all comments of a text, in order."""
    starts = line_starts(text)

    def span(start: int, end: int) -> Span:
        return Span(*place(starts, start), *place(starts, end))

    for comment in IGNORE.finditer(text):
        start = comment.start()
        end = start + len(comment[0].rstrip())
        codes = _LIST.match(text, comment.start("rest"))
        words = tuple(_CODE.finditer(text, *codes.span("codes"))) if codes is not None else ()
        if not words:
            problem = "it names no code" if codes is not None else "it has no codes in brackets"
            yield _Ignored(code="", span=span(start, end), offset=start, problem=problem)
        for word in words:
            item = _of_word(word[0], span(*word.span()), start)
            is_only = len(words) == 1
            yield replace(item, comment=_stretch(text, start, end, span)) if is_only else item


def _of_word(word: str, span: Span, offset: int) -> _Ignored:
    if word in BY_CODE:
        return _Ignored(code=word, span=span, offset=offset)
    problem, hint = f"'{word}' is no code", code_meant(word)
    return _Ignored(code=word, span=span, offset=offset, problem=problem, hint=hint)


def _stretch(text: str, start: int, end: int, span: Callable[[int, int], Span]) -> Span:
    """Return what to remove with a comment: the blanks before it, or the line that it fills."""
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    line_end = _LINE_END.match(text, end)
    is_line = start == 0 or text[start - 1] in "\r\n"
    return span(start, line_end.end() if is_line and line_end is not None else end)
