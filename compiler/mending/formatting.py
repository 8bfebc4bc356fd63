"""Workflow files in one form: indentation, order of keys, empty lines; their words stay.

Lines are moved, never written anew: comments, quotes, folded texts and scripts survive, since what
stands on a line is not touched but for the blanks around it. What comes out means what went in.
"""

import json
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from treadle.compiler.diagnostics import Report
from treadle.compiler.mending.line_moves import (
    IGNORE,
    blank_lines_once,
    comments_at,
    head_start,
    line_end_of,
    lines_of,
    shifted,
    trimmed,
)
from treadle.compiler.mending.outline import Block, Leaf, is_block, outline
from treadle.compiler.mending.outline import Part as Node
from treadle.compiler.reading import nodes
from treadle.compiler.reading.document import load
from treadle.compiler.shapes.key_order import Part, item_of, ordered, part_under

INDENT = 2


def formatted(document: nodes.Document) -> str | None:
    """Return the text of a document in its one form; None where that would change its meaning.

    Before and after::

        steps:                        steps:
        - run: make   # all             - id: build
          id: build                       run: make   # all

    Formatting twice gives the same as once. A text that is one flow mapping is left as it is.
    """
    lines, line_end = lines_of(document.text), line_end_of(document.text)
    outer = outline(document.text)
    if not isinstance(outer.root, Block) or not is_block(outer.root) or not outer.root.is_mapping:
        return document.text
    end = outer.end_line if outer.end_line is not None else len(lines)
    writer = _Writer(lines=lines)
    try:
        written = writer.root(outer.root, end)
    except _Unmovable:
        return document.text
    # A script that ends the file may have no last line end, or empty lines that belong to it.
    for body, last in ((trimmed(written), line_end), (trimmed(written), ""), (written, line_end)):
        text = line_end.join((*body, *lines[end:])) + last
        if _means(document, text):
            return text
    return None


class _Unmovable(Exception):
    """A block whose lines hold something else beside its members."""


class _Entry(Struct, frozen=True, kw_only=True):
    """A key with its value and the lines that are theirs. Units: lines from 0, `end` exclusive."""

    key: Leaf
    value: Node
    head: int
    end: int

    @property
    def line(self) -> int:
        """The line of the key."""
        return self.key.start.line


class _Written(Struct, frozen=True, kw_only=True):
    """The lines of a block. Shapes: `lead` are comments to put before its first line."""

    lead: tuple[str, ...]
    lines: tuple[str, ...]


class _Place(Struct, frozen=True, kw_only=True):
    """Where a block goes: the column of its members, and what stands before the first one."""

    column: int
    prefix: str
    part: Part


