"""Mending a source with the fixes of its findings, until nothing more can be fixed.

What comes out never has more errors than what went in. A later stage may see for the first time
what an error of an earlier one hid: errors are counted stage by stage.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from treadle.compiler.diagnostics import Diagnostic, Fix
from treadle.compiler.mending.fixing import apply_fixes
from treadle.plan.catalogue import Severity

MAX_ROUNDS = 10

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Beyond this each fix would take a look of its own for too long.
_MAX_TRIALS = 100


class Looked(Protocol):
    """What is found in a source: a Compilation, or what became of one on its way to people.

    Shapes: the spans of `diagnostics` point into `text`.
    """

    @property
    def text(self) -> str:
        """The text of the source, without a byte order mark."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was found."""


_Found = TypeVar("_Found", bound=Looked)
Wanted = Callable[[Diagnostic], bool]


class Repaired(Struct, Generic[_Found], frozen=True, kw_only=True):
    """A source after its fixes, what was fixed in it, and what is found in it now."""

    source: bytes
    fixes: tuple[Fix, ...]
    looked: _Found


class _Bench(Struct, Generic[_Found], frozen=True, kw_only=True):
    """How sources are looked at, and which findings are to be fixed."""

    look: Callable[[bytes], _Found]
    wanted: Wanted

    def offered(self, state: Repaired[_Found]) -> tuple[Fix, ...]:
        """Return the fixes that are wanted, in the order of their places."""
        found = (d.fix for d in state.looked.diagnostics if self.wanted(d))
        return tuple(fix for fix in found if fix is not None)

    def applied(self, state: Repaired[_Found], fixes: tuple[Fix, ...]) -> Repaired[_Found]:
        """Apply those of the fixes that do not meet."""
        done = apply_fixes(state.looked.text, fixes)
        mark = _BYTE_ORDER_MARK if state.source.startswith(_BYTE_ORDER_MARK) else b""
        source = mark + done.text.encode("utf-8")
        return Repaired(
            source=source, fixes=(*state.fixes, *done.applied), looked=self.look(source)
        )


def is_fixable(diagnostic: Diagnostic) -> bool:
    """Whether a finding has a fix."""
    return diagnostic.fix is not None


def is_safely_fixable(diagnostic: Diagnostic) -> bool:
    """Whether a finding has a fix that needs no second look."""
    return diagnostic.fix is not None and diagnostic.fix.is_safe


def repair(source: bytes, look: Callable[[bytes], _Found], *, wanted: Wanted) -> Repaired[_Found]:
    """Apply the fixes of the wanted findings, and of those that come to light by it.

    Shapes: what is found in a source that is not UTF-8 has no fixes.
    Errors: none; a fix that would leave more errors behind is not applied.
    """
    bench = _Bench(look=look, wanted=wanted)
    before = Repaired(source=source, fixes=(), looked=look(source))
    after = _in_rounds(before, bench)
    return after if _weight(after) <= _weight(before) else _one_by_one(before, bench)


def _in_rounds(state: Repaired[_Found], bench: _Bench[_Found]) -> Repaired[_Found]:
    for _ in range(MAX_ROUNDS):
        fixes = bench.offered(state)
        after = bench.applied(state, fixes) if fixes else state
        if after.source == state.source:
            return state
        state = after
    return state


def _one_by_one(state: Repaired[_Found], bench: _Bench[_Found]) -> Repaired[_Found]:
    """Apply each fix by itself, and only if it leaves no more errors behind."""
    tried: set[Fix] = set()
    for _ in range(_MAX_TRIALS):
        fix = next((fix for fix in bench.offered(state) if fix not in tried), None)
        if fix is None:
            return state
        tried.add(fix)
        after = bench.applied(state, (fix,))
        if _weight(after) <= _weight(state):
            state = after
    return state


def _weight(state: Repaired[_Found]) -> tuple[int, int, int]:
    """Return the numbers of errors of the source, of the shape and of everything behind them."""
    found = state.looked.diagnostics
    stages = [each.code[2] for each in found if each.severity is Severity.ERROR]
    source, shape = stages.count("1"), stages.count("2")
    return source, shape, len(stages) - source - shape
