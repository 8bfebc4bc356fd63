r"""Patterns that could take for ever: repetitions of something that itself repeats.

``(a+)+`` can split ``aaaa`` in exponentially many ways. ``(-[a-z]+)*`` cannot: each round begins
with a character that stands nowhere else in it. The first is found, the second let pass.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from treadle.plan.patterns import compiled, in_python, tokens

# Up to so many rounds, all ways to split a text are still few.
_FEW_ROUNDS = 16
_SAMPLE = "".join(map(chr, range(256))) + "\u0416\u0663\u200b\u2028\u4e2d\U0001f600"
_EVERYTHING = frozenset(_SAMPLE)
_WIDTHLESS = frozenset(("^", "$", r"\b", r"\B", r"\A", r"\Z"))
_GROUPS = ("(", "(?:", "(?=", "(?!", "(?<=", "(?<!")


class _Atom(Struct, frozen=True):
    """One character out of a set; a character of `_EVERYTHING` stands for all like it."""

    characters: frozenset[str]


class _Group(Struct, frozen=True):
    """A group with its alternatives."""

    branches: tuple[tuple["_Repeat", ...], ...]


class _Repeat(Struct, frozen=True):
    """An atom or a group with how often it may stand; None as `most` is without end."""

    item: "_Item"
    least: int
    most: int | None


_Item: TypeAlias = _Atom | _Group


def unusable(pattern: str) -> str | None:
    """Return why a pattern cannot be used at all, None when it can."""
    for token in tokens(pattern):
        is_group = token in _GROUPS or re.match(r"\(\?P?[<=]", token)
        if (token.startswith("(?") and not is_group) or re.fullmatch(r"(?:[*+?]|\{.*\})\+", token):
            return f"'{token}' has no meaning in a pattern of JSON Schema"
        # Python reads these otherwise than ECMA-262, or means to.
        if re.match(r"\[\^?\]", token):
            return r"a ']' in brackets is written '\]'"
        if token.startswith("[") and "--" in re.sub(r"\\.", "", token):
            return r"a '-' in brackets is written '\-'"
        if token == "[":
            return "'[' is never closed"
    try:
        compiled(pattern)
    except re.error as error:
        return error.msg
    except (OverflowError, RecursionError):
        return "it is too large"
    return None


def is_slow(pattern: str) -> bool:
    """Tell whether a usable pattern repeats a repetition whose rounds have no clear border."""
    whole, _ = _group(tokens(pattern), 0)
    return _has_blurred_rounds(whole, 1)


def _group(parts: tuple[str, ...], at: int) -> tuple[_Group, int]:
    """Read up to the end of a group; return it and the position behind it."""
    branches: list[tuple[_Repeat, ...]] = []
    items: list[_Repeat] = []
    while at < len(parts) and parts[at] != ")":
        token = parts[at]
        item: _Item | None = None
        at += 1
        if token == "|":
            branches.append(tuple(items))
            items = []
        elif token.startswith("(") and not token.startswith("(?P="):
            item, at = _group(parts, at)
        elif token not in _WIDTHLESS:
            item = _Atom(_characters(token))
        if item is not None:
            least, most, at = _bounds(parts, at)
            items.append(_Repeat(item, least, most))
    return _Group((*branches, tuple(items))), at + 1


def _bounds(parts: tuple[str, ...], at: int) -> tuple[int, int | None, int]:
    token = parts[at] if at < len(parts) else ""
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if token[:1] in simple:
        return (*simple[token[:1]], at + 1)
    counted = re.match(r"\{([0-9]*)(,?)([0-9]*)\}", token)
    if counted is None:
        return 1, 1, at
    least = int(counted[1] or 0)
    most = (int(counted[3]) if counted[3] else None) if counted[2] else least
    return least, most, at + 1


@lru_cache(maxsize=512)
def _characters(token: str) -> frozenset[str]:
    if re.match(r"\\[1-9]|\(\?P=", token):
        return _EVERYTHING  # what a group matched
    single = re.compile(in_python(token), re.ASCII)
    return frozenset(filter(single.fullmatch, _SAMPLE))


def _has_blurred_rounds(group: _Group, rounds: int) -> bool:
    """Look for a repetition inside, where the group itself stands up to `rounds` times."""
    for branch in group.branches:
        for repeat in branch:
            if isinstance(repeat.item, _Atom):
                continue
            most = _FEW_ROUNDS + 1 if repeat.most is None else repeat.most
            inner = min(rounds * max(most, 1), _FEW_ROUNDS + 1)
            if most > 1 and inner > _FEW_ROUNDS and _is_blurred(repeat.item):
                return True
            if _has_blurred_rounds(repeat.item, inner if most > 1 else rounds):
                return True
    return False


def _is_blurred(group: _Group) -> bool:
    """Tell whether one text may be split into rounds of the group in several ways."""
    if not _varies(group):
        return _has_twins(group)
    if len(group.branches) > 1:
        return True
    (branch,) = group.branches
    if len(branch) == 1 and isinstance(branch[0].item, _Group) and branch[0].most == 1:
        return branch[0].least == 0 or _is_blurred(branch[0].item)
    return not any(_is_border(branch, at) for at in (0, len(branch) - 1))


def _varies(group: _Group) -> bool:
    for branch in group.branches:
        for repeat in branch:
            if repeat.least != repeat.most:
                return True
            if isinstance(repeat.item, _Group) and _varies(repeat.item):
                return True
    return False


def _has_twins(group: _Group) -> bool:
    """Tell whether one alternative may be the beginning of another, as in ``(a|aa)*``."""
    lines = [tuple(_line(branch)) for branch in group.branches]
    return any(
        all(left & right for left, right in zip(one, other, strict=False))
        for at, one in enumerate(lines)
        for other in lines[at + 1 :]
    )


def _line(branch: tuple[_Repeat, ...]) -> Iterator[frozenset[str]]:
    """Yield the characters at each place of a branch; a group counts as one place."""
    for repeat in branch:
        characters = frozenset[str]().union(*(atom.characters for atom in _atoms(repeat.item)))
        yield from (characters for _ in range(min(repeat.least, _FEW_ROUNDS)))


def _is_border(branch: tuple[_Repeat, ...], at: int) -> bool:
    """Tell whether one item stands exactly once a round and can be nothing else in it."""
    border = branch[at]
    if not isinstance(border.item, _Atom) or (border.least, border.most) != (1, 1):
        return False
    others = (
        found for place, repeat in enumerate(branch) if place != at for found in _atoms(repeat.item)
    )
    return all(not border.item.characters & other.characters for other in others)


def _atoms(item: _Item) -> Iterator[_Atom]:
    if isinstance(item, _Atom):
        yield item
        return
    for branch in item.branches:
        for repeat in branch:
            yield from _atoms(repeat.item)
