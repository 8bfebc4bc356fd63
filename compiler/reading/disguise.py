"""What YAML takes and the C parser does not: colons in flow text, and pairs of escapes.

`{run: curl http://example.org}` is YAML 1.2, and so is `{run: a:b}`; the parser is libyaml 0.1, for
which no plain text in braces or brackets holds a colon. JSON has "\\ud83d\\ude80" for one character
beyond U+FFFF, of which the parser refuses each half. Characters that mean nothing stand in for such
colons and for the backslashes of such pairs while it reads: one for one, so that every place stays
what it is.
"""

import re
from collections.abc import Iterator

from msgspec import Struct
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # its re-export is not marked
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import Event, ScalarEvent

from treadle.compiler.reading.positions import SURROGATES, joined
from treadle.plan.lazy_pattern import lazy_pattern

# What the parser says of such a colon, and of half a pair.
PROBLEMS = frozenset(("found unexpected ':'", "found invalid Unicode character escape code"))

# A tag, an anchor, an alias or a directive is no text; a colon is text when something stands
# directly behind it, and before it no quote or bracket that has just been closed.
_NO_TEXT = r"(?:^|[,\[{:?-])[ \t]*[!&*]\S*|^%.*$"
_COLON = r"(?:(?<=[^\s,\[\]{}\"'])|(?<=[^\s,\[\]{}\"':?-][ \t]))(?P<colon>:)(?=[^\s,\[\]{}])"
_COLONS = lazy_pattern(f"{_COLON}|{_NO_TEXT}", re.MULTILINE)
# A backslash behind another one is text.
_PAIRS = lazy_pattern(r"(?<!\\)((?:\\\\)*)\\" + SURROGATES % r"\\")
_PRIVATE = range(0xE000, 0xF8FF)


class Disguised(Struct, frozen=True):
    """A text as the parser takes it, and the characters that stand for others in it."""

    text: str
    colon: str
    backslash: str

    def undone(self, value: str, style: str | None) -> str:
        """Return the value of a scalar that was read from the disguised text."""
        value = value.replace(self.colon, ":")
        if self.backslash not in value:
            return value
        if style == '"':
            return re.sub(self.backslash + SURROGATES % self.backslash, joined, value)
        return value.replace(self.backslash, "\\")


def disguised(text: str) -> Disguised | None:
    """Return a text without what the parser would stop at, None if there is nothing such.

    >>> disguised("{run: a:b}") == Disguised("{run: a\\ue000b}", "\\ue000", "\\ue001")
    True
    """
    escapes = text.lower()
    codes = (code for code in _PRIVATE if f"{code:x}" not in escapes)
    free = (chr(code) for code in codes if chr(code) not in text)
    colon, backslash = next(free, None), next(free, None)
    if colon is None or backslash is None:
        return None
    changed = _COLONS.sub(lambda found: colon if found["colon"] else found[0], text)
    changed = _PAIRS.sub(rf"\1{backslash}u\2{backslash}u\3", changed)
    return Disguised(changed, colon, backslash) if changed != text else None


def events_of(disguise: Disguised) -> Iterator[Event]:
    """Yield the events of the text that was disguised.

    Errors: those of the YAML parser.
    """
    for event in iter(CParser(disguise.text).get_event, None):
        if isinstance(event, ScalarEvent):
            event.value = disguise.undone(event.value, event.style)
        yield event


def events(text: str) -> list[Event]:
    """Return all events of a text, with what the parser does not take or without.

    Errors: those of the YAML parser.
    """
    try:
        return list(iter(CParser(text).get_event, None))
    except MarkedYAMLError as error:
        other = disguised(text) if error.problem in PROBLEMS else None
        if other is None:
            raise
        return list(events_of(other))
