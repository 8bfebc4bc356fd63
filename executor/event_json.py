"""Events as JSON and back; fields that hold nothing are left out.

`from_json(to_json(event)) == event`; the JSON fits schemas/event.schema.json.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_args

from treadle.executor.events import Answer, Event, Halt, StepStatus
from treadle.plan.struct_fields import fields_of


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON data, its name under "event"."""
    kind: Any = type(event)
    data: dict[str, Any] = {"event": event_name(kind)}
    for name, is_required, default in _fields(kind):
        value = getattr(event, name)
        if is_required or value != default:
            data[name] = _encoded(name, value)
    return data


def from_json(data: Mapping[str, Any]) -> Event:
    """Read an event from its JSON data.

    Errors: KeyError, TypeError or ValueError for data that is not an event.
    """
    kind = _kinds()[data["event"]]
    decoded = {
        name: _DECODERS.get(name, _unchanged)(value)
        for name, value in data.items()
        if name != "event"
    }
    event: Event = kind(**decoded)
    return event


@cache
def event_name(kind: Any) -> str:
    """Return the name of an event's kind: ``RunCreated`` is ``run-created``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


@cache
def _kinds() -> Mapping[str, Any]:
    return {event_name(kind): kind for union in get_args(Event) for kind in _members(union)}


def _members(union: Any) -> tuple[Any, ...]:
    return get_args(union) or (union,)


@cache
def _fields(kind: Any) -> tuple[tuple[str, bool, Any], ...]:
    return tuple((field.name, field.required, field.default) for field in fields_of(kind))


def _encoded(name: str, value: Any) -> Any:
    if name == "answers":
        return {
            address: {key: held for key, held in _answer_fields(answer) if held is not None}
            for address, answer in value.items()
        }
    if isinstance(value, StepStatus | Halt):
        return value.value
    return value


def _answer_fields(answer: Answer) -> tuple[tuple[str, str | None], ...]:
    return (
        ("choice", answer.choice),
        ("by", answer.by),
        ("at", answer.at),
        ("comment", answer.comment),
    )


def _answers(data: Mapping[str, Any]) -> dict[str, Answer]:
    return {address: Answer(**{"by": None, **answer}) for address, answer in data.items()}


def _halt(data: str | None) -> Halt | None:
    return Halt(data) if data is not None else None


def _tasks(data: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(task) for task in data)


def _unchanged(data: Any) -> Any:
    return data


_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "status": StepStatus,
    "halt": _halt,
    "answers": _answers,
    "secrets": tuple,
    "items": tuple,
    "sources": tuple,
    "tasks": _tasks,
}
