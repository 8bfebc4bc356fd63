"""Guesses at what an author meant to write.

Nothing is decided by a guess: it is shown as a hint, or offered as a fix.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct

# Below this, short words such as `run` and `env` would be taken for one another.
_LEAST_LIKENESS = 0.65
# One slip turns so short a word into too many others.
_SHORTEST_SURE = 3


class Guess(Struct, frozen=True, kw_only=True):
    """What an author meant, and whether a slip of the pen is the only way to explain the word."""

    name: str
    is_sure: bool


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that looks most like `word`, None when none is near.

    >>> closest("timout", ("run", "timeout"))
    'timeout'
    """
    names = {name.lower(): name for name in known if name != word}
    found = get_close_matches(word.lower(), names, n=1, cutoff=_LEAST_LIKENESS)
    return names[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the hint that names the closest of `known`, None when none is near."""
    found = closest(word, known)
    return f"did you mean '{found}'?" if found is not None else None


def judged(word: str, near: str | None, known: Iterable[str]) -> Guess | None:
    """Return the guess that `word` is a misspelt `near`, its closest one of `known`.

    It is sure when a single slip lies between the two, and between `word` and no other name. A
    digit is no slip: who reads `step_3` did not mean `step_2`.

    >>> judged("timout", "timeout", ("run", "timeout"))
    Guess(name='timeout', is_sure=True)
    >>> judged("cod", "code", ("code", "cod2", "mode", "cot"))
    Guess(name='code', is_sure=False)
    """
    if near is None:
        return None
    is_sure = (
        len(word) >= _SHORTEST_SURE
        and is_one_slip(word, near)
        and _digits(word) == _digits(near)
        and not any(is_one_slip(word, other) for other in known if other not in (near, word))
    )
    return Guess(name=near, is_sure=is_sure)


def is_one_slip(word: str, other: str) -> bool:
    """Whether one letter more, less or different, or two that changed places, part two words.

    >>> is_one_slip("nmae", "name"), is_one_slip("naem", "mean"), is_one_slip("Name", "name")
    (True, False, True)
    """
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    if word.lower() == other.lower():
        return True
    start = _common(word, other)
    end = _common(word[start:][::-1], other[start:][::-1])
    left, right = word[start : len(word) - end], other[start : len(other) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])


def _common(word: str, other: str) -> int:
    """Return how many letters two words have in common at their beginning."""
    pairs = enumerate(zip(word, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(word), len(other)))


def _digits(word: str) -> str:
    return "".join(letter for letter in word if letter.isdigit())
