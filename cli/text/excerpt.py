"""A line of a source with its mistake underlined, as wide as a terminal shows it.

The marks stand below the characters they mean, whatever tabs and wide characters are in front.
"""

from functools import lru_cache, partial
from itertools import pairwise

from treadle.compiler.diagnostics import Span
from treadle.compiler.reading.positions import line_starts

MAX_WIDTH = 100
_TAB = "    "
_BEFORE = 30  # how much of a long line stands before its mistake


def excerpt(text: str, span: Span, *, width: int = MAX_WIDTH) -> tuple[str, str] | None:
    """Return the first line of a span and the marks below it, None when there is no such line.

    >>> excerpt("steps:\\n\\t- id: a b\\n", Span(2, 8, 2, 11))
    ('    - id: a b', '          ^^^')

    Units: `width` is in columns of a terminal.
    """
    lines = _lines(text)
    if not 1 <= span.line <= len(lines) or not lines[span.line - 1].strip():
        return None
    line = lines[span.line - 1]
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    end = max(start + 1, min(end, len(line)))
    first, last = _window(line, start, end, width)
    before, marked, after = map(_shown, (line[first:start], line[start:end], line[end:last]))
    head, tail = "…" if first else "", "…" if last < len(line) else ""
    marks = " " * _cells(head + before) + "^" * max(1, min(_cells(marked), width))
    return head + before + marked + after + tail, marks


@lru_cache(maxsize=1)
def _lines(text: str) -> tuple[str, ...]:
    # A large file with many findings would be split anew for each of them.
    starts = (*line_starts(text), len(text))
    return tuple(text[start:end].rstrip("\r\n") for start, end in pairwise(starts))


def _window(line: str, start: int, end: int, width: int) -> tuple[int, int]:
    """Return the part of a line that fits the width, around what is marked."""
    fits = partial(_fits, line, width)
    if fits(0, len(line)):
        return 0, len(line)
    first = 0 if fits(0, end) else max(0, start - _BEFORE)
    last = first
    while last < len(line) and fits(first, last + 1):
        last += 1
    return first, max(last, start + 1)


def _fits(line: str, width: int, first: int, last: int) -> bool:
    # Two columns are for the marks of what is cut off; no text is narrower than its length.
    return last - first <= width - 2 and _cells(_shown(line[first:last])) <= width - 2


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else _TAB if c == "\t" else "\ufffd" for c in text)


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    # Most files have no mistake to show, and the import takes 2 ms.
    from rich.cells import cell_len

    return cell_len(text)
