"""Guesses at what an author meant to write.

A guess is only ever shown as a hint: nothing is decided by it.
"""

from collections.abc import Iterable
from difflib import get_close_matches

# Below this, short words such as `run` and `env` would be taken for one another.
_LEAST_LIKENESS = 0.65


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
