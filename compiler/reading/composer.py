"""From the events of the C parser to nodes with spans, in one pass and without recursion.

The tree that leaves this module is bounded in depth and in what its aliases add to it. A node
that an alias repeats is shared; no node holds itself.
"""

from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct, field
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # its re-export is not marked
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from treadle.compiler.diagnostics import Related, Report, Span
from treadle.compiler.fixes import quote
from treadle.compiler.reading.disguise import PROBLEMS, disguised, events_of
from treadle.compiler.reading.entries import entries
from treadle.compiler.reading.nodes import Entry, Mapping, Node, Scalar, Sequence
from treadle.compiler.reading.positions import line_starts, place
from treadle.compiler.reading.scalars import (
    KNOWN_TAGS,
    MAX_DIGITS,
    Refused,
    Value,
    difference,
    plain_value,
    short_tag,
    tagged_value,
)
from treadle.compiler.reading.syntax import SyntaxProblem, explained
from treadle.plan.lazy_pattern import lazy_pattern

MAX_DEPTH = 100
MAX_ALIASED_NODES = 200_000

_MERGE = "<<"
_BLOCKS = ("|", ">")
_PROPERTIES = lazy_pattern(r"(?:[&!][^\s]*|\s+|#[^\r\n]*)*")
_TAG = lazy_pattern(r"(?:&\S+\s+)?(![^\s]*)")


class Composition(Struct, frozen=True, kw_only=True):
    """What came of a text: its top node, and whether every part of it could be read.

    Shapes: `root` is None for a text without a document.
    """

    root: Node | None
    is_sound: bool


class _Anchored(Struct, frozen=True):
    """A finished node that aliases may repeat, with what each repetition adds."""

    node: Node
    size: int
    height: int


class _Open(Struct):
    """A list or mapping whose end has not come yet; a mapping's keys and values take turns.

    Shapes: `place` is the line and column of `start`; `count` is that of the nodes before it.
    """

    start: int
    place: tuple[int, int]
    count: int
    anchor: str | None
    is_mapping: bool
    children: list[Node] = field(default_factory=list)
    merges: set[int] = field(default_factory=set)
    height: int = 1

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and len(self.children) % 2 == 0


def compose(text: str, report: Report) -> Composition:
    """Return the nodes of a text's only document.

    Errors: TR103 (after which nothing more is read), TR105 to TR108, TR111 to TR119.
    """
    starts = line_starts(text)
    composer = _Composer(text=text, starts=starts, report=report)
    problem = composer.read(iter(CParser(text).get_event, None))
    is_refused = problem is not None and problem.cause in PROBLEMS
    if is_refused and (other := disguised(text)) is not None:
        # Begun anew: what was found up to there is found again, and told once.
        composer = _Composer(text=text, starts=starts, report=report)
        problem = composer.read(events_of(other))
    if problem is not None:
        composer.stop(problem)
    return Composition(root=composer.root, is_sound=composer.is_sound)


