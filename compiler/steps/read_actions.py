"""The steps without steps inside, read from their entries: every default is filled in.

A text that the format evaluates becomes a value with a site for each expression; everything
else is a literal.
"""

from typing import TypedDict

from treadle.compiler.reading import keys, nodes
from treadle.compiler.shapes.json_schema import schema_at
from treadle.compiler.steps import read_limits
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import (
    Field,
    Reading,
    condition_value,
    direct_members,
    direct_value,
    nested_members,
)
from treadle.plan.expression import Json, Literal, Value
from treadle.plan.steps import (
    DEFAULT_CAPTURE_BYTES,
    CommandStep,
    FanInStep,
    GateStep,
    GithubStep,
    InitStep,
    OnReject,
    PromptStep,
    Retry,
    ShellStep,
    SlotStep,
)

DEFAULT_TIMEOUT_S = 300.0
CAPTURED_COMMAND_TIMEOUT_S = 600.0
DEFAULT_OPTIONS = ("approve", "reject")
JSON_OUTPUT = "json"

INIT_KEYS = (
    "project",
    "here",
    "integration_options",
    "script",
    "preset",
    "force",
    "ignore_agent_tools",
)


class Common(TypedDict):
    """What every step has, as arguments of its class."""

    id: str
    path: str
    name: str | None
    condition: Value | None
    continue_on_error: bool


class _Process(Common):
    """What every step has that starts a program of the author's; the time-out differs."""

    env: dict[str, Value]
    cwd: Value | None
    output_format: str | None
    output_schema: dict[str, Json] | None
    capture_max_bytes: int
    retry: Retry | None
    runs_on: str | None


class _Agent(TypedDict):
    """Whom a command or a prompt is sent to, and whether its output is kept."""

    integration: Value
    model: Value
    capture: bool


def common(step: Declaration, reading: Reading) -> Common:
    """Return what every step has."""
    skip = keys.scalar(step.node, "if")
    return Common(
        id=step.id,
        path=step.path,
        # A slot's name is what it is called in an overlay, not a label.
        name=keys.text(step.node, "name") if step.kind != "slot" else None,
        condition=condition_value(skip, _field(step, reading, "if")) if skip is not None else None,
        continue_on_error=keys.flag(step.node, "continue_on_error"),
    )


def shell(step: Declaration, reading: Reading) -> ShellStep:
    """Read a shell step."""
    return ShellStep(
        **_process(step, reading),
        run=_value(step, reading, "run"),
        timeout_s=keys.seconds(step.node, "timeout") or DEFAULT_TIMEOUT_S,
    )


def command(step: Declaration, reading: Reading) -> CommandStep:
    """Read a command step; the workflow's options stand under its own."""
    node = step.node
    agent = _agent(step, reading)
    arguments = keys.sequence(node, "integration_args")
    items = arguments.items if arguments is not None else ()
    here = _field(step, reading, "integration_args")
    default_timeout = CAPTURED_COMMAND_TIMEOUT_S if agent["capture"] else None
    return CommandStep(
        **_process(step, reading),
        **agent,
        command=_value(step, reading, "command"),
        input=nested_members(_mapping(node, "input"), _field(step, reading, "input")),
        options={**reading.inherited.options, **(keys.data(node, "options") or {})},
        integration_args=tuple(
            direct_value(item, here.inner(index)) for index, item in enumerate(items)
        ),
        integration_options=direct_members(
            _mapping(node, "integration_options"), _field(step, reading, "integration_options")
        ),
        timeout_s=keys.seconds(node, "timeout") or default_timeout,
    )


def prompt(step: Declaration, reading: Reading) -> PromptStep:
    """Read a prompt step."""
    return PromptStep(
        **_process(step, reading),
        **_agent(step, reading),
        prompt=_value(step, reading, "prompt"),
        timeout_s=keys.seconds(step.node, "timeout") or DEFAULT_TIMEOUT_S,
    )


def init(step: Declaration, reading: Reading) -> InitStep:
    """Read an init step."""
    return InitStep(
        **common(step, reading),
        timeout_s=keys.seconds(step.node, "timeout"),
        retry=read_limits.retry(step),
        runs_on=keys.text(step.node, "runs_on"),
        fields={key: _value(step, reading, key) for key in INIT_KEYS if step.node.entry(key)},
        integration=_inherited(step, reading, "integration", default=reading.inherited.integration),
    )


