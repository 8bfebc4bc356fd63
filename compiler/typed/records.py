"""The output schemas of a whole workflow, each found once and only when something asks for it."""

from msgspec import Struct, field

from treadle.compiler.steps.scope import Declaration
from treadle.compiler.typed.outputs import (
    ANYTHING,
    Schema,
    call_schema,
    output_schema,
    record_schema,
)
from treadle.compiler.workflow import Workflow

# A fan-in may wait for a fan-in, and so on; what is further away is left open.
MAX_DISTANCE = 20


class Records(Struct):
    """Finds the schema of what a step leaves behind."""

    workflow: Workflow
    _known: dict[int, Schema] = field(default_factory=dict)
    _records: dict[int, tuple[Schema, Schema]] = field(default_factory=dict)

    def output(self, step: Declaration, distance: int = 0) -> Schema:
        """Return the schema of a step's output; anything for a step that has none in the plan."""
        known = self._known.get(step.order)
        if known is None:
            declared = self.workflow.by_path.get(step.path)
            if declared is None or distance > MAX_DISTANCE:
                return ANYTHING
            known = self._of_call(step.path) or output_schema(
                declared, related=lambda step_id: self._related(step, step_id, distance + 1)
            )
            self._known[step.order] = known
        return known

    def _of_call(self, path: str) -> Schema | None:
        """Return the schema of a call's output where the workflow that is called is known."""
        callee = self.workflow.callees.get(path)
        return call_schema(callee.plan.outputs) if callee is not None else None

    def record(self, step: Declaration) -> Schema:
        """Return the schema of a step's whole record."""
        output = self.output(step)
        known = self._records.get(id(output))
        if known is None:
            # The output is kept with it, so that nothing else can have its identity.
            known = self._records[id(output)] = (output, record_schema(output))
        return known[1]

    def _related(self, step: Declaration, step_id: str, distance: int) -> Schema:
        names = self.workflow.names
        template = next((child for child in names.children(step) if child.id == step_id), None)
        found = template or names.find(step_id, reader=step)
        # What a fan-in can wait for stands before it: nothing waits for itself.
        is_settled = found is not None and (found is template or found.order < step.order)
        return self.output(found, distance) if found is not None and is_settled else ANYTHING
