"""What expressions can read at one place of a run: views of its state, never copies.

| root | holds |
|---|---|
| inputs | the values of the inputs, without secrets; inside a call those of the call |
| steps | the records of the steps that have one, by the names of the scope |
| item | the item of the innermost fan-out |
| fan_in | the results that a fan-in collects |
| context | run_id and workflow_dir; in `finally` also the status that the run will have |
"""

from collections.abc import Iterator, Mapping

from treadle.executor.state import Occurrence, Run, Scope
from treadle.plan.expression import Json, Literal, Single, Text, Value
from treadle.plan.steps import CommandStep, PromptStep, WorkflowStep, type_name


class StepsView(Mapping[str, Json]):
    """The records of a scope by the names of their steps."""

    __slots__ = ("_run", "_scope")

    def __init__(self, run: Run, scope: Scope) -> None:
        self._run = run
        self._scope = scope

    def __getitem__(self, name: str) -> Json:
        return record(self._run, self._run.occurrences[self._scope.names[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._scope.names))

    def __len__(self) -> int:
        return len(self._scope.names)


def names(run: Run, scope: str) -> dict[str, Json]:
    """Return the roots that an expression in `scope` can read."""
    here = run.scopes[scope]
    call = run.call(scope)
    workflow_dir = run.workflow_dir if call is None else call.workflow_dir
    context: dict[str, Json] = {"run_id": run.id, "workflow_dir": workflow_dir}
    if run.closing is not None and call is None:
        context["status"] = run.closing.status.value
    return {
        "inputs": run.inputs if call is None else call.inputs,
        "steps": StepsView(run, here),
        "item": here.item,
        "fan_in": None,
        "context": context,
    }


def record(run: Run, occurrence: Occurrence) -> dict[str, Json]:
    """Return the record of an occurrence, as expressions see it."""
    output = occurrence.output if occurrence.output is not None else {}
    step = occurrence.step
    if isinstance(step, WorkflowStep):
        # A call shows neither the defaults of its caller nor what it was given.
        return _record(occurrence, integration=None, model=None, output={})
    defaults = run.program.part(run.sequences[occurrence.sequence].plan).plan.defaults
    integration, model = output.get("integration"), output.get("model")
    if isinstance(step, CommandStep | PromptStep):
        integration = integration or _written(step.integration)
        model = model or _written(step.model)
    return _record(
        occurrence,
        integration=integration or defaults.integration,
        model=model or defaults.model,
        output=output,
    )


def _record(
    occurrence: Occurrence, *, integration: Json, model: Json, output: Mapping[str, Json]
) -> dict[str, Json]:
    # In the order of Spec Kit: an expression can make text of the whole record.
    return {
        "type": type_name(occurrence.step),
        "integration": integration,
        "model": model,
        "options": output.get("options") or {},
        "input": output.get("input") or {},
        "output": occurrence.output,
        "status": occurrence.status.value if occurrence.status is not None else None,
        "error": occurrence.error,
    }


def _written(value: Value) -> Json:
    """Return a value as the author wrote it, for a record whose step never came so far."""
    match value:
        case Literal(literal):
            return literal
        case Single(expression):
            return "{{" + expression.text + "}}"
        case Text(parts):
            return "".join(
                part if isinstance(part, str) else "{{" + part.text + "}}" for part in parts
            )
        case _:
            return None
