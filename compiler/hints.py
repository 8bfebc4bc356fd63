"""What to write instead of a name that nothing has.

The time for guesses is bounded over a whole compilation: a file may hold thousands of wrong
names, and each guess looks at every known one.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from treadle.compiler.diagnostics import Fix, Span
from treadle.compiler.fixes import respell
from treadle.compiler.suggestions import Guess, closest, judged

FEW = 8
MAX_COMPARISONS = 50_000

_Key = tuple[str, str, int]


class Hints(Struct):
    """Guesses at what authors meant, and how many comparisons are left for them."""

    _left: int = MAX_COMPARISONS
    _guesses: dict[_Key, Guess | None] = field(default_factory=dict)

    def instead_of(self, word: str, known: Sequence[str], *, what: str) -> str | None:
        """Return the known name that looks like `word`, or all of them when they are few.

        >>> Hints().instead_of("nmae", ("name", "size"), what="the inputs")
        "did you mean 'name'?"
        >>> Hints().instead_of("zzz", ("name", "size"), what="the inputs")
        "the inputs are 'name' and 'size'"

        Shapes: `what` names the known ones, in the plural.
        """
        found = self.guess(word, known, what=what)
        return f"did you mean '{found.name}'?" if found is not None else listed(known, what=what)

    def guess(self, word: str, known: Sequence[str], *, what: str) -> Guess | None:
        """Return the known name that looks like `word`, None when none is near."""
        key = (what, word, len(known))
        if key not in self._guesses:
            self._guesses[key] = self._look(word, known)
        return self._guesses[key]

    def mend(
        self, span: Span, word: str, known: Sequence[str], *, what: str
    ) -> tuple[str | None, Fix | None]:
        """Return what to write instead of the name under a span, and the fix that writes it."""
        fix = respell(span, word, self.guess(word, known, what=what))
        return self.instead_of(word, known, what=what), fix

    def _look(self, word: str, known: Sequence[str]) -> Guess | None:
        if len(known) > self._left:
            return None
        self._left -= len(known)
        return judged(word, closest(word, known), known)


def listed(known: Sequence[str], *, what: str) -> str | None:
    """Return a sentence that lists names, None when they are none or too many to read."""
    if not 0 < len(known) <= FEW:
        return None
    *first, last = (f"'{name}'" for name in known)
    return f"{what} are {', '.join(first)} and {last}" if first else f"the only one is {last}"
