"""What is answered before a run begins: values of inputs and choices at gates."""

from collections.abc import Mapping

from msgspec import Struct

from treadle.executor.state import Occurrence, Run
from treadle.plan.expression import Json
from treadle.plan.inputs import Given

COMMENT = "answers file"


class Answers(Struct, frozen=True, kw_only=True):
    """Answers by name. Shapes: `gates` holds the options to choose in turn, by the gate's path."""

    inputs: Mapping[str, Given]
    gates: Mapping[str, tuple[str, ...]]

    def choice_for(self, run: Run, gate: Occurrence, *, times: int) -> str | None:
        """Return the answer to an open gate, None when there is none.

        Shapes: `times` is how often this occurrence was answered from here already. The last
        answer is not given twice to an occurrence that asks again after a rejection.
        """
        choices = self.gates.get(run.path_of(gate))
        if choices is None:
            return None
        if _choice(gate) is not None:
            times = max(times, 1)
        number = times + _answered_before(run, gate)
        if times and number >= len(choices):
            return None
        return choices[min(number, len(choices) - 1)]


NO_ANSWERS = Answers(inputs={}, gates={})


def _answered_before(run: Run, gate: Occurrence) -> int:
    """Count the other occurrences of a gate, in rounds and items, that have an answer."""
    others = (run.occurrences[a] for a in set(run.history) if a != gate.address)
    path = run.path_of(gate)
    return sum(_choice(o) is not None for o in others if run.path_of(o) == path)


def _choice(gate: Occurrence) -> Json:
    return gate.output.get("choice") if gate.output is not None else None