class _Composer(Struct):
    """The state of one pass over the events of a text.

    Shapes: `count` is that of the nodes so far, those that aliases repeat included; `offset` is
    where the last one ends. `plain` remembers what plain scalars mean of which nothing is to be
    said. `line` begins at `begin` and ends at `next_line`.
    """

    text: str
    starts: tuple[int, ...]
    report: Report
    root: Node | None = None
    is_sound: bool = True
    offset: int = 0
    count: int = 0
    line: int = 0
    begin: int = 0
    next_line: int = 0
    aliased: int = 0
    documents: int = 0
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    plain: dict[str, Value] = field(default_factory=dict)

    def read(self, events: Iterator[Event]) -> SyntaxProblem | None:
        """Take in the events of the text; return why it is not YAML, None when it may be."""
        try:
            for event in events:
                if not self.take(event):
                    break
        except MarkedYAMLError as error:
            problem, context = error.problem_mark, error.context_mark
            offset = problem.index if problem is not None else self.offset
            begun = context.index if context is not None else None
            return explained(self.text, str(error.problem), offset=offset, context=begun)
        except (YAMLError, UnicodeError):
            # What the parser cannot even place: bytes that a tag's percent escapes stand for.
            reason = "a part of what follows is not UTF-8"
            return SyntaxProblem(offset=self.offset, reason=reason, hint=None)
        return None

    def take(self, event: object) -> bool:
        """Take in one event; return whether to go on."""
        if type(event) is ScalarEvent:  # most of them are, and an isinstance costs more
            self._take_scalar(event)
            return True
        match event:
            case CollectionStartEvent():
                return self._begin(event)
            case CollectionEndEvent():
                self._end(event)
            case AliasEvent():
                return self._repeat(event)
            case DocumentStartEvent():
                return self._begin_document(event)
        return True

    def stop(self, problem: SyntaxProblem) -> None:
        """Report why the text is not YAML."""
        related: tuple[Related, ...] = ()
        if problem.gave_up is not None:
            gave_up = self._span(problem.gave_up, problem.gave_up)
            related = (Related(span=gave_up, message="still open here"),)
        self.is_sound = False
        span = self._span(problem.offset, problem.offset)
        self.report.add("TR103", span, hint=problem.hint, related=related, reason=problem.reason)

    def _begin_document(self, event: DocumentStartEvent) -> bool:
        self.documents += 1
        if self.documents > 1:
            self._refuse("TR108", self._span(event.start_mark.index, event.end_mark.index))
        return self.documents == 1

    def _take_scalar(self, event: ScalarEvent) -> None:
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        style = event.style or ""
        shown = end
        tag, anchor = event.ctag, event.anchor
        if tag is not None or anchor is not None:
            start = self._content(start, end)
        if style in _BLOCKS:
            shown = start + len(self.text[start:end].rstrip())
        span = self._span(start, shown)
        value: Value = event.value
        if tag is None and not style:
            value = self.plain[value] if value in self.plain else self._plain(event.value, span)
        elif tag is not None and str(tag) != "!":
            value = self._tagged(event, span)
        node = Scalar(value, span, style, start, end)
        if anchor is not None:
            self.anchors[anchor] = _Anchored(node, 1, 0)
        self.count += 1
        self._add(node, shown)

    def _plain(self, text: str, span: Span) -> Value:
        if text == _MERGE and self.open and self.open[-1].awaits_key:
            self.open[-1].merges.add(len(self.open[-1].children) // 2)
            return text
        value = plain_value(text)
        if isinstance(value, Refused):
            self._refuse(value.code, span, text=text, limit=MAX_DIGITS)
            return None
        other = difference(text, value)
        if other is not None:
            # Quotes keep the meaning that a text has here; of a number either could be meant.
            fix = quote(span, text, text, is_safe=False) if value == text else None
            self.report.add(
                "TR114",
                span,
                hint="put it in quotes" if other.instead is None else None,
                fix=fix,
                text=text,
                here=other.here,
                there=other.there,
                instead=other.instead,
            )
        elif text != _MERGE:
            self.plain[text] = value
        return value

    def _tagged(self, event: ScalarEvent, span: Span) -> Value:
        text, tag = event.value, str(event.tag)
        value = tagged_value(text, tag)
        if isinstance(value, Refused):
            at = self._tag_span(event) if value.code == "TR113" else span
            shown = {"tag": short_tag(tag), "found": value.found}
            self._refuse(value.code, at, text=text, limit=MAX_DIGITS, **shown)
            return None
        return value

    def _begin(self, event: CollectionStartEvent) -> bool:
        start: int = event.start_mark.index
        is_mapping = isinstance(event, MappingStartEvent)
        if len(self.open) >= MAX_DEPTH:
            self._refuse("TR105", self._span(start, event.end_mark.index), limit=MAX_DEPTH)
            return False
        if event.tag is not None or event.anchor is not None:
            start = self._content(start, len(self.text))
            self._check_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.open.append(_Open(start, self._place(start), self.count, event.anchor, is_mapping))
        self.count += 1
        return True

    def _check_tag(self, event: CollectionStartEvent) -> None:
        """Refuse a tag on a list or mapping other than the one that it has anyway."""
        own, found = ("!!seq", "a list")
        if isinstance(event, MappingStartEvent):
            own, found = ("!!map", "a mapping")
        tag = short_tag(str(event.tag or own))
        if tag not in ("!", own):
            code = "TR119" if tag in KNOWN_TAGS else "TR113"
            self._refuse(code, self._tag_span(event), tag=tag, found=found)

    def _end(self, event: CollectionEndEvent) -> None:
        done = self.open.pop()
        end: int = event.end_mark.index
        # The parser ends a block where the next token begins, which may be lines further down.
        if end == event.start_mark.index:
            end = self.offset if done.children else done.start
        span = Span(*done.place, *self._place(end))
        node: Node
        if done.is_mapping:
            node = Mapping(self._entries(done, span), span)
        else:
            node = Sequence(tuple(done.children), span)
        if done.anchor is not None:
            self.anchors[done.anchor] = _Anchored(node, self.count - done.count, done.height)
        self._add(node, end)
        self._reach(done.height)

    def _entries(self, mapping: _Open, span: Span) -> tuple[Entry, ...]:
        pairs = tuple(zip(mapping.children[::2], mapping.children[1::2], strict=True))
        merges = frozenset(mapping.merges)
        found = entries(pairs, self.report, merges=merges, span=span)
        self.is_sound = self.is_sound and found is not None
        return found or ()

    def _repeat(self, event: AliasEvent) -> bool:
        """Put the node of an anchor where its alias stands."""
        end = event.end_mark.index
        span = self._span(event.start_mark.index, end)
        name = str(event.anchor)
        anchored = self.anchors.get(name)
        if anchored is None:
            self._refuse("TR117" if name in self.anchors else "TR116", span, name=name)
            anchored = _Anchored(Scalar(None, span, "", event.start_mark.index, end), 1, 0)
        self.aliased += anchored.size
        if self.aliased > MAX_ALIASED_NODES:
            self._refuse("TR106", span, limit=MAX_ALIASED_NODES)
            return False
        if len(self.open) + anchored.height > MAX_DEPTH:
            self._refuse("TR105", span, limit=MAX_DEPTH)
            return False
        self.count += anchored.size
        self._add(anchored.node, end)
        self._reach(anchored.height)
        return True

    def _add(self, node: Node, end: int) -> None:
        self.offset = end
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node

    def _reach(self, height: int) -> None:
        """Note how high the node is that was added last."""
        if self.open and height >= self.open[-1].height:
            self.open[-1].height = height + 1

    def _refuse(self, code: str, span: Span, *, hint: str | None = None, **fields: object) -> None:
        self.is_sound = False
        self.report.add(code, span, hint=hint, related=(), fix=None, **fields)

    def _content(self, start: int, end: int) -> int:
        """Return where a node begins behind its anchor and tag."""
        found = _PROPERTIES.match(self.text, start, end)
        return found.end() if found else start

    def _tag_span(self, event: ScalarEvent | CollectionStartEvent) -> Span:
        found = _TAG.match(self.text, event.start_mark.index)
        if found is None:
            return self._span(event.start_mark.index, event.end_mark.index)
        return self._span(found.start(1), found.end(1))

    def _span(self, start: int, end: int) -> Span:
        line, column = self._place(start)
        if end < self.next_line:
            return Span(line, column, line, end - self.begin + 1)
        return Span(line, column, *place(self.starts, end))

    def _place(self, offset: int) -> tuple[int, int]:
        # Most nodes begin and end on the line of the one before.
        if not self.begin <= offset < self.next_line:
            self.line = bisect_right(self.starts, offset)
            self.begin = self.starts[self.line - 1]
            is_last = self.line == len(self.starts)
            self.next_line = len(self.text) + 1 if is_last else self.starts[self.line]
        return self.line, offset - self.begin + 1
