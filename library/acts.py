"""What a plan does to the world, told before it is installed: commands, network and secrets."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from treadle.plan.expression import Json, Value, expressions
from treadle.plan.inputs import InputSet
from treadle.plan.plan import Plan, every_step
from treadle.plan.steps import (
    CommandStep,
    CustomStep,
    GithubStep,
    InitStep,
    Kind,
    PromptStep,
    ShellStep,
    Step,
    WorkflowStep,
    type_name,
)
from treadle.plan.text import as_text
from treadle.plan.written import written

# What decides and waits, and does nothing itself.
_HARMLESS = frozenset(
    {
        Kind.GATE,
        Kind.SLOT,
        Kind.IF,
        Kind.SWITCH,
        Kind.WHILE,
        Kind.DO_WHILE,
        Kind.FAN_OUT,
        Kind.FAN_IN,
    }
)


class ActKind(StrEnum):
    """What an act touches."""

    SHELL = "shell"
    NETWORK = "network"
    OTHER = "other"


class Act(Struct, frozen=True, kw_only=True):
    """One step that acts, and what it does as its author wrote it.

    Shapes: `path` is its place in the plan, behind the id of a workflow that is called.
    """

    kind: ActKind
    path: str
    text: str


class SecretUse(Struct, frozen=True, kw_only=True):
    """A secret that a workflow asks for, and the steps that get it."""

    name: str
    readers: tuple[str, ...]


def acts_of(plan: Plan) -> tuple[Act, ...]:
    """Return the steps of a plan that act, in source order, then those of what it calls."""
    called = tuple(
        Act(kind=act.kind, path=f"{callee.id}{act.path}", text=act.text)
        for callee in plan.callees.values()
        for act in acts_of(callee)
    )
    return (*(act for step in every_step(plan) if (act := _act(step)) is not None), *called)


def secrets_of(plan: Plan) -> tuple[SecretUse, ...]:
    """Return the secrets of a plan with the steps whose environment holds them."""
    inputs = InputSet(plan.inputs)
    return tuple(
        SecretUse(name=name, readers=tuple(_readers(plan, name)))
        for name in inputs.names
        if name in inputs.secrets
    )


def _act(step: Step) -> Act | None:
    match step:
        case ShellStep():
            return Act(kind=ActKind.SHELL, path=step.path, text=_text(step.run))
        case InitStep():
            words = " ".join(f"{name}={_text(value)}" for name, value in step.fields.items())
            return Act(kind=ActKind.SHELL, path=step.path, text=f"specify init {words}".rstrip())
        case CommandStep():
            told = " ".join((_text(step.command), _text(step.input.get("args"))))
            return Act(kind=ActKind.NETWORK, path=step.path, text=f"agent: {told}".rstrip())
        case PromptStep():
            told = f"agent: {_text(step.prompt)}"
            return Act(kind=ActKind.NETWORK, path=step.path, text=told)
        case GithubStep():
            place = f"{_text(step.repository)}#{_text(step.number)}"
            told = f"gh: {step.operation} '{_text(step.label)}' to {place}"
            return Act(kind=ActKind.NETWORK, path=step.path, text=told)
        case WorkflowStep():
            named = step.file if step.workflow is None else _text(step.workflow)
            when = " that is found when it runs" if step.callee is None else ""
            told = f"calls the workflow {named}{when}"
            return Act(kind=ActKind.OTHER, path=step.path, text=told)
        case CustomStep():
            given = ", ".join(f"{name}: {_text(value)}" for name, value in step.input.items())
            by = f" (package {step.package})" if step.package is not None else ""
            return Act(kind=ActKind.OTHER, path=step.path, text=f"{step.type}{by}: {given}")
        case _ if step.kind in _HARMLESS:
            return None
        case _:
            return Act(kind=ActKind.OTHER, path=step.path, text=type_name(step))


def _readers(plan: Plan, name: str) -> Iterator[str]:
    for step in every_step(plan):
        for value in getattr(step, "env", {}).values():
            if ("inputs", name) in {path[:2] for path in _reads(value)}:
                yield step.path
                break


def _reads(value: Value) -> Iterator[tuple[str, ...]]:
    for expression in expressions(value):
        yield from expression.reads


def _text(value: Value | None) -> str:
    if value is None:
        return ""
    told: Json = written(value)
    return told if isinstance(told, str) else as_text(told)
