"""Applying fixes to a text: the edits of all fixes that do not meet, in one go.

Everything outside the edits stays as it is, with its comments, layout and line ends.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from msgspec import Struct

from treadle.compiler.diagnostics import Edit, Fix
from treadle.compiler.reading.positions import line_starts

# An edit by offsets: from, to, and the text to put there.
_Splice = tuple[int, int, str]


class Applied(Struct, frozen=True, kw_only=True):
    """A text after fixes, with those that are in it and those that met one before them."""

    text: str
    applied: tuple[Fix, ...]
    skipped: tuple[Fix, ...]


def apply_fixes(text: str, fixes: Sequence[Fix]) -> Applied:
    """Apply fixes to the text that their spans point into.

    Of fixes whose edits meet the one that begins first is applied; equal ones count as one. A fix
    is applied with all of its edits or not at all.

    Units: spans count lines and columns from 1; lines end as editors count them.
    Errors: none; a fix whose edits lie outside the text or meet each other is skipped.
    """
    starts = line_starts(text)
    placed = [(_splices(fix, starts, len(text)), fix) for fix in fixes]
    placed.sort(key=lambda each: each[0] or ((len(text) + 1, 0, ""),))
    taken: list[_Splice] = []
    applied: list[Fix] = []
    skipped: list[Fix] = []
    for splices, fix in placed:
        fresh = [splice for splice in splices if not _is_among(splice, taken)]
        if splices and all(_is_free(splice, taken) for splice in fresh):
            for splice in fresh:
                insort(taken, splice)
            applied.append(fix)
        else:
            skipped.append(fix)
    return Applied(text=_spliced(text, taken), applied=tuple(applied), skipped=tuple(skipped))


def _splices(fix: Fix, starts: tuple[int, ...], length: int) -> tuple[_Splice, ...]:
    """Return the edits of a fix in the order of the text, none when they cannot be applied."""
    found = [_splice(edit, starts, length) for edit in fix.edits]
    splices = sorted(splice for splice in found if splice is not None)
    if len(splices) < len(found):
        return ()
    if any(_meet(a, b) for a, b in zip(splices, splices[1:], strict=False)):
        return ()
    return tuple(splices)


def _splice(edit: Edit, starts: tuple[int, ...], length: int) -> _Splice | None:
    span = edit.span
    start = _offset(span.line, span.column, starts, length)
    end = _offset(span.end_line, span.end_column, starts, length)
    if start is None or end is None or end < start:
        return None
    return (start, end, edit.text)


def _offset(line: int, column: int, starts: tuple[int, ...], length: int) -> int | None:
    if not 1 <= line <= len(starts) or column < 1:
        return None
    offset = starts[line - 1] + column - 1
    limit = starts[line] if line < len(starts) else length
    return offset if offset <= limit else None


def _is_among(splice: _Splice, taken: Sequence[_Splice]) -> bool:
    at = bisect_left(taken, splice)
    return at < len(taken) and taken[at] == splice


def _is_free(splice: _Splice, taken: Sequence[_Splice]) -> bool:
    """Whether an edit meets none of the taken ones, of which only the neighbours can."""
    at = bisect_left(taken, splice)
    return not any(_meet(splice, other) for other in taken[max(0, at - 1) : at + 1])


def _meet(one: _Splice, other: _Splice) -> bool:
    """Whether two edits touch the same characters, or insert at the same place."""
    if one[:2] == other[:2]:
        return True
    return one[0] < other[1] and other[0] < one[1]


def _spliced(text: str, splices: Iterable[_Splice]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(splices):
        parts += (text[at:start], new)
        at = end
    return "".join((*parts, text[at:]))
