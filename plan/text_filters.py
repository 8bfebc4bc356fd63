"""The filters that work on text.

Each takes text (or what stands for text: numbers, booleans, null) and makes no more of it than
the bounds allow.
"""

import re
import textwrap
from collections.abc import Mapping
from shlex import quote

from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.limits import Refusal, check_item_count, check_text_size, check_weight
from treadle.plan.text import as_text, notation

MAX_WRAPPED = 65_536
_WORD = lazy_pattern(r"\w+")
_WORD_START = lazy_pattern(r"([-\s({\[<]+)")
_DIRECTIVE = lazy_pattern(
    r"%(?:\((?P<name>[^)]*)\))?(?P<flags>[-#0 +]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?"
    r"(?P<type>.?)",
    re.DOTALL,
)
_UNQUOTED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")


def upper(value: str) -> Json:
    """Return the text in capitals."""
    return value.upper()


def lower(value: str) -> Json:
    """Return the text in small letters."""
    return value.lower()


def capitalize(value: Json) -> Json:
    """Return the text with a capital at its start and small letters after it."""
    return bounded_text(value).capitalize()


def title(value: Json) -> Json:
    """Return the text with a capital at the start of each word."""
    parts = _WORD_START.split(bounded_text(value))
    return "".join(part[:1].upper() + part[1:].lower() for part in parts)


def trim(value: Json, chars: str | None = None) -> Json:
    """Return the text without blanks, or without `chars`, at both ends."""
    return bounded_text(value).strip(chars)


def string(value: Json) -> Json:
    """Return the value as text."""
    return bounded_text(value)


def wordcount(value: Json) -> Json:
    """Return the number of words."""
    return sum(1 for _ in _WORD.finditer(bounded_text(value)))


def center(value: Json, width: int = 80) -> Json:
    """Return the text in the middle of a line of `width` characters."""
    check_text_size(width)
    return bounded_text(value).center(width)


def replace(value: Json, old: Json, new: Json, count: int = -1) -> Json:
    """Return the text with `old` replaced by `new`, everywhere or `count` times."""
    text, before, after = bounded_text(value), bounded_text(old), bounded_text(new)
    found = text.count(before)
    times = found if count < 0 else min(found, count)
    check_text_size(len(text) + times * (len(after) - len(before)))
    return text.replace(before, after, count)


def split(value: str, separator: str) -> Json:
    """Return the parts of the text between separators."""
    if separator == "":
        raise Refusal("the separator of 'split' must not be empty")
    check_item_count(value.count(separator) + 1)
    return [*value.split(separator)]


def join(value: Json, separator: str) -> Json:
    """Return the items of a list as text with the separator between them."""
    if not isinstance(value, list):
        return bounded_text(value)
    check_weight(value)
    check_text_size(len(separator) * len(value))
    texts = [item if isinstance(item, str) else notation(item) for item in value]
    check_text_size(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def truncate(
    value: Json, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 5
) -> Json:
    """Return the text cut at `length`, at a blank unless `killwords`, with `end` after it."""
    text = bounded_text(value)
    if length < len(end) or leeway < 0:
        raise Refusal("'length' of 'truncate' must not be less than the length of 'end'")
    if len(text) <= length + leeway:
        return text
    kept = text[: length - len(end)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + end


def indent(value: Json, width: int | str = 4, first: bool = False, blank: bool = False) -> Json:
    """Return the text with blanks before every line but the first."""
    lines = (bounded_text(value) + "\n").splitlines()
    size = len(width) if isinstance(width, str) else max(width, 0)
    check_text_size(sum(map(len, lines)) + (size + 1) * len(lines))
    margin = width if isinstance(width, str) else " " * size
    rest = (margin + line if line or blank else line for line in lines[1:])
    return "\n".join(((margin if first else "") + lines[0], *rest))


def wordwrap(
    value: Json,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str = "\n",
    break_on_hyphens: bool = True,
) -> Json:
    """Return the text with its lines broken at `width`."""
    text = bounded_text(value)
    if len(text) > MAX_WRAPPED:
        raise Refusal(f"'wordwrap' takes at most {MAX_WRAPPED} characters")
    if width < 1:
        raise Refusal("'width' of 'wordwrap' must be at least 1")
    check_text_size(len(text) * (len(wrapstring) + 1))
    wrapped = (
        textwrap.wrap(
            line,
            width=width,
            expand_tabs=False,
            replace_whitespace=False,
            break_long_words=break_long_words,
            break_on_hyphens=break_on_hyphens,
        )
        for line in text.splitlines()
    )
    return wrapstring.join(wrapstring.join(lines) for lines in wrapped)


def urlencode(value: Json) -> Json:
    """Return the text, or the members of an object as a query, with special signs escaped."""
    check_weight(value)
    if isinstance(value, Mapping):
        return "&".join(
            f"{_percent(key, b'').replace('%20', '+')}="
            f"{_percent(as_text(member), b'').replace('%20', '+')}"
            for key, member in value.items()
        )
    return _percent(as_text(value), b"/")


def shquote(value: Json) -> Json:
    """Return the value quoted for a shell; the items of a list one by one."""
    check_weight(value)
    texts = [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]
    if any("\0" in text for text in texts):
        raise Refusal("a shell cannot be given a NUL character")
    return " ".join(map(quote, texts))


def format_text(value: Json, *arguments: Json, **named: Json) -> Json:
    """Return a text with its ``%s`` and the like filled in."""
    text = bounded_text(value)
    if arguments and named:
        raise Refusal("'format' takes either positional or named arguments")
    parts: list[str] = []
    end = size = used = 0
    for directive in _DIRECTIVE.finditer(text):
        parts.append(text[end : directive.start()])
        end = directive.end()
        if directive["type"] == "%":
            parts.append("%")
        elif directive["name"] is not None:
            parts.append(_fill(directive, named.get(directive["name"])))
        elif used < len(arguments):
            parts.append(_fill(directive, arguments[used]))
            used += 1
        else:
            raise Refusal("'format' has too few arguments")
        size += len(parts[-1]) + len(parts[-2])
        check_text_size(size)
    if used < len(arguments):
        raise Refusal("'format' has too many arguments")
    check_text_size(size + len(text) - end)
    return "".join((*parts, text[end:]))


def bounded_text(value: Json) -> str:
    """Return a value as text. Errors: Refusal when the text would be too large."""
    if isinstance(value, str):
        return value
    check_weight(value)
    return as_text(value)


def _fill(directive: re.Match[str], argument: Json) -> str:
    """Return one argument in the form that a directive asks for."""
    for size in (directive["width"], directive["precision"] or ""):
        check_text_size(int(size or 0) if len(size) < 10 else 10**10)
    kind = directive["type"]
    if kind not in tuple("sradiuoxXeEfFgGc"):
        raise Refusal(f"'format' does not know '{directive[0]}'")
    precision = "" if directive["precision"] is None else "." + directive["precision"]
    pattern = f"%{directive['flags']}{directive['width']}{precision}{kind}"
    shown = argument if isinstance(argument, int | float) else bounded_text(argument)
    try:
        return pattern % (str(shown) if kind == "s" else shown)
    except (TypeError, ValueError, OverflowError):
        raise Refusal(f"'{directive[0]}' does not fit {notation(shown)[:40]}") from None


def _percent(text: str, safe: bytes) -> str:
    kept = _UNQUOTED.union(safe)
    data = text.encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in data)
