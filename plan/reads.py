"""The expressions of a step, and which inputs and steps it reads.

Only what stands in the step itself counts, not what stands in the steps inside it.
"""

from collections.abc import Iterable, Iterator, Mapping

from treadle.plan.expression import (
    Expression,
    ListOf,
    Literal,
    ObjectOf,
    Single,
    Text,
    expressions,
)
from treadle.plan.steps import FanInStep, Step
from treadle.plan.struct_fields import fields_of

_INPUTS, _STEPS = "inputs", "steps"
ALL = "*"  # an expression that reads the steps as a whole


def steps_read(step: Step) -> tuple[str, ...]:
    """Return the names of the steps that a step reads, each once, in the order of its fields."""
    found: dict[str, None] = {}
    if isinstance(step, FanInStep):
        found.update(dict.fromkeys(step.wait_for))
    for expression in expressions_of(step):
        found.update(dict.fromkeys(_names(expression)))
    return tuple(found)


def inputs_read(step: Step) -> frozenset[str] | None:
    """Return the names of the inputs that a step reads, None when it may read any of them."""
    paths = [path for each in expressions_of(step) for path in each.reads if path[0] == _INPUTS]
    if any(len(path) == 1 for path in paths):
        return None
    return frozenset(path[1] for path in paths)


def expressions_of(step: Step) -> Iterator[Expression]:
    """Yield every expression of a step, in the order of its fields."""
    for field in fields_of(type(step)):
        for member in _members(getattr(step, field.name)):
            if isinstance(member, Literal | Single | Text | ObjectOf | ListOf):
                yield from expressions(member)


def _names(expression: Expression) -> Iterator[str]:
    for path in expression.reads:
        if path[0] == _STEPS:
            yield path[1] if len(path) > 1 else ALL


def _members(held: object) -> Iterable[object]:
    if isinstance(held, Mapping):
        return held.values()
    return held if isinstance(held, tuple) else (held,)
