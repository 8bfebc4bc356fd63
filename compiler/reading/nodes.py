"""The nodes of a YAML document after its scalars were resolved, each with its span.

Past this point nobody asks how something was spelt in YAML: a node has a value and a place.
"""

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from treadle.compiler.diagnostics import Span
from treadle.compiler.reading.gaps import NO_GAPS, Gaps
from treadle.plan.expression import Json


class Scalar(Struct, frozen=True, eq=False, gc=False):
    """A scalar with its resolved value.

    Shapes: `style` is YAML's indicator ("'", '"', "|", ">") or "" for a plain scalar.
    `start` and `end` are character offsets into the source text.
    """

    value: None | bool | int | float | str
    span: Span
    style: str
    start: int
    end: int


class Sequence(Struct, frozen=True, eq=False, gc=False):
    """A list of nodes."""

    items: tuple["Node", ...]
    span: Span


class Entry(Struct, frozen=True, eq=False, gc=False):
    """One key of a mapping with its value; `key.value` is text in an accepted document."""

    key: Scalar
    value: "Node"


class Mapping(Struct, frozen=True, eq=False, gc=False):
    """A mapping in source order; merged entries (``<<``) stand behind the mapping's own."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, key: str) -> "Node | None":
        """Return the value under `key`, None when the key is not there."""
        entry = self.entry(key)
        return entry.value if entry is not None else None

    def entry(self, key: str) -> Entry | None:
        """Return the entry whose key is `key`, None when there is none."""
        for entry in self.entries:
            if entry.key.value == key:
                return entry
        return None

    def keys(self) -> Iterator[str]:
        """Yield the keys in source order."""
        for entry in self.entries:
            yield str(entry.key.value)


Node: TypeAlias = Scalar | Sequence | Mapping


class Part(Struct, frozen=True, kw_only=True):
    """One file of a document that several files make: its place in the text of all of them.

    Shapes: `layer` is the id of an overlay, None for the workflow itself or while it is unknown;
    `root` is the top node with places in the text of all files, None when there is none.
    Units: `first_line` counts from 1; `offset` is in characters.
    """

    path: str
    text: str
    first_line: int
    offset: int
    layer: str | None = None
    root: Node | None = None


class Document(Struct, frozen=True, kw_only=True):
    """One YAML file: where it came from, its text and its top node.

    Shapes: of a workflow with overlays, `text` is that of all files one after the other, so that
    every span has a place in it; `parts` are the files, the workflow's own first. A document of
    one file has no parts. `gaps` are what mistakes of shape leave unknown.
    """

    path: str
    text: str
    root: Node
    parts: tuple[Part, ...] = ()
    gaps: Gaps = NO_GAPS


def plain(node: Node) -> Json:
    """Return a node as plain JSON data."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {str(entry.key.value): plain(entry.value) for entry in node.entries}
