"""The lines of a YAML text as an outline: which lists and mappings are blocks, and where.

Only what lines can be moved for is told apart; everything else is a leaf, whose lines belong
together. Aliases stay aliases here, and merge keys stay keys.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct, field
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from treadle.compiler.reading.disguise import events
from treadle.compiler.reading.positions import line_starts
from treadle.plan.lazy_pattern import lazy_pattern

# The sign of a block scalar that keeps the empty lines behind it.
_KEEPS = lazy_pattern(r"(?:[&!]\S*\s+)*[|>]\d?\+")


class Point(Struct, frozen=True):
    """A place in a text. Units: line and column count from 0, offset in characters."""

    line: int
    column: int
    offset: int


class Leaf(Struct, frozen=True, kw_only=True):
    """A scalar, an alias or a flow collection; `value` is the text of a scalar.

    Shapes: `start` is before its anchor and tag; `end` is behind its last character.
    """

    start: Point
    end: Point
    value: str | None
    has_link: bool


class Block(Struct, frozen=True, kw_only=True):
    """A list or mapping whose members stand on lines of their own.

    Shapes: `members` are the items, or keys and values in turn. `has_link` says that an anchor
    or alias is in it.
    """

    start: Point
    end: Point
    is_mapping: bool
    members: tuple["Part", ...]
    has_properties: bool
    has_link: bool


Part: TypeAlias = Leaf | Block


class Outline(Struct, frozen=True, kw_only=True):
    """The outline of a document. Units: `end_line` is that of its end sign, from 0."""

    root: Part
    end_line: int | None


class _Open(Struct, kw_only=True):
    event: CollectionStartEvent
    start: Point
    members: list[Part] = field(default_factory=list)
    has_link: bool = False


def outline(text: str) -> Outline:
    """Return the outline of a text that the document stage found sound.

    Errors: those of the YAML parser for any other text.
    """
    starts = line_starts(text)

    def point(offset: int) -> Point:
        line = bisect_right(starts, offset) - 1
        return Point(line, offset - starts[line], offset)

    open_: list[_Open] = []
    root: Part | None = None
    end_line: int | None = None
    for event in events(text):
        done: Part | None = None
        match event:
            case CollectionStartEvent():
                open_.append(_Open(event=event, start=point(event.start_mark.index)))
            case CollectionEndEvent():
                done = _closed(open_.pop(), point(event.end_mark.index))
            case ScalarEvent() | AliasEvent():
                done = _leaf(event, text, point)
            case DocumentEndEvent() if event.explicit:
                end_line = point(event.start_mark.index).line
        if done is not None and open_:
            open_[-1].members.append(done)
            open_[-1].has_link |= done.has_link
        elif done is not None:
            root = done
    assert root is not None
    return Outline(root=root, end_line=end_line)


def is_block(part: Part) -> bool:
    """Whether the lines of a part can be moved one by one."""
    return isinstance(part, Block) and not part.has_properties


def _leaf(event: NodeEvent, text: str, point: Callable[[int], Point]) -> Leaf:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, ScalarEvent) and event.style in ("|", ">"):
        shown = text[start:end]
        # Without the last line end: the point would stand on the line behind the scalar.
        cut = shown.rstrip() if _KEEPS.match(shown) is None else shown.removesuffix("\n")
        end = start + len(cut)
    return Leaf(
        start=point(start),
        end=point(end),
        value=event.value if isinstance(event, ScalarEvent) else None,
        has_link=event.anchor is not None,
    )


def _closed(done: _Open, end: Point) -> Part:
    """Return a finished list or mapping: a leaf when it stands between braces or brackets."""
    event = done.event
    has_link = done.has_link or event.anchor is not None
    if event.flow_style:
        return Leaf(start=done.start, end=end, value=None, has_link=has_link)
    return Block(
        start=done.start,
        # The parser ends a block where the next token begins, behind comments that follow it.
        end=done.members[-1].end if done.members else done.start,
        is_mapping=isinstance(event, MappingStartEvent),
        members=tuple(done.members),
        has_properties=event.anchor is not None or event.ctag is not None,
        has_link=has_link,
    )
