"""The state of a run as bytes and back: what spares a long run to apply all its events again.

A snapshot is a cache and never the truth. It leaves out what nothing but going back asks for: the
item, and the names that stood there, of an item of a fan-out that is done. (Each item has a table
of all names there were when it began: to write all of them would grow with the square of them.)

| in the state | in a snapshot |
|---|---|
| a persistent map or list | a map or list |
| the step of an occurrence | its path in its plan |
| an output that collects other outputs | the numbers of their occurrences |

`decoded(run.program, encoded(run)) == without_done_items(run)`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, astuple, replace
from rpds import HashTrieMap, List

from treadle.executor import state
from treadle.executor.event_json import readable
from treadle.executor.program import Program
from treadle.executor.state import Occurrence, Run
from treadle.plan.steps import Step

# Items at work have a table of names each; with more names than this, events are quicker.
_MAX_NAMES = 10_000
_MAX_NAMES_AN_OCCURRENCE = 20
_COLLECTED = "results"
_NEVER_RAN = -1  # instead of a number: the output of a step that never ran, which is empty
_K = TypeVar("_K")
_V = TypeVar("_V")
_NO_NAMES: "HashTrieMap[str, str]" = HashTrieMap()


def encoded(run: Run) -> bytes | None:
    """Return the state of a run as bytes, None when it is one that they cannot or should not hold.

    Persistent maps are written as they come: they have no order that could be lost.
    """
    run = without_done_items(run)
    names = sum(len(scope.names) for scope in run.scopes.values())
    if names > max(_MAX_NAMES, _MAX_NAMES_AN_OCCURRENCE * len(run.occurrences)):
        return None
    occurrences = tuple(_entries(run.occurrences).values())
    steps = {at: part.steps for at, part in _parts(run.program, run.sequences).items()}
    if any(steps[at.sequence].get(at.step.path) is not at.step for at in occurrences):
        return None
    numbers = {id(found.output): number for number, found in enumerate(occurrences)}
    written = _row(replace(run, occurrences=HashTrieMap()))
    written[_place(Run, "program")] = None
    written[_place(Run, "occurrences")] = {
        found.address: _occurrence_row(found, numbers) for found in occurrences
    }
    try:
        return msgspec.msgpack.encode(written, enc_hook=_as_dict)
    except (OverflowError, RecursionError, TypeError, ValueError):
        # Integers of more than 64 bits, halves of surrogate pairs, deep nesting.
        return None


def decoded(program: Program, body: bytes) -> Run:
    """Return the state of a run under its plan.

    Errors: KeyError, IndexError or ValueError for bytes that are no snapshot under this plan.
    """
    read = _decoder().decode(body)
    written = tuple(read.occurrences.values())
    outputs = [found.output for found in written]
    for found in written:
        if found.collected is not None:
            found.output[_COLLECTED] = [_numbered(outputs, number) for number in found.collected]
    parts = _parts(program, read.sequences)
    read.occurrences = {
        at: _read(parts[found.sequence], found) for at, found in read.occurrences.items()
    }
    return Run(**{**_fields(read), "program": program})


def without_done_items(run: Run) -> Run:
    """Return the state of a run as it comes back from a snapshot.

    The run's own scope has the address of its steps and is no item; that of a call has none.
    """
    scopes = run.scopes
    for address, scope in run.scopes.items():
        sequence = run.sequences.get(address)
        if scope.has_item and sequence is not None and run.open_step(sequence) is None:
            scopes = scopes.insert(address, replace(scope, names=_NO_NAMES, item=None))
    return replace(run, scopes=scopes)


def _parts(program: Program, sequences: Any) -> Mapping[str, Program]:
    """Return the programs that sequences are of, by the addresses of these."""
    return {at: program.part(sequence.plan) for at, sequence in sequences.items()}


def _occurrence_row(occurrence: Occurrence, numbers: Mapping[int, int]) -> list[Any]:
    row = _row(occurrence)
    row[_STEP] = occurrence.step.path
    row.append(None)
    output = occurrence.output
    collected = output.get(_COLLECTED) if output is not None else None
    if output is not None and isinstance(collected, list):
        found = [_NEVER_RAN if held == {} else numbers.get(id(held)) for held in collected]
        if None not in found:
            row[-1] = found
            row[_OUTPUT] = {**output, _COLLECTED: None}
    return row


def _row(value: Struct) -> list[Any]:
    """Return the fields of a struct of the state in the order and form of its mirror."""
    row = list(astuple(value))
    for place in _nested_places(type(value)):
        if row[place] is not None:
            row[place] = _plain(row[place])
    return row


def _read(program: Program, written: Any) -> Occurrence:
    fields = _fields(written)
    del fields["collected"]
    return Occurrence(**{**fields, "step": program.steps[written.step]})


def _numbered(outputs: Sequence[Any], number: int) -> Any:
    return {} if number == _NEVER_RAN else outputs[number]


def _fields(written: Any) -> dict[str, Any]:
    """Return the fields of a mirror as the state has them."""
    fields = asdict(written)
    for name in _nested(_ORIGINALS[type(written)]):
        if fields[name] is not None:
            fields[name] = _persistent(fields[name])
    return fields


def _plain(value: Any) -> Any:
    """Return a value of the state as a mirror holds it."""
    match value:
        case HashTrieMap():
            return _changed(_entries(value), _plain)
        case List():
            return list(value)
        case _:
            kind: Any = type(value)
            return _row(value) if _is_of_state(kind) and _mirror(kind) is not kind else value


def _entries(values: "HashTrieMap[_K, _V]") -> dict[_K, _V]:
    """Return a persistent map as a dict, out of what it gives pickle: to walk it takes ten times.

    Source: the walk of rpds takes each entry out of a copy of the map.
    """
    _, (entries,) = cast("tuple[object, tuple[Any]]", values.__reduce__())
    return dict(entries)


def _persistent(value: Any) -> Any:
    """Return a value that a mirror holds as the state has it."""
    match value:
        case dict():
            return HashTrieMap(_changed(value, _persistent))
        case list():
            return List(value)
        case _:
            kind = _ORIGINALS.get(type(value))
            return value if kind is None else kind(**_fields(value))


def _changed(values: dict[Any, Any], change: Callable[[Any], Any]) -> dict[Any, Any]:
    """Return a map with its values changed, which are of one type all."""
    first = next(iter(values.values()), None)
    if change(first) is first:
        return values
    return {key: change(held) for key, held in values.items()}


def _as_dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a snapshot")


class _Map(Generic[_K, _V]):
    """Stands for HashTrieMap, which takes no arguments when the program runs."""


class _List(Generic[_V]):
    """Stands for List in the same way."""


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind, {**vars(state), "HashTrieMap": _Map, "List": _List})


@cache
def _nested(kind: Any) -> tuple[str, ...]:
    return tuple(name for name, hint in _hints(kind).items() if _is_nested(hint))


@cache
def _nested_places(kind: Any) -> tuple[int, ...]:
    return tuple(_place(kind, name) for name in _nested(kind))


def _place(kind: type[Struct], field: str) -> int:
    """Return where a field stands in a row, which is as long as its struct has fields."""
    return kind.__struct_fields__.index(field)


def _is_nested(hint: Any) -> bool:
    held = (hint, get_origin(hint))
    return (
        _Map in held
        or _List in held
        or (_is_of_state(hint) and _mirror(hint) is not hint)
        or any(_is_nested(argument) for argument in get_args(hint))
    )


def _is_of_state(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Struct) and hint.__module__ == state.__name__


_GENERICS: Mapping[Any, Any] = {Mapping: dict, _Map: dict, _List: list, Step: str, Program: None}
_ORIGINALS: dict[Any, Any] = {}
_STEP, _OUTPUT = _place(Occurrence, "step"), _place(Occurrence, "output")


@cache
def _mirror(kind: Any) -> Any:
    """Return a type with the fields of one in the state, of which all values can be read.

    It is the type itself where that is so. A field that the state gains needs nothing here.
    """
    hints = _hints(kind)
    fields = [(name, readable(hint, instead=_instead)) for name, hint in hints.items()]
    if fields == list(hints.items()):
        return kind
    if kind is Occurrence:
        fields.append(("collected", list[int] | None))
    made = msgspec.defstruct(kind.__name__, fields, array_like=True)
    _ORIGINALS[made] = kind
    return made


def _instead(hint: Any) -> Any:
    return _mirror(hint) if _is_of_state(hint) else _GENERICS.get(hint, hint)


@cache
def _decoder() -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(_mirror(Run))
