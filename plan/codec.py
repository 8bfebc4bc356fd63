"""Plans as JSON and back, field by field; what a field holds by default is left out.

`from_json(to_json(plan)) == plan`, and the JSON of a plan is the same on every machine.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from treadle.plan.expression import (
    Expression,
    Json,
    ListOf,
    Literal,
    Node,
    ObjectOf,
    Op,
    Single,
    Text,
    Value,
)
from treadle.plan.plan import Concurrency, Defaults, OnConflict, Output, Place, Plan, Requires
from treadle.plan.steps import (
    Case,
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
    OnLimit,
    OnReject,
    PromptStep,
    Retry,
    ShellStep,
    SlotStep,
    Step,
    SwitchStep,
    WorkflowStep,
    branches,
)
from treadle.plan.struct_fields import fields_of

STEP_CLASSES: Mapping[Kind, type[Any]] = {
    Kind.COMMAND: CommandStep,
    Kind.PROMPT: PromptStep,
    Kind.SHELL: ShellStep,
    Kind.INIT: InitStep,
    Kind.GATE: GateStep,
    Kind.SLOT: SlotStep,
    Kind.GITHUB: GithubStep,
    Kind.IF: IfStep,
    Kind.SWITCH: SwitchStep,
    Kind.WHILE: LoopStep,
    Kind.DO_WHILE: LoopStep,
    Kind.FAN_OUT: FanOutStep,
    Kind.FAN_IN: FanInStep,
    Kind.WORKFLOW: WorkflowStep,
    Kind.CUSTOM: CustomStep,
}
# The fields that hold other steps: a step's own digest leaves them out.
CHILD_FIELDS = frozenset({"then", "otherwise", "cases", "default", "steps", "template"})


def to_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data that fits schemas/plan.schema.json."""
    return {
        "format": plan.format,
        "id": plan.id,
        "name": plan.name,
        "version": plan.version,
        **({} if plan.description is None else {"description": plan.description}),
        "inputs": plan.inputs,
        "defaults": _filled(plan.defaults),
        "steps": [fields_to_json(step) for step in plan.steps],
        **({"finally": [fields_to_json(step) for step in plan.closing]} if plan.closing else {}),
        "outputs": {name: _output_to_json(output) for name, output in plan.outputs.items()},
        **({} if plan.timeout_s is None else {"timeout_s": plan.timeout_s}),
        **(
            {}
            if plan.concurrency is None
            else {"concurrency": concurrency_to_json(plan.concurrency)}
        ),
        **({} if plan.requires is None else {"requires": fields_to_json(plan.requires)}),
        **_callees_to_json(plan),
        "step_digests": dict(plan.step_digests),
        "source_map": {path: _place_to_json(place) for path, place in plan.source_map.items()},
        "digest": plan.digest,
    }


def from_json(data: Mapping[str, Any]) -> Plan:
    """Read a plan from JSON data that fits its schema.

    Errors: KeyError, TypeError or ValueError for data that does not fit it.
    """
    return Plan(
        format=data["format"],
        id=data["id"],
        name=data["name"],
        version=data["version"],
        description=data.get("description"),
        inputs=data["inputs"],
        defaults=Defaults(**data["defaults"]),
        steps=_steps(data["steps"]),
        outputs={name: _output(output) for name, output in data["outputs"].items()},
        step_digests=data["step_digests"],
        source_map={
            path: Place(line=line, column=column, layer=layer[0] if layer else None)
            for path, (line, column, *layer) in data["source_map"].items()
        },
        digest=data["digest"],
        timeout_s=data.get("timeout_s"),
        closing=_steps(data.get("finally", [])),
        concurrency=_concurrency(data["concurrency"]) if "concurrency" in data else None,
        requires=_requires(data["requires"]) if "requires" in data else None,
        callees={digest: from_json(callee) for digest, callee in data.get("callees", {}).items()},
    )


def concurrency_to_json(concurrency: Concurrency) -> dict[str, Any]:
    """Return the limit of a workflow's runs as JSON data."""
    return {**_filled(concurrency), "group": value_to_json(concurrency.group)}


def _callees_to_json(plan: Plan) -> dict[str, Any]:
    callees = {digest: to_json(callee) for digest, callee in plan.callees.items()}
    return {"callees": callees} if callees else {}


def _place_to_json(place: Place) -> list[Any]:
    layer = () if place.layer is None else (place.layer,)
    return [place.line, place.column, *layer]


def fields_to_json(value: Step | Requires | Retry) -> dict[str, Any]:
    """Return a part of a plan with all that is inside it as JSON data."""
    return {name: _encode(held) for name, held in _given(value)}


def step_from_json(data: Mapping[str, Any]) -> Step:
    """Read a step with all steps inside it. Errors: as by `from_json`."""
    kind = Kind(data["kind"])
    decoders = _GATE_DECODERS if kind is Kind.GATE else _DECODERS
    decoded = {
        name: decoders[name](value) if name in decoders else value for name, value in data.items()
    }
    step: Step = STEP_CLASSES[kind](**decoded)
    return step


def step_alone_to_json(step: Step) -> dict[str, Any]:
    """Return a step without the steps inside it and without its label.

    The segments of its branches stay, so that a branch that is gone changes the step.
    """
    own = {
        name: _encode(value)
        for name, value in _given(step)
        if name not in CHILD_FIELDS and name != "name"
    }
    return {**own, "branches": sorted(branch.segment for branch in branches(step))}


