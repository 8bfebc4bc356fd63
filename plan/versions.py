"""Versions of Spec Kit, and the ranges of them that a workflow asks for.

Only what releases need is read: numbers with dots, compared number by number; a suffix such as
``rc1`` or ``.dev0`` makes a version older than the same one without it.
Source: PEP 440, of which a range here is the common part: ``>=0.8.5, <2``.
"""

import re
from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import TypeAlias

from treadle.plan.lazy_pattern import lazy_pattern

Version: TypeAlias = tuple[tuple[int, ...], bool]  # the numbers, and whether it is a release

_VERSION = lazy_pattern(r"v?(\d{1,9}(?:\.\d{1,9})*)([-.+_]?[a-z].*|\+.*)?", re.IGNORECASE)
_CLAUSE = lazy_pattern(r"(>=|<=|==|!=|~=|>|<)\s*(\S+)")
_NUMBERS = lazy_pattern(r"v?(\d{1,9}(?:\.\d{1,9})*)", re.IGNORECASE)
_LATER = lazy_pattern(r"\+|[-._]?(post|rev|r\d)", re.IGNORECASE)  # suffixes of what is no earlier
_COMPARISONS: Mapping[str, Callable[[Version, Version], bool]] = {
    ">=": ge,
    "<=": le,
    "==": eq,
    "!=": ne,
    ">": gt,
    "<": lt,
}


def read_version(text: str) -> Version | None:
    """Return a version that can be compared, None for what is none.

    >>> read_version("1.2.0rc1")
    ((1, 2), False)
    """
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        return None
    numbers = [int(number) for number in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), match[2] is None or _LATER.match(match[2]) is not None


def allows(range_: str, version: str) -> bool | None:
    """Return whether a version lies in a range, None when one of them cannot be read.

    >>> allows(">=0.8.5, <2", "1.2.3"), allows("~=1.2", "2.0"), allows("new", "1.0")
    (True, False, None)
    """
    found = read_version(version)
    if found is None:
        return None
    verdicts = [_clause_allows(clause.strip(), found) for clause in range_.split(",")]
    return None if None in verdicts else all(verdicts)


def _clause_allows(clause: str, found: Version) -> bool | None:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return None
    sign, text = match[1], match[2]
    if text.endswith(".*") and sign in ("==", "!="):
        return _begins(found, text.removesuffix(".*"), is_wanted=sign == "==")
    limit = read_version(text)
    if limit is None:
        return None
    if sign == "~=":
        prefix, dot, _ = text.rpartition(".")
        return _begins(found, prefix, is_wanted=True) and found >= limit if dot else None
    return _COMPARISONS[sign](found, limit)


def _begins(found: Version, prefix: str, *, is_wanted: bool) -> bool | None:
    """Return whether a version begins with the numbers of a prefix, as is wanted or not."""
    match = _NUMBERS.fullmatch(prefix)
    if match is None:
        return None
    numbers = tuple(int(number) for number in match[1].split("."))
    padded = (*found[0], *(0 for _ in numbers))
    return (padded[: len(numbers)] == numbers) is is_wanted
