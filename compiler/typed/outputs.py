"""What the record of each kind of step holds, as JSON Schemas.

A schema that allows no further properties is a promise: a field that it does not name is never
there, whatever the step does.
"""

from collections.abc import Callable, Mapping
from typing import assert_never

from treadle.plan.expression import Json
from treadle.plan.plan import Output
from treadle.plan.steps import (
    CommandStep,
    CustomStep,
    FanInStep,
    FanOutStep,
    GateStep,
    GithubStep,
    IfStep,
    InitStep,
    Kind,
    LoopStep,
    PromptStep,
    ShellStep,
    SlotStep,
    Step,
    SwitchStep,
    WorkflowStep,
)

Schema = Mapping[str, Json]
# Gives the output schema of a step that another one waits for or repeats.
Related = Callable[[str], Schema]

ANYTHING: Schema = {}
# The mark of a stream that a step lets through to the terminal: it is always empty text.
ALWAYS_EMPTY: Schema = {"type": "string", "const": ""}
RECORD_FIELDS = ("status", "type", "error", "output", "integration", "model", "options", "input")

_BOOLEAN: Schema = {"type": "boolean"}
_INTEGER: Schema = {"type": "integer"}
_STRING: Schema = {"type": "string"}
_OBJECT: Schema = {"type": "object"}
_STRING_OR_NULL: Schema = {"type": ["string", "null"]}
_LIST: Schema = {"type": "array"}
_TRUNCATED = {"stdout_truncated": _BOOLEAN, "stderr_truncated": _BOOLEAN}


def output_schema(step: Step, *, related: Related) -> Schema:
    """Return the schema of ``steps.ID.output`` for one step.

    Shapes: `related` gives the output schema of a fan-out's template and of the steps that a
    fan-in waits for.
    """
    match step:
        case ShellStep() | CommandStep() | PromptStep():
            return _process(step)
        case InitStep():
            return _closed(**_INIT)
        case GateStep():
            return _closed(**_GATE)
        case SlotStep():
            return _closed(slot=_STRING)
        case GithubStep():
            return _closed(**_GITHUB)
        case CustomStep():
            return step.output_schema
        case IfStep():
            return _closed(condition_result=_BOOLEAN)
        case SwitchStep():
            return _closed(matched_case=_STRING, expression_value=ANYTHING)
        case LoopStep():
            return _closed(**_loop(step))
        case FanOutStep():
            return _closed(**_fan_out(step, related))
        case FanInStep():
            results = fan_in_results(step, related=related)
            return _closed(**{"results": results, **dict.fromkeys(step.output, ANYTHING)})
        case WorkflowStep():
            return call_schema(None)
        case _:
            assert_never(step)


def call_schema(outputs: Mapping[str, Output] | None) -> Schema:
    """Return the output schema of a call; None for a workflow that only a run can find.

    Which outputs there are is a promise, what they can be is for types to say.
    """
    if outputs is None:
        return {"type": "object", "properties": {name: dict(s) for name, s in _CALL.items()}}
    return _closed(**_CALL, **{name: out.schema or ANYTHING for name, out in outputs.items()})


def fan_in_results(step: FanInStep, *, related: Related) -> Schema:
    """Return the schema of ``fan_in.results``: the awaited outputs, in their order."""
    return {
        "type": "array",
        "prefixItems": [dict(related(step_id)) for step_id in step.wait_for],
        "items": False,
    }


def record_schema(output: Schema) -> Schema:
    """Return the schema of ``steps.ID`` for a step with that output."""
    return _closed(
        status=_STRING,
        type=_STRING,
        error=_STRING_OR_NULL,
        output=output,
        integration=ANYTHING,
        model=ANYTHING,
        options=ANYTHING,
        input=ANYTHING,
    )


def member(schema: Schema, name: str | int | None) -> Schema | None:
    """Return the schema of a member, None for one that is never there.

    >>> member({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, "b")

    Shapes: `name` is None for a member that is computed when the workflow runs.
    """
    if not schema or "$ref" in schema:
        return ANYTHING
    types = _types(schema)
    if isinstance(name, str):
        return _property(schema, name) if types is None or "object" in types else None
    if types is not None and not types & {"array", "object", "string"}:
        return None
    return _item(schema, name)


def property_names(schema: Schema) -> tuple[str, ...]:
    """Return the names that a schema declares for the members of an object."""
    properties = schema.get("properties")
    return tuple(properties) if isinstance(properties, Mapping) else ()


