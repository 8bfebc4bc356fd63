"""Text of strangers made safe to show: no control character of it reaches a terminal."""

from treadle.plan.lazy_pattern import lazy_pattern

_ESCAPES = lazy_pattern(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # a control sequence, such as a colour
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # an operating system command, such as a title
    r"|\x1b[ -/]*[0-~]"
)
_CONTROLS = lazy_pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def visible(text: str) -> str:
    """Return a text without escape sequences and control characters, with its lines and tabs.

    >>> visible("a\\x1b[31mb\\x07\\r\\nc")
    'ab\\nc'
    """
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def one_line(text: str, limit: int = 100) -> str:
    """Return a text as one line of at most `limit` characters.

    >>> one_line("make\\n  test", 8)
    'make te…'
    """
    line = " ".join(visible(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def last_lines(text: str, count: int) -> tuple[str, ...]:
    """Return the last lines of a text, without blank ones around them."""
    return tuple(visible(text).strip("\n").split("\n")[-count:]) if text.strip() else ()