class _Writer(Struct, frozen=True, kw_only=True):
    """The lines of a text, to be moved."""

    lines: Sequence[str]

    def root(self, block: Block, end: int) -> tuple[str, ...]:
        """Return the lines up to `end` in their new form."""
        first = block.members[0].start.line
        head = [line.rstrip() for line in self.lines[:first]]
        written = self._mapping(block, end, _Place(column=0, prefix="", part=Part.ROOT))
        return (*head, *written.lead, *written.lines)

    def _block(self, block: Block, end: int, place: _Place) -> _Written:
        write = self._mapping if block.is_mapping else self._sequence
        return write(block, end, place)

    def _mapping(self, block: Block, end: int, place: _Place) -> _Written:
        entries = self._entries(block, end)
        order = written = tuple(range(len(entries)))
        if not block.has_link:
            keys = tuple(str(entry.key.value) for entry in entries)
            order = ordered(keys, place.part, kind=_kind(entries))
        if order != written and not self._keeps_reach(entries, order):
            order = written
        lead: tuple[str, ...] = ()
        lines: list[str] = []
        for position in order:
            entry = entries[position]
            head = self._comments(entry.head, entry.line, place.column)
            # What was the first entry stands apart from the one before it as the others do.
            if position == 0 and any(not self.lines[each.head] for each in entries[1:]):
                head = [""]
            prefix = " " * place.column if lines else place.prefix
            if lines:
                lines += head
            else:
                lead = tuple(line for line in head if line)
            lines += self._entry(entry, replace(place, prefix=prefix))
        lines += self._comments(entries[-1].end, end, place.column)
        return _Written(lead=lead, lines=tuple(lines))

    def _keeps_reach(self, entries: Sequence[_Entry], order: Sequence[int]) -> bool:
        """Whether what ignores findings of the next line has the same line behind it as before.

        A comment above an entry moves with it, but for the first one.
        """
        lasts = (entries[0].line - 1, *(entry.end - 1 for entry in entries))
        next_of = dict(zip((-1, *order), (*order, len(entries)), strict=True))
        return all(
            next_of[position] == position + 1
            for position, line in enumerate(lasts, start=-1)
            if line >= 0 and IGNORE.search(self.lines[line])
        )

    def _entries(self, block: Block, end: int) -> tuple[_Entry, ...]:
        """Return the entries of a mapping with their lines, each with the comments before it."""
        pairs = tuple(zip(block.members[::2], block.members[1::2], strict=True))
        column = block.members[0].start.column
        found: list[_Entry] = []
        for index, (key, value) in enumerate(pairs):
            line = key.start.line
            stop = pairs[index + 1][0].start.line if index + 1 < len(pairs) else end
            if not isinstance(key, Leaf) or not self._is_movable(key, column, is_first=not index):
                raise _Unmovable
            last = max(line, value.end.line)
            if last >= stop:
                raise _Unmovable
            found.append(
                _Entry(
                    key=key,
                    value=value,
                    head=found[-1].end if found else line,
                    end=head_start(self.lines, last + 1, stop, column),
                )
            )
        return tuple(found)

    def _is_movable(self, key: Leaf, column: int, *, is_first: bool) -> bool:
        line = self.lines[key.start.line]
        is_alone = is_first or not line[:column].strip()
        is_plain = key.start.line == key.end.line and key.start.column == column
        return is_alone and is_plain and line[key.end.column :].lstrip().startswith(":")

    def _entry(self, entry: _Entry, place: _Place) -> list[str]:
        key, value, first = entry.key, entry.value, self.lines[entry.line]
        word = f"{place.prefix}{first[key.start.column : key.end.column]}:"
        behind = first[key.end.column :].lstrip()[1:]
        if is_block(value) and value.start.line > entry.line:
            assert isinstance(value, Block)
            inner = _Place(
                column=place.column + INDENT,
                prefix=" " * (place.column + INDENT),
                part=part_under(place.part, str(key.value)),
            )
            try:
                below = self._below(value, entry.line + 1, entry.end, inner)
                return [f"{word}{behind}".rstrip(), *below]
            except _Unmovable:
                pass
        if value.start.line == entry.line and value.start.offset < value.end.offset:
            behind = f" {first[value.start.column :]}"
        if value.end.line <= entry.line:
            behind = behind.rstrip()
        by = place.column - key.start.column
        return [word + behind, *shifted(self.lines[entry.line + 1 : entry.end], by)]

    def _below(self, block: Block, start: int, end: int, place: _Place) -> list[str]:
        """Return the lines of a block that begins on a line of its own, with those before it."""
        first = block.members[0].start.line if block.is_mapping else block.start.line
        before = self._comments(start, first, place.column)
        written = self._block(block, end, place)
        while before and not before[0]:
            before.pop(0)
        return [*before, *written.lead, *written.lines]

    def _sequence(self, block: Block, end: int, place: _Place) -> _Written:
        column = block.start.column
        dashes = self._dashes(block, column)
        lead: tuple[str, ...] = ()
        lines: list[str] = []
        head = dashes[0]
        for index, item in enumerate(block.members):
            stop = dashes[index + 1] if index + 1 < len(dashes) else end
            last = max(dashes[index], item.end.line)
            if last >= stop:
                raise _Unmovable
            own = head_start(self.lines, last + 1, stop, column)
            prefix = " " * place.column if lines else place.prefix
            here = replace(place, prefix=prefix)
            written = self._item(item, dashes[index], end=own, dash=column, place=here)
            before = self._comments(head, dashes[index], place.column)
            above = comments_at(written.lead, place.column)
            if lines:
                lines += (*before, *above)
            else:
                lead = tuple(above)
            lines += written.lines
            head = own
        lines += self._comments(head, end, place.column)
        return _Written(lead=lead, lines=tuple(lines))

    def _item(self, item: Node, line: int, *, end: int, dash: int, place: _Place) -> _Written:
        """Return the lines of one item, whose dash stands in the column `dash` of a line."""
        inner = _Place(
            column=place.column + INDENT,
            prefix=f"{place.prefix}- ",
            part=item_of(place.part),
        )
        behind = self.lines[line][dash + 1 :]
        if is_block(item):
            assert isinstance(item, Block)
            first = item.members[0].start.line if item.is_mapping else item.start.line
            between = "".join((behind, *self.lines[line + 1 : first])).strip()
            try:
                if first == line or not between:
                    return self._block(item, end, inner)
                below = replace(inner, prefix=" " * inner.column)
                lines = self._below(item, line + 1, end, below)
                return _Written(lead=(), lines=(f"{place.prefix}-{behind}".rstrip(), *lines))
            except _Unmovable:
                pass
        if item.start.line == line and item.start.offset < item.end.offset:
            behind = f" {self.lines[line][item.start.column :]}"
        if item.end.line <= line:
            behind = behind.rstrip()
        rest = shifted(self.lines[line + 1 : end], place.column - dash)
        return _Written(lead=(), lines=(f"{place.prefix}-{behind}", *rest))

    def _dashes(self, block: Block, column: int) -> tuple[int, ...]:
        """Return the lines of a list's dashes."""
        found = [block.start.line]
        for item in block.members[1:]:
            line = item.start.line
            while line > found[-1] and not _is_dash(self.lines[line], column):
                line -= 1
            if line == found[-1]:
                raise _Unmovable
            found.append(line)
        return tuple(found)

    def _comments(self, start: int, end: int, column: int) -> list[str]:
        return blank_lines_once(comments_at(self.lines[start:end], column))


def _is_dash(line: str, column: int) -> bool:
    return not line[:column].strip() and line[column : column + 2].rstrip() == "-"


def _kind(entries: Sequence[_Entry]) -> str | None:
    """Return what the key `type` of a mapping says."""
    values = (entry.value for entry in entries if entry.key.value == "type")
    found = next(values, None)
    return found.value if isinstance(found, Leaf) else None


def _means(document: nodes.Document, text: str) -> bool:
    """Whether a text means what a document does, and holds the same words and comments."""
    if _signs(document.text) != _signs(text):
        return False
    again = load(text.encode("utf-8"), path=document.path, report=Report())
    return again is not None and _data(again) == _data(document)


def _signs(text: str) -> Counter[str]:
    return Counter("".join(text.split()))


def _data(document: nodes.Document) -> str:
    # As text, in which the number 1 is neither 1.0 nor true.
    return json.dumps(nodes.plain(document.root), sort_keys=True)
