"""The steps of a plan, read from the declared entries, from the outside in.

A step whose kind this version does not run is reported and left out; the rest is still read, so
that one compilation tells everything.
"""

from collections.abc import Callable, Mapping

from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps import read_actions, read_calls
from treadle.compiler.steps.read_actions import common
from treadle.compiler.steps.read_custom import custom
from treadle.compiler.steps.scope import CLOSING, Declaration, Names, cases_of
from treadle.compiler.steps.sites import Field, Reading, condition_value, direct_value
from treadle.plan.expression import Json, Literal, Value
from treadle.plan.step_types import BUILT_IN
from treadle.plan.steps import (
    Case,
    FanOutStep,
    IfStep,
    Kind,
    LoopStep,
    OnLimit,
    Step,
    SwitchStep,
)

DEFAULT_MAX_ITERATIONS = 10

_ACTIONS: Mapping[str, Callable[[Declaration, Reading], Step]] = {
    Kind.SHELL: read_actions.shell,
    Kind.COMMAND: read_actions.command,
    Kind.PROMPT: read_actions.prompt,
    Kind.INIT: read_actions.init,
    Kind.GATE: read_actions.gate,
    Kind.SLOT: read_actions.slot,
    Kind.GITHUB: read_actions.github,
    Kind.FAN_IN: read_actions.fan_in,
    Kind.WORKFLOW: read_calls.call,
}


def read_steps(names: Names, reading: Reading) -> tuple[Step, ...]:
    """Return the steps of a workflow, with those inside them.

    Errors: what reading calls and expressions reports.
    """
    return _branch(names, None, "", reading)


def read_closing(names: Names, reading: Reading) -> tuple[Step, ...]:
    """Return the steps under `finally`, with those inside them. Errors: as for `read_steps`."""
    return _branch(names, None, CLOSING, reading)


def concurrency(written: Json) -> int:
    """Return how many items a fan-out runs at a time.

    >>> concurrency("4"), concurrency(2.9), concurrency("{{ inputs.n }}"), concurrency(None)
    (4, 2, 1, 1)

    Source: Spec Kit hands the value to Python's int() and takes 1 for what int() refuses.
    """
    if not isinstance(written, str | int | float):
        return 1
    try:
        return max(1, int(written))
    except (ValueError, OverflowError):
        return 1


def _branch(
    names: Names, parent: Declaration | None, segment: str, reading: Reading
) -> tuple[Step, ...]:
    read = (_step(names, child, reading) for child in names.children(parent, segment))
    return tuple(step for step in read if step is not None)


def _step(names: Names, step: Declaration, reading: Reading) -> Step | None:
    if step.is_broken:
        _read_broken(names, step, reading)
        return None
    action = _ACTIONS.get(step.kind)
    if action is not None:
        return action(step, reading)
    if step.kind not in BUILT_IN:
        return custom(step, reading)
    match step.kind:
        case Kind.IF:
            return _if(names, step, reading)
        case Kind.SWITCH:
            return _switch(names, step, reading)
        case Kind.WHILE | Kind.DO_WHILE:
            return _loop(names, step, reading)
        case Kind.FAN_OUT:
            return _fan_out(names, step, reading)
        case _:
            raise ValueError(f"nothing reads a step of the kind '{step.kind}'")


def _read_broken(names: Names, step: Declaration, reading: Reading) -> None:
    """Read the expressions of a broken step, as far as its kind is known, and the steps inside."""
    named = keys.text(step.node, "type") or Kind.COMMAND.value
    if step.kind == named:
        _read_own(step, reading)
    inside = (_step(names, child, reading) for child in names.inside(step))
    reading.adrift.extend(child for child in inside if child is not None)


def _read_own(step: Declaration, reading: Reading) -> None:
    action = _ACTIONS.get(step.kind)
    match step.kind:
        case Kind.WORKFLOW:
            # What it calls could be another workflow when it is mended.
            return
        case Kind.IF | Kind.WHILE | Kind.DO_WHILE:
            _condition(step, reading)
        case Kind.SWITCH:
            _value(step, reading, "expression")
        case Kind.FAN_OUT:
            _value(step, reading, "items")
    if action is not None:
        action(step, reading)
    elif step.kind in BUILT_IN:
        common(step, reading)


def _if(names: Names, step: Declaration, reading: Reading) -> IfStep:
    return IfStep(
        **common(step, reading),
        test=_condition(step, reading),
        then=_branch(names, step, "then", reading),
        otherwise=_branch(names, step, "else", reading),
    )


def _switch(names: Names, step: Declaration, reading: Reading) -> SwitchStep:
    return SwitchStep(
        **common(step, reading),
        expression=_value(step, reading, "expression"),
        cases=tuple(
            Case(key=text, steps=_branch(names, step, f"case:{text}", reading))
            for text, _ in cases_of(step.node)
        ),
        default=_branch(names, step, "default", reading),
    )


def _loop(names: Names, step: Declaration, reading: Reading) -> LoopStep:
    written = step.node.get("condition")
    is_do_while = step.kind == Kind.DO_WHILE
    return LoopStep(
        **common(step, reading),
        test=_condition(step, reading),
        # Only the record of a do-while repeats its condition as it is written.
        raw_condition=nodes.plain(written) if written is not None and is_do_while else None,
        max_iterations=keys.whole(step.node, "max_iterations") or DEFAULT_MAX_ITERATIONS,
        on_limit=OnLimit(keys.text(step.node, "on_limit") or OnLimit.CONTINUE),
        steps=_branch(names, step, "", reading),
        kind=Kind(step.kind),
    )


def _fan_out(names: Names, step: Declaration, reading: Reading) -> FanOutStep | None:
    given = common(step, reading)
    items = _value(step, reading, "items")
    written = step.node.get("max_concurrency")
    limit: Json = nodes.plain(written) if written is not None else 1
    template = _branch(names, step, "", reading)
    if not template:
        return None
    return FanOutStep(
        **given,
        items=items,
        max_concurrency=limit,
        concurrency=concurrency(limit),
        template=template[0],
    )


def _condition(step: Declaration, reading: Reading) -> Value:
    scalar = keys.scalar(step.node, "condition")
    if scalar is None:
        return Literal(False)
    return condition_value(scalar, Field(reading=reading, step=step, key="condition"))


def _value(step: Declaration, reading: Reading, key: str) -> Value:
    node = step.node.get(key)
    if node is None:
        return Literal(None)
    return direct_value(node, Field(reading=reading, step=step, key=key))
