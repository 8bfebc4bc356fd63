"""The words and signs of an expression, each with its place.

Names are read as workflows write them: hyphens and colons are letters after a dot, and the names
that a workflow declares decide where a name ends.
"""

import re
from functools import cached_property
from unicodedata import lookup

from msgspec import Struct, field

from treadle.plan.json_text import MAX_DIGITS
from treadle.plan.lazy_pattern import lazy_pattern

MAX_WORDS = 2_000
MAX_DEPTH = 32
ROOTS = ("inputs", "steps", "item", "fan_in", "context")

_BLANK = lazy_pattern(r"\s*")
_WORD = lazy_pattern(r"\w+")
_ROOT = lazy_pattern(r"\w[\w-]*")
_SEGMENT = lazy_pattern(r"[\w-]+")
_QUALIFIED = lazy_pattern(r"[\w-]+(?::[\w-]+)*")
# With a zero in front it is the name of a member, such as a month.
_PLACE = lazy_pattern(r"(?:0|[1-9][0-9]*)(?![\w-])")
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_FLOAT = lazy_pattern(
    rf"{_DIGITS}(?:(?:\.{_DIGITS})?e[+-]?{_DIGITS}|\.{_DIGITS})(?!\w)", re.IGNORECASE
)
# Nothing before or behind the point, and zeros in front: not in Jinja2, but in Spec Kit.
_BARE_FLOAT = lazy_pattern(
    rf"(?:{_DIGITS}\.|\.{_DIGITS})(?:e[+-]?{_DIGITS})?(?![\w.])", re.IGNORECASE
)
_INTEGER = lazy_pattern(
    r"(?:0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[0-9](?:_?[0-9])*)(?!\w)",
    re.IGNORECASE | re.ASCII,
)
# Jinja2's own table, for which Jinja2 need not be imported.
OPERATORS = {
    **{"+": "add", "-": "sub", "/": "div", "//": "floordiv", "*": "mul", "%": "mod"},
    **{"**": "pow", "~": "tilde", "[": "lbracket", "]": "rbracket", "(": "lparen", ")": "rparen"},
    **{"{": "lbrace", "}": "rbrace", "==": "eq", "!=": "ne", ">": "gt", ">=": "gteq"},
    **{"<": "lt", "<=": "lteq", "=": "assign", ".": "dot", ":": "colon", "|": "pipe"},
    **{",": "comma", ";": "semicolon"},
}
_SIGN = lazy_pattern("|".join(re.escape(sign) for sign in sorted(OPERATORS, key=len, reverse=True)))
_STRING = lazy_pattern(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_ESCAPE = lazy_pattern(
    r"\\(?:(?P<octal>[0-7]{1,3})|(?:x(?P<x>[\da-fA-F]{2})|u(?P<u>[\da-fA-F]{4})"
    r"|U(?P<U>[\da-fA-F]{8}))|N\{(?P<name>[^}]+)\}|(?P<sign>.))",
    re.DOTALL | re.ASCII,
)
_ESCAPED = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_CONSTANTS = {"true": "true", "false": "false", "none": "none", "null": "none"}
# Behind one of these a point reads a member, but for these names.
_VALUES = frozenset(("name", "string", "integer", "float", "rparen", "rbracket", "rbrace"))
_KEYWORDS = frozenset(("and", "or", "not", "in", "is", "if", "else"))
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_HINTS = {"&": "write 'and'", "!": "write 'not'", "?": "write 'A if CONDITION else B'"}


class Declared(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """The names that a workflow declares; `booleans` are the inputs of type boolean."""

    steps: frozenset[str]
    inputs: frozenset[str]
    booleans: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def unusual_steps(self) -> tuple[str, ...]:
        """The ids with other signs than hyphens and colons, longest first."""
        return _unusual(self.steps)

    @cached_property
    def unusual_inputs(self) -> tuple[str, ...]:
        """The inputs with other signs than hyphens and colons, longest first."""
        return _unusual(self.inputs)


class Word(Struct, frozen=True, gc=False):
    """One word, literal or sign.

    Shapes: `kind` is one of Jinja2's kinds of tokens; `value` is what the parser sees.
    Units: character offsets into the expression, the end exclusive.
    """

    start: int
    end: int
    kind: str
    value: str | int | float


class Fault(Exception):
    """A mistake in an expression; the template stage reports it.

    Shapes: `detail` fills the one field of the diagnostic's message.
    """

    def __init__(
        self, code: str, start: int, end: int, detail: str | int, *, hint: str | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.start = start
        self.end = end
        self.detail = detail
        self.hint = hint


def read_words(text: str, declared: Declared) -> tuple[Word, ...]:
    """Return the words and signs of an expression.

    Errors: Fault (TR111, TR401, TR404).
    """
    words: list[Word] = []
    open_brackets: list[str] = []
    position = _skip_blanks(text, 0)
    while position < len(text):
        word = _read_word(text, position, words, declared, open_brackets)
        if len(words) == MAX_WORDS:
            raise Fault("TR404", word.start, word.end, MAX_WORDS)
        words.append(word)
        _follow_brackets(text[word.start : word.end], open_brackets)
        position = _skip_blanks(text, word.end)
    return tuple(words)


def _skip_blanks(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return position if found is None else found.end()


def _follow_brackets(sign: str, open_brackets: list[str]) -> None:
    if sign in _CLOSING:
        open_brackets.append(sign)
    elif open_brackets and sign == _CLOSING[open_brackets[-1]]:
        open_brackets.pop()


def _read_word(
    text: str, start: int, words: list[Word], declared: Declared, open_brackets: list[str]
) -> Word:
    """Return the word that starts at `start`."""
    previous = words[-1].kind if words else None
    character = text[start]
    if character in "'\"":
        return _read_string(text, start)
    if previous == "dot":
        return _read_member(text, start, words, declared, open_brackets)
    if character in "0123456789" or (character == "." and _begins_number(text, start, words)):
        return _read_number(text, start)
    if _WORD.match(character):
        is_function = previous == "pipe" or (words and _is_test_place(words))
        return _read_name(text, start, is_function=bool(is_function))
    sign = _SIGN.match(text, start)
    if sign is None:
        raise Fault(
            "TR401",
            start,
            start + 1,
            f"unexpected '{character}'",
            hint=_HINTS.get(character),
        )
    return Word(start, sign.end(), OPERATORS[sign[0]], sign[0])


def _is_test_place(words: list[Word]) -> bool:
    """Return whether the name of a test comes next, after ``is`` or ``is not``."""
    last = words[-1]
    if last.value == "not" and last.kind == "name" and len(words) > 1:
        last = words[-2]
    return last.kind == "name" and last.value == "is"


def _read_name(text: str, start: int, *, is_function: bool) -> Word:
    """Return a name that does not follow a dot: a root, a keyword or a function."""
    pattern = _WORD if is_function else _ROOT
    found = pattern.match(text, start)
    name = found[0] if found is not None else text[start]
    root, hyphen, _ = name.partition("-")
    if hyphen and root in ROOTS:
        name = root
    return Word(start, start + len(name), "name", _CONSTANTS.get(name.lower(), name))


def _read_member(
    text: str, start: int, words: list[Word], declared: Declared, open_brackets: list[str]
) -> Word:
    """Return the name or the position that follows a dot."""
    place = _PLACE.match(text, start)
    root = _root_before(words)
    if place is not None and root is None:
        return Word(start, place.end(), "integer", _integer(place[0], start))
    # Where a colon can be a sign (a slice, a key), only ids of steps hold colons.
    pattern = _SEGMENT if root is None and open_brackets[-1:] in (["["], ["{"]) else _QUALIFIED
    found = pattern.match(text, start)
    name = found[0] if found is not None else ""
    if root is not None:
        names = declared.steps if root == "steps" else declared.inputs
        unusual = declared.unusual_steps if root == "steps" else declared.unusual_inputs
        longer = next((one for one in unusual if text.startswith(one, start)), "")
        if len(longer) > len(name):
            name = longer
        elif root == "inputs":
            name = _declared_part(name, names)
    if not name:
        raise Fault("TR401", start, start + 1, "a name must follow '.'")
    return Word(start, start + len(name), "name", name)


def _root_before(words: list[Word]) -> str | None:
    """Return "steps" or "inputs" when the dot at the end follows that root."""
    if len(words) < 2 or (len(words) > 2 and words[-3].kind == "dot"):
        return None
    return {"steps": "steps", "inputs": "inputs"}.get(str(words[-2].value))


def _unusual(names: frozenset[str]) -> tuple[str, ...]:
    """Return the declared names with other signs than hyphens and colons, longest first.

    Names with blanks or dots are not among them: those are written ``steps['…']``.
    """
    return tuple(
        sorted(
            (n for n in names if n and not _QUALIFIED.fullmatch(n) and not re.search(r"[\s.]", n)),
            key=lambda n: (-len(n), n),
        )
    )


def _declared_part(name: str, names: frozenset[str]) -> str:
    """Return the longest declared beginning of a name that ends at a hyphen or colon."""
    for end in (len(name), *(i for i in range(len(name) - 1, 0, -1) if name[i] in "-:")):
        if name[:end] in names:
            return name[:end]
    return name


def _read_number(text: str, start: int) -> Word:
    """Return a number."""
    fraction = _FLOAT.match(text, start) or _BARE_FLOAT.match(text, start)
    if fraction is not None:
        value = float(fraction[0].replace("_", ""))
        if value == float("inf"):
            raise Fault("TR401", start, fraction.end(), f"'{fraction[0]}' is too large")
        return Word(start, fraction.end(), "float", value)
    whole = _INTEGER.match(text, start)
    if whole is None:
        end = _skip(_WORD, text, start)
        raise Fault("TR401", start, end, f"'{text[start:end][:40]}' is not a number")
    return Word(start, whole.end(), "integer", _integer(whole[0], start))


def _begins_number(text: str, start: int, words: list[Word]) -> bool:
    """Return whether a point begins a number, as in ``.5``."""
    is_behind_value = bool(words) and words[-1].kind in _VALUES
    if is_behind_value and words[-1].value not in _KEYWORDS:
        return False
    return _BARE_FLOAT.match(text, start) is not None


def _skip(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return start + 1 if found is None else found.end()


def _integer(text: str, start: int) -> int:
    if len(text) <= MAX_DIGITS:
        return int(text.replace("_", ""), 0 if text[1:2].isalpha() else 10)
    raise Fault("TR111", start, start + len(text), MAX_DIGITS)


def _read_string(text: str, start: int) -> Word:
    """Return a text in quotes with its escapes resolved."""
    found = _STRING.match(text, start)
    if found is None:
        raise Fault("TR401", start, start + 1, "this quote is never closed")
    body = found[0][1:-1]
    value = body
    if "\\" in body:
        value = _ESCAPE.sub(lambda escape: _unescape(escape, start + 1), body)
    return Word(start, found.end(), "string", value)


def _unescape(escape: re.Match[str], offset: int) -> str:
    """Return the character that an escape stands for; an unknown escape stands for itself."""
    sign = escape["sign"]
    if sign is not None and sign not in "xuUN":
        return _ESCAPED.get(sign, escape[0])
    try:
        if escape["name"] is not None:
            return lookup(escape["name"])
        digits = escape["x"] or escape["u"] or escape["U"]
        code = int(digits, 16) if digits else int(escape["octal"] or "", 8)
        character = chr(code)
        character.encode()
    except (KeyError, ValueError, OverflowError):
        start = offset + escape.start()
        reason = f"the escape '{escape[0]}' is not a character"
        raise Fault("TR401", start, start + len(escape[0]), reason) from None
    return character
