"""Colons in the plain text of a flow collection, which the C parser does not take.

`{run: curl http://example.org}` is YAML 1.2, and so is `{run: a:b}`; the parser is libyaml 0.1, for
which no plain text in braces or brackets holds a colon. Characters that mean nothing stand in for
such colons while it reads: one for one, so that every place stays what it is.
"""

import re
from collections.abc import Iterator

from msgspec import Struct
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # its re-export is not marked
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import Event, ScalarEvent

from treadle.plan.lazy_pattern import lazy_pattern

# What the parser says of such a colon.
PROBLEM = "found unexpected ':'"

# A tag, an anchor, an alias or a directive is no text; a colon is text when something stands
# directly behind it, and before it no quote or bracket that has just been closed.
_NO_TEXT = r"(?:^|[,\[{:?-])[ \t]*[!&*]\S*|^%.*$"
_COLON = r"(?:(?<=[^\s,\[\]{}\"'])|(?<=[^\s,\[\]{}\"':?-][ \t]))(?P<colon>:)(?=[^\s,\[\]{}])"
_COLONS = lazy_pattern(f"{_COLON}|{_NO_TEXT}", re.MULTILINE)
_PRIVATE = range(0xE000, 0xF8FF)


class Disguised(Struct, frozen=True):
    """A text as the parser takes it, and the character that stands for a colon in it."""

    text: str
    stand_in: str


def disguised(text: str) -> Disguised | None:
    """Return a text without the colons that the parser would stop at, None if there are none.

    >>> disguised("{run: a:b}") == Disguised("{run: a\\ue000b}", "\\ue000")
    True
    """
    stand_in = next((chr(code) for code in _PRIVATE if chr(code) not in text), None)
    if stand_in is None:
        return None
    changed = _COLONS.sub(lambda found: stand_in if found["colon"] else found[0], text)
    return Disguised(changed, stand_in) if changed != text else None


def events_of(disguise: Disguised) -> Iterator[Event]:
    """Yield the events of the text that was disguised.

    Errors: those of the YAML parser.
    """
    for event in iter(CParser(disguise.text).get_event, None):
        if isinstance(event, ScalarEvent):
            event.value = event.value.replace(disguise.stand_in, ":")
        yield event


def events(text: str) -> list[Event]:
    """Return all events of a text, with colons in flow text or without.

    Errors: those of the YAML parser.
    """
    try:
        return list(iter(CParser(text).get_event, None))
    except MarkedYAMLError as error:
        other = disguised(text) if error.problem == PROBLEM else None
        if other is None:
            raise
        return list(events_of(other))
