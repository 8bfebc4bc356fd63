"""The fields of a step as its author wrote them: keys of the format, expressions as text."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from treadle.plan import struct_fields
from treadle.plan.canonical import canonical
from treadle.plan.expression import Expression, Json, ListOf, Literal, ObjectOf, Single, Text, Value
from treadle.plan.plan import Concurrency, Plan, Requires
from treadle.plan.steps import GateStep, Retry, Step, SwitchStep, WorkflowStep

# What is no field of its own: places, steps inside, and what another field says already.
_SKIPPED = frozenset(
    (
        "id path kind then otherwise cases default steps template raw_condition max_concurrency "
        "callee"
    ).split()
)
_KEYS: Mapping[str, str] = {
    "condition": "if",
    "test": "condition",
    "timeout_s": "timeout",
    "slot": "name",
    "concurrency": "max_concurrency",
    "delay_s": "delay",
    "max_delay_s": "max_delay",
    "file": "path",
}
_DIGEST_SHOWN = len("sha256:") + 12
# Mappings whose members are told apart.
_SPREAD = frozenset(("env", "input", "options", "integration_options", "output"))


class FieldChange(Struct, frozen=True, kw_only=True):
    """One value that differs; a member of a mapping has a dotted name. Null: not there."""

    name: str
    old: Json
    new: Json


def fields_of(step: Step) -> Mapping[str, Json]:
    """Return the values of a step by the keys of the format, without the steps inside it."""
    found: dict[str, Json] = {}
    for field in struct_fields.fields_of(type(step)):
        if field.name not in _SKIPPED:
            value: object = getattr(step, field.name)
            found.update(_members(_KEYS.get(field.name, field.name), value))
    if isinstance(step, SwitchStep):
        found["cases"] = [case.key for case in step.cases]
    if isinstance(step, GateStep) and step.on_timeout is not None:
        found["on_timeout"] = {"choose": step.on_timeout}
    if isinstance(step, WorkflowStep) and step.callee is not None:
        found["definition"] = step.callee[:_DIGEST_SHOWN]
    return found


def limits_of(plan: Plan) -> Mapping[str, Json]:
    """Return the limits of a workflow's runs by the keys of the format."""
    limits = (
        ("timeout", plan.timeout_s),
        ("concurrency", plan.concurrency),
        ("requires", plan.requires),
    )
    return {key: value for name, limit in limits for key, value in _members(name, limit)}


def changed(old: Mapping[str, Json], new: Mapping[str, Json]) -> tuple[FieldChange, ...]:
    """Return the values that differ, in the order of the new ones, then of those that are gone."""
    return tuple(
        FieldChange(name=name, old=old.get(name), new=new.get(name))
        for name in dict.fromkeys((*new, *old))
        if canonical(old.get(name)) != canonical(new.get(name))
    )


def written(value: Value) -> Json:
    """Return a value as it stands in a workflow file: ``to {{ inputs.host }}``."""
    match value:
        case Literal(literal):
            return literal
        case Single(expression):
            return _block(expression)
        case Text(parts):
            return "".join(part if isinstance(part, str) else _block(part) for part in parts)
        case ObjectOf(members):
            return {name: written(member) for name, member in members.items()}
        case ListOf(items):
            return [written(item) for item in items]


def _members(name: str, value: object) -> Iterator[tuple[str, Json]]:
    """Yield a field, or the members of one that is a mapping."""
    if isinstance(value, Retry | Concurrency | Requires):
        for field in struct_fields.fields_of(type(value)):
            part: object = getattr(value, field.name)
            if field.required or part != field.default:
                yield f"{name}.{_KEYS.get(field.name, field.name)}", _field(part)
    elif isinstance(value, Mapping) and name == "fields":
        yield from ((str(key), _plain(member)) for key, member in value.items())
    elif isinstance(value, Mapping) and name in _SPREAD:
        yield from ((f"{name}.{key}", _plain(member)) for key, member in value.items())
    else:
        yield name, _field(value)


def _field(value: object) -> Json:
    """Return a field as it was written: seconds are floats in a plan, and seldom in a workflow."""
    return int(value) if isinstance(value, float) and value.is_integer() else _plain(value)


def _plain(value: object) -> Json:
    """Return a field's value as data."""
    if isinstance(value, Literal | Single | Text | ObjectOf | ListOf):
        return written(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, str):
        return str(value)  # an enumeration is its text
    assert value is None or isinstance(value, bool | int | float)
    return value


def _block(expression: Expression) -> str:
    return "{{" + expression.text + "}}"
