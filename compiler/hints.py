"""What to write instead of a name that nothing has.

The time for guesses is bounded over a whole compilation: a file may hold thousands of wrong
names, and each guess looks at every known one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from treadle.compiler.suggestions import did_you_mean

FEW = 8
MAX_COMPARISONS = 50_000


@dataclass(slots=True)
class Hints:
    """Guesses at what authors meant, and how many comparisons are left for them."""

    _left: int = MAX_COMPARISONS
    _known: dict[tuple[str, str, int], str | None] = field(default_factory=dict)

    def instead_of(self, word: str, known: Sequence[str], *, what: str) -> str | None:
        """Return the known name that looks like `word`, or all of them when they are few.

        >>> Hints().instead_of("nmae", ("name", "size"), what="the inputs")
        "did you mean 'name'?"
        >>> Hints().instead_of("zzz", ("name", "size"), what="the inputs")
        "the inputs are 'name' and 'size'"

        Shapes: `what` names the known ones, in the plural.
        """
        key = (what, word, len(known))
        if key not in self._known:
            self._known[key] = self._guess(word, known) or listed(known, what=what)
        return self._known[key]

    def _guess(self, word: str, known: Sequence[str]) -> str | None:
        if len(known) > self._left:
            return None
        self._left -= len(known)
        return did_you_mean(word, known)


def listed(known: Sequence[str], *, what: str) -> str | None:
    """Return a sentence that lists names, None when they are none or too many to read."""
    if not 0 < len(known) <= FEW:
        return None
    *first, last = (f"'{name}'" for name in known)
    return f"{what} are {', '.join(first)} and {last}" if first else f"the only one is {last}"