def value_to_json(value: Value) -> dict[str, Any]:
    """Return a value of a plan as JSON data."""
    match value:
        case Literal(literal):
            return {"literal": literal}
        case Single(expression):
            return {"expression": expression_to_json(expression)}
        case Text(parts):
            return {
                "text": [
                    expression_to_json(part) if isinstance(part, Expression) else part
                    for part in parts
                ]
            }
        case ObjectOf(members):
            return {"object": {name: value_to_json(member) for name, member in members.items()}}
        case ListOf(items):
            return {"list": [value_to_json(item) for item in items]}


def expression_to_json(expression: Expression) -> dict[str, Any]:
    """Return an expression as JSON data."""
    return {
        "source": expression.text,
        "tree": _node_to_json(expression.tree),
        "reads": [list(path) for path in expression.reads],
    }


def _node_to_json(node: Node) -> dict[str, Any]:
    args = [_node_to_json(arg) if isinstance(arg, Node) else arg for arg in node.args]
    data: dict[str, Any] = {"op": node.op.value, "at": node.at, "args": args}
    if node.keywords:
        data["keywords"] = [[name, _node_to_json(value)] for name, value in node.keywords]
    return data


def _given(value: Struct) -> list[tuple[str, Any]]:
    """Return the fields of a struct that differ from their defaults; a kind always stands."""
    found = []
    for name, is_always_given, default in _defaults_of(type(value)):
        held = getattr(value, name)
        if is_always_given or held != default:
            found.append((name, held))
    return found


@cache
def _defaults_of(kind: type[Struct]) -> tuple[tuple[str, bool, Any], ...]:
    return tuple(
        (field.name, field.required or field.name == "kind", field.default)
        for field in fields_of(kind)
    )


def _filled(value: Struct) -> dict[str, Any]:
    return dict(_given(value))


def _encode(value: Any) -> Any:
    encode = _ENCODERS.get(type(value))
    if encode is not None:
        return encode(value)
    return _members(value) if isinstance(value, Mapping) else value


def _members(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _encode(member) for name, member in value.items()}


def _output_to_json(output: Output) -> dict[str, Any]:
    return {**_filled(output), "value": value_to_json(output.value)}


def _output(data: Mapping[str, Any]) -> Output:
    return Output(**{**data, "value": _value(data["value"])})


def _concurrency(data: Mapping[str, Any]) -> Concurrency:
    conflict = OnConflict(data.get("on_conflict", OnConflict.WAIT))
    group = _value(data["group"])
    return Concurrency(group=group, limit=data.get("limit", 1), on_conflict=conflict)


def _steps(data: list[Any]) -> tuple[Step, ...]:
    return tuple(step_from_json(item) for item in data)


def _value(data: Mapping[str, Any]) -> Value:
    ((form, content),) = data.items()
    match form:
        case "literal":
            return Literal(content)
        case "expression":
            return Single(_expression(content))
        case "text":
            return Text(
                tuple(part if isinstance(part, str) else _expression(part) for part in content)
            )
        case "object":
            return ObjectOf(_values(content))
        case "list":
            return ListOf(tuple(_value(item) for item in content))
        case _:
            raise ValueError(f"unknown form of value '{form}'")


def _values(data: Mapping[str, Any]) -> dict[str, Value]:
    return {name: _value(member) for name, member in data.items()}


def _expression(data: Mapping[str, Any]) -> Expression:
    return Expression(
        text=data["source"],
        tree=_node(data["tree"]),
        reads=tuple(tuple(path) for path in data["reads"]),
    )


def _node(data: Mapping[str, Any]) -> Node:
    return Node(
        op=Op(data["op"]),
        args=tuple(_node(arg) if isinstance(arg, dict) else arg for arg in data["args"]),
        at=data["at"],
        keywords=tuple((name, _node(value)) for name, value in data.get("keywords", ())),
    )


def _cases(data: list[Any]) -> tuple[Case, ...]:
    return tuple(Case(key=item["key"], steps=_steps(item["steps"])) for item in data)


def _requires(data: Mapping[str, Any]) -> Requires:
    return Requires(**{**data, "integrations": tuple(data.get("integrations", ()))})


def _retry(data: Mapping[str, Any]) -> Retry:
    codes = data.get("on_exit_codes")
    return Retry(**{**data, "on_exit_codes": tuple(codes) if codes is not None else None})


def _value_tuple(data: list[Any]) -> tuple[Value, ...]:
    return tuple(_value(item) for item in data)


def _unchanged(data: Json) -> Json:
    return data


_ONE_VALUE = (
    "condition command prompt run cwd integration model message show_file repository number label "
    "test expression items workflow"
).split()
_VALUES_BY_NAME = ("env", "input", "integration_options", "output", "fields")
_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_ONE_VALUE, _value),
    **dict.fromkeys(_VALUES_BY_NAME, _values),
    **dict.fromkeys(("then", "otherwise", "default", "steps"), _steps),
    "kind": Kind,
    "cases": _cases,
    "template": step_from_json,
    "integration_args": _value_tuple,
    "on_reject": OnReject,
    "on_limit": OnLimit,
    "retry": _retry,
    "wait_for": tuple,
}
_GATE_DECODERS = {**_DECODERS, "options": tuple}  # in other steps options are a mapping

# By the exact type: a plan of many steps asks for each of their fields.
_ENCODERS: Mapping[type[Any], Callable[[Any], Any]] = {
    **dict.fromkeys((str, bool, int, float, type(None)), _unchanged),
    **dict.fromkeys((Literal, Single, Text, ObjectOf, ListOf), value_to_json),
    **dict.fromkeys(STEP_CLASSES.values(), fields_to_json),
    **dict.fromkeys((Kind, OnReject, OnLimit), lambda word: word.value),
    Case: lambda case: {"key": case.key, "steps": _encode(case.steps)},
    Retry: fields_to_json,
    tuple: lambda items: [_encode(item) for item in items],
    dict: _members,
}
