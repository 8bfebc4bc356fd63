"""What expressions can read before a run: the inputs, and the items that are known already.

An expression is *decided* when everything it reads is known; all others are *open* and stay as
their author wrote them.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from treadle.plan.evaluate import EvaluationError, evaluate, holds, render
from treadle.plan.expression import Expression, Json, Literal, Single, Text, Value, expressions
from treadle.plan.inputs import InputSet, Resolved
from treadle.plan.plan import Plan
from treadle.plan.steps import FanOutStep, SwitchStep
from treadle.plan.text import as_text, notation

_UNKNOWN_CONTEXT = frozenset({"run_id", "status"})


class Known(Struct, frozen=True, kw_only=True):
    """The names that have a value before a run.

    Shapes: `missing` are inputs that will be asked for, or are secret. `has_item` tells that
    `item` is known.
    """

    inputs: Mapping[str, Json]
    missing: frozenset[str]
    workflow_dir: str
    has_item: bool = False
    item: Json = None

    @staticmethod
    def of(plan: Plan, resolved: Resolved, *, workflow_dir: str) -> "Known":
        """Return the names outside of every fan-out."""
        secrets = InputSet(plan.inputs).secrets
        return Known(
            inputs=resolved.values,
            missing=frozenset((*resolved.missing, *secrets)),
            workflow_dir=workflow_dir,
        )

    def with_item(self, item: Json) -> "Known":
        """Return the names inside the fan-out's item."""
        return replace(self, has_item=True, item=item)

    def without_item(self) -> "Known":
        """Return the names inside a fan-out whose items are not known."""
        return replace(self, has_item=False, item=None)

    @property
    def names(self) -> dict[str, Json]:
        """The roots of expressions."""
        return {
            "inputs": self.inputs,
            "item": self.item,
            "context": {"workflow_dir": self.workflow_dir},
        }

    def open_reads(self, value: Value) -> tuple[str, ...]:
        """Return what a value reads that is not known, in source order."""
        found: dict[str, None] = {}
        for expression in expressions(value):
            for path in expression.reads:
                if not self._is_known(path):
                    found[".".join(path[:2])] = None
        return tuple(found)

    def render(self, value: Value) -> Json:
        """Return what a decided value comes to. Errors: EvaluationError."""
        return render(value, self.names)

    def holds(self, value: Value) -> bool:
        """Return whether a decided condition holds. Errors: EvaluationError."""
        return holds(value, self.names)

    def decided(self, test: Value) -> bool | None:
        """Return whether a condition holds, None when that is open or would be an error."""
        if self.open_reads(test):
            return None
        try:
            return self.holds(test)
        except EvaluationError:
            return None

    def branch(self, step: SwitchStep) -> str | None:
        """Return the segment of the branch that a switch takes, None as for `decided`."""
        if self.open_reads(step.expression):
            return None
        try:
            value = as_text(self.render(step.expression)).strip()
        except EvaluationError:
            return None
        return f"case:{value}" if any(case.key == value for case in step.cases) else "default"

    def items(self, step: FanOutStep) -> Sequence[Json] | None:
        """Return the items of a fan-out, None when they are open or would be an error."""
        if self.open_reads(step.items):
            return None
        try:
            items = self.render(step.items)
        except EvaluationError:
            return None
        return items if isinstance(items, list | tuple) else None

    def text(self, value: Value) -> str:
        """Return a value as text, with its open blocks as they were written.

        Errors: EvaluationError.
        """
        match value:
            case Text(parts):
                return "".join(p if isinstance(p, str) else self._block(p) for p in parts)
            case Single(expression):
                return self._block(expression)
            case Literal(literal):
                return as_text(literal)
            case _:
                is_open = bool(self.open_reads(value))
                return "…" if is_open else notation(self.render(value))

    def _block(self, expression: Expression) -> str:
        if any(not self._is_known(path) for path in expression.reads):
            return "{{" + expression.text + "}}"
        return as_text(evaluate(expression, self.names))

    def _is_known(self, path: tuple[str, ...]) -> bool:
        match path:
            case ("inputs", name, *_):
                return name not in self.missing
            case ("inputs",):
                return not self.missing
            case ("item", *_):
                return self.has_item
            case ("context", name, *_):
                return name not in _UNKNOWN_CONTEXT
            case _:
                return False
