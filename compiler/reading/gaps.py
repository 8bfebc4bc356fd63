"""What of a document cannot be known before its author has mended it.

A document without mistakes of shape has none. Where there are some, there is no plan, and a
finding that could follow from one of them is not told (`consequences.py`).
"""

from collections.abc import Iterable, Mapping, Set

from msgspec import Struct

from treadle.compiler.diagnostics import Span


class Gaps(Struct, frozen=True, kw_only=True):
    """The parts of a document that are broken, and what they may hide.

    Shapes: `steps` are the spans of broken entries under `steps`, `vague` those of steps with an
    addition that is ignored, `inputs` those of the keys of broken declarations. `hides_ids`,
    `hides_inputs` and `hides_reads` say that there may be step ids, inputs and reads of inputs
    that are not seen. `words` stand in the broken parts: each may be the name of an input that
    is read there.
    """

    steps: frozenset[Span] = frozenset()
    vague: frozenset[Span] = frozenset()
    inputs: frozenset[Span] = frozenset()
    words: frozenset[str] = frozenset()
    hides_ids: bool = False
    hides_inputs: bool = False
    hides_reads: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there may be reads of steps that are not seen."""
        return bool(self.steps) or self.hides_reads

    @property
    def is_any(self) -> bool:
        """Whether anything is broken."""
        return self != NO_GAPS


NO_GAPS = Gaps()

# Keys of steps under which other steps stand.
NESTED = frozenset({"cases", "default", "else", "finally", "step", "steps", "then"})
# Keys of steps that are never evaluated, and so read no input.
PLAIN = frozenset(
    {
        "capture",
        "capture_max_bytes",
        "continue_on_error",
        "id",
        "max_concurrency",
        "max_iterations",
        "name",
        "on_limit",
        "on_reject",
        "on_timeout",
        "operation",
        "options",
        "output_format",
        "output_schema",
        "retry",
        "runs_on",
        "target",
        "timeout",
        "type",
        "wait_for",
    }
)
# At the top, and in the parts that stand there: what a broken key hides, as names of `Gaps`.
_HIDDEN: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "steps"): ("hides_ids", "hides_reads"),
    ("", "inputs"): ("hides_inputs",),
    ("", "outputs"): ("hides_reads",),
    ("", "workflow"): ("hides_reads",),
    ("header", "integration"): ("hides_reads",),
    ("header", "model"): ("hides_reads",),
    ("output", "value"): ("hides_reads",),
}


def hidden(definition: str, broken: Iterable[str]) -> Set[str]:
    """Return what the broken keys of an object that is no step hide.

    >>> sorted(hidden("", ["steps"]))
    ['hides_ids', 'hides_reads']
    """
    return {name for key in broken for name in _HIDDEN.get((definition, key), ())}
