"""From the characters of a scalar's value back to the place in the source where they stand.

Never raises: a value that cannot be followed through its quoting is placed at its whole scalar.
Lines end as editors count them (line feed, carriage return or both), whatever YAML folds.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from treadle.compiler.diagnostics import Span
from treadle.compiler.reading.nodes import Document, Scalar
from treadle.plan.lazy_pattern import lazy_pattern

# One character beyond U+FFFF as the two numbers that UTF-16 makes of it, both with a sign before.
SURROGATES = r"u([dD][89abAB][0-9a-fA-F]{2})%su([dD][c-fC-F][0-9a-fA-F]{2})"

_PAIR = lazy_pattern(r"\\" + SURROGATES % r"\\")
_LINE_END = lazy_pattern(r"\r\n|\r|\n")
_LINE_FEED = lazy_pattern(r"\n")
_FOLDED_LINE_END = lazy_pattern(r"\r\n|[\r\n\x85\u2028\u2029]")
_BLANKS = lazy_pattern(r"[ \t]*")
_REST_OF_LINE = lazy_pattern(r"[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])?")
_FIRST_INDENTATION = lazy_pattern(r"(?: *(?:\r\n|[\r\n\x85\u2028\u2029]))*( *)")
_SIMPLE_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_ESCAPE_WIDTHS = {"x": 2, "u": 4, "U": 8}

# One character of a value with the start and end of what stands for it in the source.
_Piece: TypeAlias = tuple[str, int, int]


def span_of(document: Document, scalar: Scalar, start: int, end: int) -> Span:
    """Return where the characters [start, end) of the scalar's value stand in the source.

    Before and after, for ``run: 'it''s {{ a }}'``: characters 5 to 12 of the value are columns
    12 to 19 of the line, one more than a count from the opening quote would give.

    Units: `start` and `end` are offsets into the value.
    Errors: none; out of range or in doubt, the whole scalar's span.
    """
    value = scalar.value
    if not isinstance(value, str) or not 0 <= start <= end <= len(value):
        return scalar.span
    quoted = 1 if scalar.style in ("'", '"') else 0
    first = scalar.start + quoted
    if document.text[first : scalar.end - quoted] == value:
        return _span(document.text, first + start, first + end)
    pieces = _pieces(document.text, scalar, value)
    if pieces is None:
        return scalar.span
    opening = pieces[start][1] if start < len(pieces) else pieces[-1][2]
    closing = pieces[end - 1][2] if end > start else opening
    return _span(document.text, opening, closing)


@lru_cache(maxsize=2)  # many rules ask for those of the same document
def line_starts(text: str) -> tuple[int, ...]:
    """Return the offset at which each line of a text begins."""
    ends = _LINE_END if "\r" in text else _LINE_FEED  # which takes a third of the time
    return (0, *[found.end() for found in ends.finditer(text)])


def place(starts: tuple[int, ...], offset: int) -> tuple[int, int]:
    """Return the line and column of an offset, given the text's line starts.

    Units: lines and columns count from 1.
    """
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def joined(pair: re.Match[str]) -> str:
    """Return the character that a match of `SURROGATES` stands for.

    >>> joined(re.match(SURROGATES % "/", "ud83d/ude80"))
    '🚀'
    """
    high, low = int(pair[1], 16), int(pair[2], 16)
    return chr(0x10000 + (high - 0xD800 << 10) + low - 0xDC00)


def _span(text: str, start: int, end: int) -> Span:
    starts = line_starts(text)
    return Span(*place(starts, start), *place(starts, end))


@lru_cache(maxsize=1)  # a long script may have thousands of findings, one after the other
def _pieces(text: str, scalar: Scalar, value: str) -> list[_Piece] | None:
    """Return the value character by character, None when it cannot be followed."""
    match scalar.style:
        case "":
            found = _flow(text, scalar.start, scalar.end, "")
        case "'" | '"':
            found = _flow(text, scalar.start + 1, scalar.end - 1, scalar.style)
        case _:
            found = _block(text, scalar, value)
    try:
        # The value's length ends a block scalar: what chomping removed is never asked for.
        pieces = [piece for piece, _ in zip(found, value, strict=False)]
    except ValueError:
        return None
    return pieces if pieces and "".join(piece[0] for piece in pieces) == value else None


def _flow(text: str, at: int, end: int, style: str) -> Iterator[_Piece]:
    """Yield the characters of a plain or quoted scalar, its lines folded."""
    while at < end:
        after = _skip(_BLANKS, text, at, end)
        if _FOLDED_LINE_END.match(text, after, end):
            pieces, at = _fold(text, after, end)
            yield from pieces
        elif after > at:
            yield from _verbatim(text, at, after)
            at = after
        elif style == '"' and text[at] == "\\":
            pieces, at = _escape(text, at, end)
            yield from pieces
        else:
            width = 2 if style == "'" and text[at] == "'" else 1
            yield text[at], at, at + width
            at += width


def _fold(text: str, at: int, end: int) -> tuple[list[_Piece], int]:
    """Read line ends and blanks: one line end is a space, each further one a line feed."""
    further, last = _empty_lines(text, _skip(_FOLDED_LINE_END, text, at, end), end, _BLANKS)
    return further or [(" ", at, last)], last


def _empty_lines(text: str, at: int, end: int, blanks: re.Pattern[str]) -> tuple[list[_Piece], int]:
    """Read the ends of lines that hold nothing but `blanks`, then the blanks of the next line."""
    pieces: list[_Piece] = []
    while True:
        after = _skip(blanks, text, at, end)
        found = _FOLDED_LINE_END.match(text, after, end)
        if found is None:
            return pieces, after
        pieces.append(("\n", at, found.end()))
        at = found.end()


def _escape(text: str, at: int, end: int) -> tuple[list[_Piece], int]:
    """Read a backslash and what it escapes; an escaped line end stands for nothing."""
    sign = text[at + 1 : at + 2]
    pair = _PAIR.match(text, at, end)
    if pair is not None:
        return [(joined(pair), at, pair.end())], pair.end()
    if sign in _ESCAPE_WIDTHS:
        last = at + 2 + _ESCAPE_WIDTHS[sign]
        return [(chr(int(text[at + 2 : last], 16)), at, last)], last
    found = _FOLDED_LINE_END.match(text, at + 1, end)
    if found is not None:
        return _empty_lines(text, found.end(), end, _BLANKS)
    return [(_SIMPLE_ESCAPES.get(sign, sign), at, at + 2)], at + 2


def _block(text: str, scalar: Scalar, value: str) -> Iterator[_Piece]:
    """Yield the characters of a block scalar with every line end that chomping may remove."""
    at = _skip(_REST_OF_LINE, text, scalar.start, len(text))
    indent = _indentation(text, at, value)
    indentation = re.compile(f" {{0,{indent}}}")
    broken: list[_Piece] = []
    was_blank = True
    while True:
        empty, after = _empty_lines(text, at, len(text), indentation)
        begin = empty[-1][2] if empty else at
        if after - begin < indent or after == len(text):
            yield from broken + empty
            return
        is_blank = text[after] in " \t"
        if scalar.style == ">" and not was_blank and not is_blank:
            # Two lines of text that stand beside each other are folded into one.
            broken = [] if empty else [(" ", *broken[0][1:])]
        yield from broken + empty
        at = _skip(_REST_OF_LINE, text, after, len(text))
        last = after + len(text[after:at].rstrip("\r\n\x85\u2028\u2029"))
        yield from _verbatim(text, after, last)
        broken = [("\n", last, at)] if at > last else []
        was_blank = is_blank


def _indentation(text: str, at: int, value: str) -> int:
    """Return by how many spaces a block is indented: its first line with text tells."""
    line = next((line for line in value.split("\n") if line.strip(" ")), "")
    found = _FIRST_INDENTATION.match(text, at)
    before = len(found[1]) if found else 0
    return max(0, before - (len(line) - len(line.lstrip(" "))))


def _verbatim(text: str, start: int, end: int) -> Iterator[_Piece]:
    for at in range(start, end):
        yield text[at], at, at + 1


def _skip(signs: re.Pattern[str], text: str, at: int, end: int) -> int:
    """Return where the match of `signs` at an offset ends, the offset itself if there is none."""
    found = signs.match(text, at, end)
    return found.end() if found else at