def _property(schema: Schema, name: str) -> Schema | None:
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and name in properties:
        return _schema(properties[name])
    is_open = schema.get("additionalProperties") is not False or "patternProperties" in schema
    return ANYTHING if is_open else None


def _item(schema: Schema, position: int | None) -> Schema:
    first = schema.get("prefixItems")
    if isinstance(first, list) and first:
        if isinstance(position, int) and 0 <= position < len(first):
            return _schema(first[position])
        return ANYTHING
    return _schema(schema.get("items"))


def _types(schema: Schema) -> set[str] | None:
    declared = schema.get("type")
    if isinstance(declared, str):
        return {declared}
    return {str(name) for name in declared} if isinstance(declared, list) else None


def _schema(value: Json) -> Schema:
    return value if isinstance(value, Mapping) else ANYTHING


def _closed(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in properties.items()},
        "additionalProperties": False,
    }


def _process(step: ShellStep | CommandStep | PromptStep) -> Schema:
    key = (step.kind, isinstance(step, ShellStep) or step.capture)
    if step.output_format is None and step.output_schema is None:
        return _PROCESSES[key]
    data = step.output_schema if step.output_schema is not None else ANYTHING
    return _closed(**_PROCESS_FIELDS[key], data=data)


def _agent(own: Mapping[str, Schema], stream: Schema) -> Mapping[str, Schema]:
    return {
        **own,
        "integration": ANYTHING,
        "model": ANYTHING,
        "exit_code": _INTEGER,
        "stdout": stream,
        "stderr": stream,
        "dispatched": _BOOLEAN,
    }


def _loop(step: LoopStep) -> Mapping[str, Schema]:
    is_while = step.kind is Kind.WHILE
    return {
        **({"condition_result": _BOOLEAN} if is_while else {"condition": ANYTHING}),
        "max_iterations": _INTEGER,
        "loop_type": _STRING,
        "iterations": _INTEGER,
        "limit_reached": _BOOLEAN,
    }


def _fan_out(step: FanOutStep, related: Related) -> Mapping[str, Schema]:
    return {
        "items": _LIST,
        "max_concurrency": ANYTHING,
        "item_count": _INTEGER,
        "results": {"type": "array", "items": dict(related(step.template.id))},
    }


_STREAMS = {"exit_code": _INTEGER, "stdout": _STRING, "stderr": _STRING}
_COMMAND = {
    "command": _STRING,
    "options": _OBJECT,
    "input": _OBJECT,
    "integration_args": _LIST,
    "integration_options": _OBJECT,
}
_INIT = {
    "argv": _LIST,
    **dict.fromkeys(("project", "here", "integration", "integration_options"), ANYTHING),
    **dict.fromkeys(("script", "preset", "force", "ignore_agent_tools"), ANYTHING),
    **_STREAMS,
}
_GATE = {
    "message": ANYTHING,
    "options": _LIST,
    "on_reject": _STRING,
    "show_file": ANYTHING,
    "choice": _STRING_OR_NULL,
    "aborted": _BOOLEAN,
    "by": _STRING_OR_NULL,
    "at": _STRING_OR_NULL,
    "comment": _STRING_OR_NULL,
}
_CALL: Mapping[str, Schema] = {
    "workflow": _STRING,
    "status": {"type": "string", "enum": ["completed", "failed", "paused", "aborted"]},
    "error": _STRING,
    "aborted": _BOOLEAN,
}
_GITHUB = {
    "repository": _STRING,
    "target": _STRING,
    "number": _INTEGER,
    "label": _STRING,
    "added": _BOOLEAN,
}
_CAPTURED = {**_TRUNCATED, "timed_out": _BOOLEAN, "interrupted": _BOOLEAN}
_PROMPT = {"prompt": _STRING}
# By the kind of a step, and whether it keeps what its program prints.
_PROCESS_FIELDS: Mapping[tuple[Kind, bool], Mapping[str, Schema]] = {
    (Kind.SHELL, True): {**_STREAMS, **_TRUNCATED},
    (Kind.COMMAND, False): _agent(_COMMAND, ALWAYS_EMPTY),
    (Kind.COMMAND, True): {**_agent(_COMMAND, _STRING), **_CAPTURED},
    (Kind.PROMPT, False): _agent(_PROMPT, ALWAYS_EMPTY),
    (Kind.PROMPT, True): {**_agent(_PROMPT, _STRING), **_CAPTURED},
}
# Most steps leave nothing of their own: they share one schema.
_PROCESSES = {key: _closed(**fields) for key, fields in _PROCESS_FIELDS.items()}
