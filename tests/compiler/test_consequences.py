"""One mistake of shape in a sound workflow: it is told, and nothing that only follows from it."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML

from treadle.compiler import Compilation, compile_text, nodes
from treadle.compiler.diagnostics import Diagnostic, Span
from treadle.compiler.shape_rules import kinds, needed_keys
from treadle.plan.catalogue import Severity

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = sorted(
    path
    for folder in ("examples", "tests/cases/good", "tests/cases/bad")
    for path in (ROOT / folder).glob("*.yml")
)
# Of each workflow so many mistakes are tried, chosen by a fixed seed.
MISTAKES = 12

Data: TypeAlias = (
    None | bool | int | float | str | list["Data"] | dict[str, "Data"]
)
Path_: TypeAlias = tuple[str | int, ...]
ABSENT = object()
LISTS = ("then", "else", "steps", "default")


def steps_of(data: Data, at: Path_) -> Iterator[Path_]:
    """Yield the paths of the steps in a list, and of those inside them."""
    found = value_at(data, at)
    for index, step in enumerate(found if isinstance(found, list) else ()):
        yield from inside(data, (*at, index), step)


def inside(data: Data, at: Path_, step: Data) -> Iterator[Path_]:
    if not isinstance(step, dict):
        return
    yield at
    for key in LISTS:
        yield from steps_of(data, (*at, key))
    cases = step.get("cases")
    for name in cases if isinstance(cases, dict) else ():
        yield from steps_of(data, (*at, "cases", name))
    if "step" in step:
        yield from inside(data, (*at, "step"), step["step"])


def value_at(data: Data, path: Path_) -> Data:
    for part in path:
        if isinstance(data, dict) and part not in data:
            return None
        if not isinstance(data, dict | list):
            return None
        data = data[part]  # type: ignore[index]
    return data


def put(data: Data, path: Path_, value: object) -> Data:
    """Return the data with another value at a path, or without it."""
    if not path:
        return value  # type: ignore[return-value]
    first, rest = path[0], path[1:]
    if isinstance(data, list):
        changed = [put(item, rest, value) if i == first else item for i, item in enumerate(data)]
        return changed
    assert isinstance(data, dict)
    if not rest and value is ABSENT:
        return {key: each for key, each in data.items() if key != first}
    return {**data, str(first): put(data.get(str(first)), rest, value)}


def mistakes(data: Data) -> Iterator[tuple[Path_, Path_, object]]:
    """Yield single mistakes of shape: whose they are, where they stand, and what stands there."""
    wrong = ({"odd": 1}, [], 5, None, True, "", ["odd"])
    for at in (*steps_of(data, ("steps",)), *steps_of(data, ("finally",))):
        step = value_at(data, at)
        assert isinstance(step, dict)
        kind = str(step.get("type", "command"))
        yield at, (*at, "type"), "shelll"
        yield at, (*at, "type"), 5
        yield at, (*at, "id"), ABSENT
        yield at, at, "odd"
        yield at, at, None
        for key in needed_keys(kind) if kind in kinds() else ():
            if key in step:
                yield at, (*at, key), ABSENT
        for key in step:
            yield from ((at, (*at, key), value) for value in wrong if type(value) is not type(step[key]))
    assert isinstance(data, dict)
    inputs = data.get("inputs")
    for name in inputs if isinstance(inputs, dict) else ():
        yield ("inputs", name), ("inputs", name), "odd"
        yield ("inputs", name), ("inputs", name, "type"), "strng"
        yield ("inputs", name), ("inputs", name, "enum"), 5
    for key in ("workflow", "inputs", "outputs", "steps", "finally"):
        known = data.get(key)
        others = (value for value in wrong if type(value) is not type(known))
        yield from (((key,), (key,), value) for value in others if known is not None)
    yield ("workflow",), ("workflow", "id"), ABSENT
    yield ("workflow",), ("workflow", "version"), 1.0


def written(data: Data) -> str:
    """Return data as YAML with every key in a line of its own."""
    return json.dumps(data, indent=1, ensure_ascii=False)


def loaded(path: Path) -> Data:
    found: Data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def place_of(compilation: Compilation, path: Path_) -> Span | None:
    """Return where something stands, None for what is not there."""
    assert compilation.document is not None
    node: nodes.Node = compilation.document.root
    span: Span | None = node.span
    for part in path:
        if isinstance(node, nodes.Mapping):
            entry = node.entry(str(part))
            if entry is None:
                return span
            node = entry.value
            end = node.span
            span = Span(entry.key.span.line, entry.key.span.column, end.end_line, end.end_column)
        elif isinstance(node, nodes.Sequence):
            node = node.items[int(part)]
            span = node.span
    return span


def holds(outer: Span, inner: Span) -> bool:
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    return begins and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


def told(found: Diagnostic) -> tuple[str, str]:
    return found.code, found.message


def unexplained(data: Data, whose: Path_, at: Path_, value: object) -> list[str]:
    """Return what is told of a workflow with a mistake, neither before nor at the mistake.

    Nothing if no mistake of shape is told there: some keys take anything.
    """
    before = Counter(map(told, compile_text(written(data)).diagnostics))
    broken = compile_text(written(put(data, at, value)))
    place = place_of(broken, whose)
    left, is_mistake = [], False
    for found in broken.diagnostics:
        if before[told(found)]:
            before[told(found)] -= 1
        elif place is None or not holds(place, found.span):
            left.append(f"{found.code} {found.message} {found.span}")
        else:
            is_mistake |= found.severity is Severity.ERROR and found.code < "TR219"
    return left if is_mistake or place is None else []


def chosen(path: Path) -> list[tuple[Path_, Path_, object]]:
    found = list(mistakes(loaded(path)))
    return random.Random(path.name).sample(found, min(MISTAKES, len(found)))


def is_workflow(path: Path) -> bool:
    try:
        data = loaded(path)
    except Exception:  # some of the bad cases are no YAML
        return False
    found = compile_text(written(data)) if isinstance(data, dict) else None
    return found is not None and not any(d.code < "TR219" for d in found.errors)
