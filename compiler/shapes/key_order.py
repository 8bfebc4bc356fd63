"""The order in which the keys of a workflow's parts are written: that of the format's schema.

Keys that the schema does not know stay behind the key that they stood behind.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import cache

from treadle.compiler.shapes.shape_rules import kinds, known_keys

_STEP_LISTS = frozenset({"then", "else", "steps", "cases", "default", "step"})
_ACTS = ("run", "prompt", "command")
_AROUND = ("cwd", "env")
_AGENT = ("integration", "model")
_TOLERANCE = "continue_on_error"
_DEFAULT_KIND = "command"


class Part(StrEnum):
    """A part of a workflow whose keys have an order, or which leads to such parts."""

    ROOT = "root"
    HEADER = "header"
    REQUIRES = "requires"
    INPUTS = "inputs"
    INPUT = "input"
    OUTPUTS = "outputs"
    OUTPUT = "output"
    STEPS = "steps"
    STEP = "step"
    CASES = "cases"
    OTHER = "other"  # the author's own data, in which the order is part of the meaning


_UNDER_ROOT = {
    "workflow": Part.HEADER,
    "requires": Part.REQUIRES,
    "inputs": Part.INPUTS,
    "outputs": Part.OUTPUTS,
    "steps": Part.STEPS,
    "finally": Part.STEPS,
}
_UNDER_STEP = {
    **dict.fromkeys(("then", "else", "steps", "default"), Part.STEPS),
    "cases": Part.CASES,
    "step": Part.STEP,
}
_MEMBERS = {Part.INPUTS: Part.INPUT, Part.OUTPUTS: Part.OUTPUT, Part.CASES: Part.STEPS}


def part_under(part: Part, key: str) -> Part:
    """Return what part of a workflow stands under a key of another."""
    match part:
        case Part.ROOT:
            return _UNDER_ROOT.get(key, Part.OTHER)
        case Part.STEP:
            return _UNDER_STEP.get(key, Part.OTHER)
    return _MEMBERS.get(part, Part.OTHER)


def item_of(part: Part) -> Part:
    """Return what part of a workflow the items of a list are."""
    return Part.STEP if part is Part.STEPS else Part.OTHER


def ordered(keys: Sequence[str], part: Part, *, kind: str | None) -> tuple[int, ...]:
    """Return the positions of keys in the order in which they are to be written.

    >>> ordered(("run", "x-note", "id"), Part.STEP, kind="shell")
    (2, 0, 1)

    Shapes: `kind` is the type of a step, None when it has none.
    """
    ranks = {key: rank for rank, key in enumerate(_order(part, kind))}
    if not ranks:
        return tuple(range(len(keys)))
    found: list[int] = []
    for key in keys:
        found.append(ranks.get(key, found[-1] if found else -1))
    return tuple(sorted(range(len(keys)), key=lambda position: found[position]))


@cache
def _order(part: Part, kind: str | None) -> tuple[str, ...]:
    match part:
        case Part.ROOT:
            return (*(key for key in known_keys("") if key != "outputs"), "outputs")
        case Part.HEADER | Part.REQUIRES | Part.INPUT | Part.OUTPUT:
            return known_keys(part.value)
        case Part.STEP:
            known = kind or _DEFAULT_KIND
            return _order_of_step(known_keys(known if known in kinds() else "custom"))
    return ()


def _order_of_step(keys: Sequence[str]) -> tuple[str, ...]:
    """Return the order of a step: who does it where, what is done, how, and whether it may fail.

    Spec Kit's own workflows name the agent behind the command; what a script finds around it is
    read before the script. Steps inside a step come last.
    """
    act = next((key for key in keys if key in _ACTS), None)
    core = (*_AROUND, act, *_AGENT) if act is not None else ()
    start = keys.index(act) if act is not None else len(keys)
    moved = {*core, *_STEP_LISTS, _TOLERANCE}
    return (
        *(key for key in keys[:start] if key not in moved),
        *(key for key in core if key in keys),
        *(key for key in keys[start:] if key not in moved),
        _TOLERANCE,
        *(key for key in keys if key in _STEP_LISTS),
    )
