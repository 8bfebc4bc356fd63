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

from treadle.executor.state import Occurrence, Run
from treadle.plan.expression import Json, Literal, Single, Text, Value
from treadle.plan.steps import CommandStep, PromptStep, WorkflowStep, type_name


class StepsView(Mapping[str, Json]):
    """The records of a scope by the names of their steps.

    An item of a fan-out does not see the others, whichever of them have ended before it began.
    """

    __slots__ = ("_address", "_run", "_scope")

    def __init__(self, run: Run, address: str) -> None:
        self._run = run
        self._address = address
        self._scope = run.scopes[address]

    def __getitem__(self, name: str) -> Json:
        address = self._scope.names[name]
        if self._is_of_another_item(address):
            raise KeyError(name)
        return record(self._run, self._run.occurrences[address])

    def __iter__(self) -> Iterator[str]:
        table = self._scope.names
        return iter(sorted(n for n in table if not self._is_of_another_item(table[n])))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _is_of_another_item(self, address: str) -> bool:
        here, scope = self._address, self._scope
        while scope.parent is not None:
            fan_out = here.rpartition("/")[0]
            is_inside = scope.has_item and address.startswith(f"{fan_out}/")
            if is_inside and not address.startswith(f"{here}/"):
                return True
            here, scope = scope.parent, self._run.scopes[scope.parent]
        return False


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
        "steps": StepsView(run, scope),
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
