r"""The regular expressions of JSON Schema, run by Python.

JSON Schema means those of ECMA-262: ``$`` is the end of the text and never stands before a last
line break, ``\d`` and ``\w`` are ASCII, and a pattern is searched for, not matched from the start.
"""

import re
from functools import lru_cache

from treadle.plan.lazy_pattern import lazy_pattern

# An escape, a class in brackets, the head of a group, a quantifier, or one character.
_TOKEN = lazy_pattern(
    r"""
      \\ (?: x[0-9A-Fa-f]{2} | u[0-9A-Fa-f]{4} | . )
    | \[ \^? \]? (?: \\. | [^\]\\] )* \]
    | \( (?: \? (?: P?<[A-Za-z_]\w*> | P=\w+ | <[=!] | . ) )?
    | (?: [*+?] | \{ [0-9]+ (?: , [0-9]* )? \} | \{ ,[0-9]+ \} ) [?+]?
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


_IN_BRACKETS = lazy_pattern(r"(\\.)|([\[&~|])", re.DOTALL)


def tokens(pattern: str) -> tuple[str, ...]:
    r"""Return the tokens of a pattern that compiles.

    >>> tokens(r"^(?:a|[b-d])+\$$")
    ('^', '(?:', 'a', '|', '[b-d]', ')', '+', '\\$', '$')
    """
    return tuple(_TOKEN.findall(pattern))


def translated(pattern: str) -> str:
    r"""Return the pattern in Python's dialect.

    >>> translated(r"[$]\$$")
    '(?a)[$]\\$\\Z'
    """
    return "(?a)" + "".join(map(in_python, tokens(pattern)))


def in_python(token: str) -> str:
    """Return one token in Python's dialect, which keeps some signs in brackets for later use."""
    if token == "$":
        return r"\Z"
    if token.startswith("[") and len(token) > 1:
        return "[" + _IN_BRACKETS.sub(lambda m: m[1] or "\\" + m[2], token[1:-1]) + "]"
    return token


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern ready for `search`. Errors: re.error for one that Python does not know."""
    return re.compile(translated(pattern))


def is_found(pattern: str, text: str) -> bool:
    """Return whether a pattern is found in a text. Errors: re.error, as `compiled`."""
    return compiled(pattern).search(text) is not None
