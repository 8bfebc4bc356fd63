"""What libyaml's complaints mean to an author: one clause, and what to write instead.

The parser names what it expected at the place where it gave up; an author wants to hear what is
wrong there.
"""

from msgspec import Struct

from treadle.plan.lazy_pattern import lazy_pattern

_QUOTE_IT = "put the text in quotes"
_INDENTATION = "indent the keys of one mapping alike, and put text with quotes in it in quotes"
_CLOSE = "add the closing quote"
_ESCAPES = "write '\\\\' for a backslash, or use single quotes"

_ODD_COLON = "found unexpected ':'"
_NO_COLON = "could not find expected ':'"

# The parser's problem: the clause for a message and the hint.
_CLAUSES: dict[str, tuple[str, str | None]] = {
    "mapping values are not allowed in this context": (
        "': ' cannot stand here",
        "put text that holds ': ' in quotes, or mend the indentation",
    ),
    "block sequence entries are not allowed in this context": (
        "a list cannot begin on this line",
        "begin it on a line of its own, or put the text in quotes",
    ),
    _ODD_COLON: ("found unexpected ':'", _QUOTE_IT),
    "did not find expected key": ("neither a key nor the end of the mapping", _INDENTATION),
    "did not find expected '-' indicator": (
        "neither '-' nor the end of the list",
        "begin each item of the list with '- ', indented alike",
    ),
    _NO_COLON: ("a key without ':'", "write 'key: value'"),
    "did not find expected ',' or ']'": ("'[' is not closed", "add ',' or ']'"),
    "did not find expected ',' or '}'": ("'{' is not closed", "add ',' or '}'"),
    "did not find expected node content": ("a value is missing", _QUOTE_IT),
    "found unexpected end of stream": ("the quote is not closed", _CLOSE),
    "found unexpected document indicator": ("the quote is not closed", _CLOSE),
    "found unknown escape character": ("unknown escape in double quotes", _ESCAPES),
    "did not find expected hexdecimal number": ("this escape needs more digits", _ESCAPES),
    "found invalid Unicode character escape code": (
        "this escape is half a surrogate pair or beyond Unicode",
        "write the character itself",
    ),
    "did not find expected alphabetic or numeric character": (
        "'*' begins an alias and '&' an anchor",
        _QUOTE_IT,
    ),
    "found a tab character that violates indentation": ("a tab cannot indent YAML", "use spaces"),
    "found a tab character where an indentation space is expected": (
        "a tab cannot indent YAML",
        "use spaces",
    ),
    "did not find expected comment or line break": (
        "only a comment may follow on this line",
        "begin the text on the next line",
    ),
    "did not find expected <document start>": (
        "text after the end of the document",
        "remove the '...' before it",
    ),
    "found incompatible YAML document": ("unknown version of YAML", "remove the '%YAML' line"),
    "found unknown directive name": ("unknown directive", "remove this line"),
    "found undefined tag handle": ("no '%TAG' line declares this tag", "remove the tag"),
}
# Better placed where the list, mapping or text was opened than where the parser gave up.
_UNCLOSED = frozenset(
    (
        "did not find expected ',' or ']'",
        "did not find expected ',' or '}'",
        "found unexpected end of stream",
        "found unexpected document indicator",
    )
)
_NO_TOKEN = "found character that cannot start any token"
_BARE_BLOCK = lazy_pattern(r"^[\s\-]*(?:[^\s:]+:\s+)?\{\{")
# What YAML leaves out, not what it allows: a class with all planes is slow to compile.
# A look at bytes takes a fraction of the time of a search, and most files hold nothing else.
_HARMLESS = bytes((0x09, 0x0A, 0x0D, *range(0x20, 0x7F)))
_CONTROL = lazy_pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class SyntaxProblem(Struct, frozen=True, kw_only=True):
    """Where and why a text is not YAML.

    Shapes: `cause` is the parser's own word for it, empty where it has none.
    Units: `offset` counts characters from the start of the text; so does `gave_up`, the place up
    to which the parser came when that is another one.
    """

    offset: int
    reason: str
    hint: str | None
    gave_up: int | None = None
    cause: str = ""


def control_character(text: str) -> SyntaxProblem | None:
    """Return the first character that YAML forbids, None when there is none."""
    if text.isascii() and not text.encode("ascii").translate(None, _HARMLESS):
        return None
    found = _CONTROL.search(text)
    if found is None:
        return None
    return SyntaxProblem(
        offset=found.start(),
        reason=f"the control character U+{ord(found[0]):04X} is not allowed",
        hint="remove it, or write it as an escape in double quotes",
    )


def explained(text: str, problem: str, *, offset: int, context: int | None = None) -> SyntaxProblem:
    """Return the author's side of a problem that the parser found at an offset.

    >>> explained("a:\\n\\tb: 1", "found character that cannot start any token", offset=3).reason
    'a tab cannot indent YAML'

    Units: `context` is the offset at which the parser began what it could not finish.
    """
    offset = min(offset, len(text))
    sign = text[offset : offset + 1]
    reason, hint = _CLAUSES.get(problem, (problem, None))
    if problem == _NO_TOKEN and sign == "\t":
        reason, hint = "a tab cannot indent YAML", "use spaces"
    elif problem == _NO_TOKEN:
        reason, hint = f"text without quotes cannot begin with '{sign}'", _QUOTE_IT
    elif problem == _ODD_COLON and text[offset + 1 : offset + 2] in (",", "]", "}"):
        hint = "write a blank behind it, or put the text in quotes"
    elif problem in _UNCLOSED and sign == "?":
        # YAML 1.2 allows it inside of text; libyaml, and Spec Kit, do not.
        hint = "put text that holds '?' in quotes"
    begin = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    if _BARE_BLOCK.match(text[begin:offset]):
        hint = "put text that begins with '{{' in quotes"
    if context is not None and problem in _UNCLOSED:
        return SyntaxProblem(
            offset=context, reason=reason, hint=hint, gave_up=offset, cause=problem
        )
    if context is not None and problem == _NO_COLON:
        # The parser looks for the colon up to the line below, if not beyond.
        offset = context
    return SyntaxProblem(offset=offset, reason=reason, hint=hint, cause=problem)
