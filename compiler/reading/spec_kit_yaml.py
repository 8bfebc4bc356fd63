"""What Spec Kit's YAML parser refuses in a text that is YAML all the same.

It takes tabs in quotes, scripts and comments only, and gives no two values the same anchor.
"""

import re
from collections.abc import Iterable, Iterator

from ruamel.yaml.events import CollectionStartEvent, Event, ScalarEvent

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.reading.disguise import events
from treadle.compiler.reading.positions import line_starts, place
from treadle.plan.lazy_pattern import lazy_pattern

_BLOCKS = ("|", ">")
_TAB_OR_COMMENT = lazy_pattern(r"(?:^|(?<=[ \t]))#[^\r\n]*|(?P<tabs>\t+)", re.MULTILINE)
_LINE_END = lazy_pattern(r"\r\n|\r|\n")
_ANCHOR = lazy_pattern(r"(?<![^\s,\[{:-])&[\w-]+")


def check_spec_kit_yaml(text: str, report: Report) -> None:
    """Report the tabs and anchors of a text for which Spec Kit refuses the file.

    Shapes: `text` is YAML. Errors: TR620.
    """
    anchors = _ANCHOR.findall(text) if "&" in text else []
    if "\t" not in text and len(anchors) == len(set(anchors)):
        return
    found, starts = events(text), line_starts(text)
    for start, end in _tabs(text, found):
        span = Span(*place(starts, start), *place(starts, end))
        report.add("TR620", span, hint="write blanks, or put text in quotes", what="a tab here")
    for name, start in _second_anchors(text, found):
        span = Span(*place(starts, start), *place(starts, start + len(name)))
        report.add("TR620", span, hint="give it another name", what=f"a second anchor '{name}'")


def _tabs(text: str, found: Iterable[Event]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of tabs that stand neither in quotes nor in a script or comment."""
    at = 0
    for start, end in (*_texts(text, found), (len(text), len(text))):
        for tabs in _TAB_OR_COMMENT.finditer(text, at, start):
            if tabs["tabs"]:
                yield tabs.span()
        at = end


def _texts(text: str, found: Iterable[Event]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of quoted texts, and those of block scalars below their first line."""
    for event in found:
        if not isinstance(event, ScalarEvent) or not event.style:
            continue
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in _BLOCKS:
            line_end = _LINE_END.search(text, start, end)
            start = line_end.end() if line_end is not None else end
        else:
            start = text.index(event.style, start)
        yield start, end


def _second_anchors(text: str, found: Iterable[Event]) -> Iterator[tuple[str, int]]:
    """Yield the name and place of each anchor whose name another one had before it."""
    seen: set[str] = set()
    for event in found:
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.anchor is not None:
            if event.anchor in seen:
                yield event.anchor, text.index(f"&{event.anchor}", event.start_mark.index) + 1
            seen.add(event.anchor)
