"""Events as JSON and back; fields that hold nothing are left out.

`from_json(to_json(event)) == event`; the JSON fits schemas/event.schema.json, and `to_text` writes
the same. What is read is checked against the types of the event's fields, so that nothing else
gets past this module.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from treadle.executor.events import Answer, Event
from treadle.plan.expression import Json
from treadle.plan.struct_fields import fields_of

_TIMES = frozenset({"at", "began_at", "due"})
_SCALARS = frozenset({bool, int, float, str})  # the union of all of them is JSON


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON data, its name under "event"."""
    data: dict[str, Any] = msgspec.to_builtins(event, enc_hook=_plain)
    return data


def to_text(events: Sequence[Event]) -> str:
    """Return events as the text of a JSON list."""
    try:
        return _ENCODER.encode(events).decode()
    except (TypeError, UnicodeEncodeError):
        # Half a character, or a key that is no text.
        return json.dumps([to_json(event) for event in events], separators=(",", ":"))


def from_json(data: object) -> Event:
    """Read an event from its JSON data.

    Errors: ValueError for data that is not an event, with the reason.
    """
    if not isinstance(data, dict) or not isinstance(data.get("event"), str):
        raise ValueError("an event is an object with its name")
    kind = _kinds().get(data["event"])
    if kind is None:
        raise ValueError(f"no event is called '{data['event']}'")
    try:
        read = msgspec.convert(data, _mirror(kind))
    except msgspec.ValidationError as error:
        raise ValueError(f"{data['event']}: {error}") from error
    fields: dict[str, Any] = {field.name: getattr(read, field.name) for field in fields_of(kind)}
    for name in sorted(_TIMES & fields.keys()):
        _check_time(data["event"], name, fields[name])
    if "answers" in fields:
        fields["answers"] = {at: _answer(held) for at, held in fields["answers"].items()}
    event: Event = kind(**fields)
    return event


def event_name(kind: Any) -> str:
    """Return the name of an event's kind: ``RunCreated`` is ``run-created``."""
    return str(kind.__struct_config__.tag)


@cache
def _kinds() -> Mapping[str, Any]:
    return {event_name(kind): kind for union in get_args(Event) for kind in _members(union)}


def _members(union: Any) -> tuple[Any, ...]:
    return get_args(union) or (union,)


@cache
def _mirror(kind: Any) -> Any:
    """Return a type with the fields of an event's kind that also reads its name, and no more."""
    fields: list[Any] = [("event", str)]
    for field in fields_of(kind):
        is_answers = field.name == "answers"
        hint = (
            dict[str, _AnswerText]
            if is_answers
            else readable(field.type, instead=_dict_for_mapping)
        )
        fields.append((field.name, hint) if field.required else (field.name, hint, field.default))
    return msgspec.defstruct(kind.__name__, fields, kw_only=True, forbid_unknown_fields=True)


class _AnswerText(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer as it is written: without what is not known."""

    choice: str
    at: str
    by: str | None = None
    comment: str | None = None


def readable(hint: Any, *, instead: Callable[[Any], Any]) -> Any:
    """Return a type hint with anything in the place of JSON, whose reader has checked it.

    Shapes: `instead` gives what stands in the place of a type, or of a generic one without its
    arguments: itself, mostly.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if _SCALARS <= set(arguments):
        return Any
    other = instead(hint)
    if other is not hint or origin is None:
        return other
    held = tuple(a if a is ... else readable(a, instead=instead) for a in arguments)
    if origin in (Union, UnionType):
        return reduce(or_, held)
    kind: Any = instead(origin)
    return kind[held]


def _dict_for_mapping(hint: Any) -> Any:
    return dict if hint is Mapping else hint


def _check_time(event: str, field: str, text: str | None) -> None:
    try:
        is_time = text is None or datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        is_time = False
    if not is_time:
        raise ValueError(f"{event}: '{text}' is not a time - at `$.{field}`")


def _answer(read: _AnswerText) -> Answer:
    _check_time("answer", "at", read.at)
    return Answer(choice=read.choice, by=read.by, at=read.at, comment=read.comment)


def _plain(value: object) -> Json:
    """Return a value of somebody else's kind as JSON has it. Errors: TypeError."""
    if isinstance(value, Mapping):
        return dict(value)
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
