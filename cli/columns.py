"""Text in columns: every cell as wide as the widest of its column, the last one as it is."""

from collections.abc import Callable, Iterator, Sequence
from unicodedata import combining, east_asian_width

from treadle.cli.paint import Role, plain

Cell = tuple[str, Role | None]


def columns(
    rows: Sequence[Sequence[Cell]], paint: Callable[[str, Role], str] = plain, *, gap: str = "  "
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
        yield gap.join(line)


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Source: Unicode Standard Annex 11; wide and full-width characters take two.
    """
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)