def github(step: Declaration, reading: Reading) -> GithubStep:
    """Read a github step."""
    return GithubStep(
        **common(step, reading),
        timeout_s=keys.seconds(step.node, "timeout"),
        retry=read_limits.retry(step),
        runs_on=keys.text(step.node, "runs_on"),
        operation=keys.text(step.node, "operation") or "",
        target=keys.text(step.node, "target") or "",
        repository=_value(step, reading, "repository"),
        number=_value(step, reading, "number"),
        label=_value(step, reading, "label"),
    )


def gate(step: Declaration, reading: Reading) -> GateStep:
    """Read a gate."""
    options = keys.sequence(step.node, "options")
    texts = tuple(str(nodes.plain(item)) for item in options.items) if options is not None else ()
    choices = texts or DEFAULT_OPTIONS
    shown = step.node.get("show_file")
    is_shown = shown is not None and nodes.plain(shown) is not None
    return GateStep(
        **common(step, reading),
        message=_value(step, reading, "message"),
        options=choices,
        on_reject=OnReject(keys.text(step.node, "on_reject") or OnReject.ABORT),
        verdict_input=keys.text(step.node, "verdict_input"),
        show_file=_value(step, reading, "show_file") if is_shown else None,
        timeout_s=keys.seconds(step.node, "timeout"),
        on_timeout=read_limits.choice_in_time(step, choices),
    )


def slot(step: Declaration, reading: Reading) -> SlotStep:
    """Read a slot."""
    return SlotStep(**common(step, reading), slot=keys.text(step.node, "name") or "")


def fan_in(step: Declaration, reading: Reading) -> FanInStep:
    """Read a fan-in."""
    awaited = keys.sequence(step.node, "wait_for")
    return FanInStep(
        **common(step, reading),
        wait_for=tuple(str(nodes.plain(item)) for item in awaited.items) if awaited else (),
        output=direct_members(_mapping(step.node, "output"), _field(step, reading, "output")),
    )


def _process(step: Declaration, reading: Reading) -> _Process:
    node = step.node
    limit = keys.whole(node, "capture_max_bytes")
    directory = keys.text_scalar(node, "cwd")
    return _Process(
        **common(step, reading),
        env=environment(step, reading),
        cwd=_value(step, reading, "cwd") if directory is not None else None,
        output_format=JSON_OUTPUT if keys.text(node, "output_format") == JSON_OUTPUT else None,
        output_schema=schema_at(node, "output_schema", name="output_schema", report=reading.report),
        capture_max_bytes=limit if limit is not None else DEFAULT_CAPTURE_BYTES,
        retry=read_limits.retry(step),
        runs_on=keys.text(step.node, "runs_on"),
    )


def environment(step: Declaration, reading: Reading) -> dict[str, Value]:
    """Return the variables that a step gives its program."""
    here = _field(step, reading, "env")
    return {
        str(entry.key.value): direct_value(entry.value, here.inner(str(entry.key.value)))
        for entry in _mapping(step.node, "env").entries
        if isinstance(entry.value, nodes.Scalar)
    }


def _agent(step: Declaration, reading: Reading) -> _Agent:
    return _Agent(
        integration=_inherited(step, reading, "integration", default=reading.inherited.integration),
        model=_inherited(step, reading, "model", default=reading.inherited.model),
        # Output that is parsed has to be kept, whether the author says so or not.
        capture=keys.flag(step.node, "capture")
        or keys.text(step.node, "output_format") == JSON_OUTPUT
        or keys.mapping(step.node, "output_schema") is not None,
    )


def _inherited(
    step: Declaration, reading: Reading, key: str, *, default: nodes.Scalar | None
) -> Value:
    """Return the step's own `integration` or `model`, else the workflow's."""
    node = step.node.get(key)
    is_own = node is not None and nodes.plain(node) not in (None, "")
    found = node if is_own else default
    return direct_value(found, _field(step, reading, key)) if found is not None else Literal(None)


def _value(step: Declaration, reading: Reading, key: str) -> Value:
    node = step.node.get(key)
    return direct_value(node, _field(step, reading, key)) if node is not None else Literal(None)


def _mapping(node: nodes.Mapping, key: str) -> nodes.Mapping:
    found = keys.mapping(node, key)
    return found if found is not None else nodes.Mapping(entries=(), span=node.span)


def _field(step: Declaration, reading: Reading, key: str) -> Field:
    return Field(reading=reading, step=step, key=key)
