"""How the inputs and outputs of two plans differ, and which changes break those who call them.

A caller gives values that fit the old inputs and reads values that fit the old outputs.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from treadle.plan.expression import Json
from treadle.plan.inputs import ORDER_KEY, PROMPT_KEY, SECRET_KEY, InputSet
from treadle.plan.plan import Output
from treadle.plan.problems import shown
from treadle.plan.tightening import Tightening, tightenings
from treadle.plan.written import FieldChange, changed, written

_KEYS = {PROMPT_KEY: "prompt", SECRET_KEY: "secret"}
_REQUIRED = "required"


class Change(StrEnum):
    """What has become of an input or output."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class ValueChange(Struct, frozen=True, kw_only=True):
    """One input or output that differs; `breaks` says in clauses what callers run into."""

    name: str
    change: Change
    fields: tuple[FieldChange, ...] = ()
    breaks: tuple[str, ...] = ()


def input_changes(old: Mapping[str, Json], new: Mapping[str, Json]) -> tuple[ValueChange, ...]:
    """Return the inputs that differ. Shapes: `old` and `new` are `Plan.inputs`."""
    before, after = InputSet(old), InputSet(new)
    return tuple(_input_changes(before, after))


def output_changes(old: Mapping[str, Output], new: Mapping[str, Output]) -> tuple[ValueChange, ...]:
    """Return the outputs that differ."""
    return tuple(_output_changes(old, new))


def _input_changes(before: InputSet, after: InputSet) -> Iterator[ValueChange]:
    for name in after.names:
        fields = _input_fields(after, name)
        if name not in before.names:
            breaks: tuple[str, ...] = ()
            if name in after.required:
                breaks = ("a run without it is refused",)
            given = changed({}, fields)
            yield ValueChange(name=name, change=Change.ADDED, fields=given, breaks=breaks)
            continue
        differing = changed(_input_fields(before, name), fields)
        if differing:
            breaks = tuple(_broken_input(before, after, name))
            yield ValueChange(name=name, change=Change.CHANGED, fields=differing, breaks=breaks)
    for name in before.names:
        if name not in after.names:
            breaks = ("a run that gives it is refused",)
            yield ValueChange(name=name, change=Change.REMOVED, breaks=breaks)


def _input_fields(inputs: InputSet, name: str) -> Mapping[str, Json]:
    """Return a declaration with the names of the format; an object's own `required` is apart."""
    declared = inputs.declaration(name)
    fields = {
        ("required keys" if key == _REQUIRED else _KEYS.get(key, key)): value
        for key, value in declared.items()
        if key != ORDER_KEY
    }
    return {**fields, _REQUIRED: name in inputs.required}


def _broken_input(before: InputSet, after: InputSet, name: str) -> Iterator[str]:
    old, new = before.declaration(name), after.declaration(name)
    if name in after.required - before.required:
        gone = " since its default is gone" if "default" in old else ""
        yield f"a run without it is refused{gone}"
    for found in tightenings(old, new):
        yield _told(found, old=found.given, new=found.taken)
    if name in after.secrets - before.secrets:
        yield "it is secret now, so a resume must give it again"


def _output_changes(old: Mapping[str, Output], new: Mapping[str, Output]) -> Iterator[ValueChange]:
    for name, output in new.items():
        if name not in old:
            given = changed({}, _output_fields(output))
            yield ValueChange(name=name, change=Change.ADDED, fields=given)
            continue
        differing = changed(_output_fields(old[name]), _output_fields(output))
        if differing:
            breaks = tuple(_broken_output(old[name], output))
            yield ValueChange(name=name, change=Change.CHANGED, fields=differing, breaks=breaks)
    for name in old:
        if name not in new:
            breaks = ("whoever reads it gets nothing",)
            yield ValueChange(name=name, change=Change.REMOVED, breaks=breaks)


def _output_fields(output: Output) -> Mapping[str, Json]:
    described = {} if output.description is None else {"description": output.description}
    schema = {} if output.schema is None else {"schema": output.schema}
    return {"value": written(output.value), **schema, **described}


def _broken_output(old: Output, new: Output) -> Iterator[str]:
    if old.schema is not None and new.schema is None:
        yield "nothing is promised of it any more"
    elif old.schema is not None and new.schema is not None:
        for found in tightenings(new.schema, old.schema):
            yield _told(found, old=found.taken, new=found.given)


def _told(found: Tightening, *, old: Json, new: Json) -> str:
    """Return a tightening as a clause: ``'enum' was ["a","b"], is ["a"]``."""
    place = "".join(part if part == "[]" else f".{part}" for part in found.path)
    where = f" of '{place.removeprefix('.')}'" if place else ""
    was = "not given" if old is None else shown(old)
    return f"'{found.keyword}'{where} was {was}, is {'not given' if new is None else shown(new)}"
