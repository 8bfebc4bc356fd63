"""What a step reads of a run: the part of the names around it that its own expressions name.

A step is performed on another machine, and the records of a whole run would be sent with each one.
"""

from collections.abc import Mapping
from typing import Any

from treadle.plan.expression import Json
from treadle.plan.reads import expressions_of
from treadle.plan.steps import ActionStep

_WHOLE = ("context", "fan_in")  # small, and the same for every step


def excerpt(step: ActionStep, names: Mapping[str, Json]) -> dict[str, Json]:
    """Return the roots of expressions with what a step's expressions read, and no more.

    Shapes: `names` are all that an expression could read there. What is missing stays missing.
    """
    found: dict[str, Any] = {"inputs": {}, "steps": {}, "item": None}
    found.update((name, names[name]) for name in _WHOLE if name in names)
    whole: list[tuple[str, ...]] = []
    paths = {path: None for each in expressions_of(step) for path in each.reads}
    for path in sorted(paths, key=len):
        if path[0] in _WHOLE or any(path[: len(other)] == other for other in whole):
            continue
        if path[0] in found:
            whole.append(path)
            _include(found, names, path)
    return found


def _include(target: dict[str, Any], source: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Take over what stands at a path; what `source` holds is shared and never changed."""
    for key in path[:-1]:
        if key not in source:
            return
        value = source[key]
        if not isinstance(value, Mapping):
            target[key] = value
            return
        target = target.setdefault(key, {})
        source = value
    last = path[-1]
    if last in source:
        value = source[last]
        target[last] = dict(value) if isinstance(value, Mapping) else value
