"""Text in columns: every cell as wide as the widest of its column, the last one as it is."""

from collections.abc import Callable, Iterator, Sequence
from unicodedata import combining, east_asian_width

from treadle.cli.text.paint import Role, plain

Cell = tuple[str, Role | None]

_GAP = "  "
_LEAST = 20  # characters of a last column that are still worth reading


def columns(
    rows: Sequence[Sequence[Cell]], paint: Callable[[str, Role], str] = plain
) -> Iterator[str]:
    """Yield rows as lines.

    >>> list(columns([[("a", None), ("b", None)], [("long", None), ("c", None)]]))
    ['a     b', 'long  c']
    """
    count = max((len(row) for row in rows), default=0)
    widths = [max(cells(row[i][0]) for row in rows if i < len(row)) for i in range(count)]
    for row in rows:
        line = []
        for position, (text, role) in enumerate(row):
            is_last = not any(later for later, _ in row[position + 1 :])
            padding = "" if is_last else " " * (widths[position] - cells(text))
            line.append((paint(text, role) if role is not None else text) + padding)
            if is_last:
                break
        yield _GAP.join(line)


def fitted(
    table: Sequence[Sequence[Cell]], *, width: int, spare: Sequence[str] = ()
) -> Sequence[Sequence[Cell]]:
    """Return a table that fits a width, if its last column can be cut to some words.

    Shapes: the first row names the columns; those in `spare` go, one by one, until the rest fits.

    >>> head, line = [("RUN", None), ("AGE", None), ("SAYS", None)], [("r1", None), ("2 d", None)]
    >>> table = [head, [*line, ("a message that is long enough to be cut", None)]]
    >>> list(columns(fitted(table, width=30, spare=("AGE",))))
    ['RUN  AGE  SAYS', 'r1   2 d  a message that is l…']
    >>> list(columns(fitted(table, width=25, spare=("AGE",))))
    ['RUN  SAYS', 'r1   a message that is l…']
    """
    for name in spare:
        if _room(table, width) >= min(_LEAST, _widest(table)):
            break
        table = [
            [cell for cell, (word, _) in zip(row, table[0], strict=True) if word != name]
            for row in table
        ]
    room = max(_LEAST, _room(table, width))
    return [[*row[:-1], (_cut(row[-1][0], room), row[-1][1])] for row in table]


def _room(table: Sequence[Sequence[Cell]], width: int) -> int:
    """Return how much of a width is left for the last column."""
    others = range(len(table[0]) - 1)
    return width - sum(max(cells(row[i][0]) for row in table) + len(_GAP) for i in others)


def _widest(table: Sequence[Sequence[Cell]]) -> int:
    return max(cells(row[-1][0]) for row in table)


def _cut(text: str, room: int) -> str:
    if cells(text) <= room:
        return text
    while cells(text) >= room:
        text = text[:-1]
    return f"{text}…"


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Source: Unicode Standard Annex 11; wide and full-width characters take two.
    """
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)
