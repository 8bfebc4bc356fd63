"""A tree of lines: drawn with guides on a terminal, indented everywhere else."""

from collections.abc import Iterator
from typing import TextIO

from msgspec import Struct


class Outline(Struct, frozen=True, kw_only=True):
    """A line of a tree, the lines that belong to it, and the trees below it.

    Shapes: `title` and `notes` are finished text and may hold colours.
    """

    title: str
    notes: tuple[str, ...] = ()
    children: tuple["Outline", ...] = ()


def indented(outline: Outline, *, depth: int = 0) -> Iterator[str]:
    """Yield a tree as plain lines.

    >>> list(indented(Outline(title="a", notes=("n",), children=(Outline(title="b"),))))
    ['a', '    n', '  b']
    """
    yield f"{'  ' * depth}{outline.title}"
    for note in outline.notes:
        yield f"{'  ' * depth}    {note}"
    for child in outline.children:
        yield from indented(child, depth=depth + 1)


def print_outline(outline: Outline, stream: TextIO) -> None:
    """Print a tree the way the stream can show it."""
    if not stream.isatty():
        for line in indented(outline):
            print(line, file=stream)
        return
    # Only a terminal is worth the import of rich.
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    def label(node: Outline) -> Text:
        return Text.from_ansi("\n".join((node.title, *(f"  {note}" for note in node.notes))))

    root = Tree(label(outline), guide_style="dim")
    pending = [(root, outline)]
    while pending:
        tree, node = pending.pop()
        pending.extend((tree.add(label(child)), child) for child in node.children)
    Console(file=stream, highlight=False).print(root)
