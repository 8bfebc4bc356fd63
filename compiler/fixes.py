"""How findings come by their fixes: edits made of a span and what belongs there.

A fix is offered only where the source under its span is certain to be the word that is meant; in
doubt there is none. What it would write is safe in every quoting of YAML.
"""

import json

from treadle.compiler.diagnostics import Edit, Fix, Span
from treadle.compiler.suggestions import Guess
from treadle.plan.lazy_pattern import lazy_pattern

# A name without signs that YAML or an expression could take for something else.
_PLAIN_NAME = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_-]*")
_NOT_TEXT = frozenset({"true", "false", "null", "none", "yes", "no", "on", "off", "y", "n"})


def write_instead(span: Span, text: str, *, is_safe: bool) -> Fix:
    """Return the fix that puts `text` in the place of a span."""
    return Fix(title=f"write {text}", edits=(Edit(span=span, text=text),), is_safe=is_safe)


def respell(span: Span, word: str, guess: Guess | None) -> Fix | None:
    """Return the fix that writes the guessed name where a misspelt one stands.

    Shapes: under `span` stands the word alone, or a scalar that is the word, perhaps in quotes.
    """
    return rename(span, word, guess.name, is_safe=guess.is_sure) if guess is not None else None


def rename(span: Span, word: str, name: str, *, is_safe: bool) -> Fix | None:
    """Return the fix that writes `name` where `word` stands; None where that is not certain."""
    inside = _inside(span, word)
    if inside is None or _PLAIN_NAME.fullmatch(name) is None or name.lower() in _NOT_TEXT:
        return None
    return Fix(title=f"write '{name}'", edits=(Edit(span=inside, text=name),), is_safe=is_safe)


def prefix(span: Span, word: str, before: str, *, is_safe: bool) -> Fix | None:
    """Return the fix that inserts ``output.`` or the like before a bare word of an expression."""
    if _width(span) != len(word):
        return None
    at = Span(span.line, span.column, span.line, span.column)
    title = f"write '{before}{word}'"
    return Fix(title=title, edits=(Edit(span=at, text=before),), is_safe=is_safe)


def quote(span: Span, source: str, text: str, *, is_safe: bool) -> Fix | None:
    """Return the fix that writes `text` in quotes for a plain scalar that is spelt `source`."""
    if _width(span) != len(source):
        return None
    return write_instead(span, json.dumps(text, ensure_ascii=False), is_safe=is_safe)


def requote(span: Span, word: str, text: str, *, is_safe: bool) -> Fix | None:
    """Return the fix that writes `text` in quotes for a scalar that is `word`, quoted or not."""
    if _inside(span, word) is None:
        return None
    return write_instead(span, json.dumps(text, ensure_ascii=False), is_safe=is_safe)


def _inside(span: Span, word: str) -> Span | None:
    """Return where the word itself stands under a span, None when something else is there.

    The width tells: a scalar with escapes is wider, one over several lines has no width.
    """
    match _width(span):
        case width if width == len(word):
            return span
        case width if width == len(word) + 2:
            return Span(span.line, span.column + 1, span.line, span.end_column - 1)
    return None


def _width(span: Span) -> int | None:
    return span.end_column - span.column if span.line == span.end_line else None
