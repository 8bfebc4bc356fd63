"""Lines on the way from one place to another: comments, empty lines and indentation."""

import re
from collections.abc import Sequence

from treadle.plan.lazy_pattern import lazy_pattern

# A comment that ignores findings of its own line and of the next one.
IGNORE = lazy_pattern(
    r"(?:^|(?<=[ \t]))#[ \t]*treadle:[ \t]*(?P<rest>ignore\b[^\r\n]*)", re.MULTILINE
)

_LINE_END = lazy_pattern(r"\r\n|\r|\n")


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of a text without their ends, as editors count them.

    >>> lines_of("a\\r\\nb\\n"), lines_of("a")
    (('a', 'b'), ('a',))
    """
    lines = _LINE_END.split(text)
    return tuple(lines if lines[-1] else lines[:-1])


def line_end_of(text: str) -> str:
    """Return how the first line of a text ends, a line feed when none does."""
    found = _LINE_END.search(text)
    return found[0] if found is not None else "\n"


def head_start(lines: Sequence[str], start: int, end: int, column: int) -> int:
    """Return where the comments begin that belong to what stands at line `end`.

    Deeper comments belong to what is before; empty lines belong to what follows them.

    Shapes: from `start` to `end` there are only comments and empty lines; `column` is that of the
    block whose members are parted here.
    """
    own = (at for at in range(start, end) if lines[at].strip() and _column(lines[at]) <= column)
    head = next(own, end)
    while head > start and not lines[head - 1].strip():
        head -= 1
    return head


def comments_at(lines: Sequence[str], column: int) -> list[str]:
    """Return comment lines in the given column, and empty lines empty."""
    return [" " * column + line.strip() if line.strip() else "" for line in lines]


def blank_lines_once(lines: Sequence[str]) -> list[str]:
    """Return lines with one empty line where there are several in a row."""
    pairs = zip(("x", *lines), lines, strict=False)
    return [line for before, line in pairs if line or before]


def trimmed(lines: Sequence[str]) -> tuple[str, ...]:
    """Return lines without the empty ones at their end."""
    last = next((at for at in range(len(lines), 0, -1) if lines[at - 1]), 0)
    return tuple(lines[:last])


def shifted(lines: Sequence[str], by: int) -> list[str]:
    """Return lines that are indented more or, with a negative number, less.

    An empty line stays empty, and no line loses more than its blanks.
    """
    if by >= 0:
        return [" " * by + line if line else line for line in lines]
    return [line[min(-by, _column(line)) :] for line in lines]


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
