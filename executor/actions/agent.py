"""Has an agent carry out a command or answer a prompt.

A step that cannot be dispatched fails with `dispatched: false`; output that the step does not
capture goes to the log and the terminal, and never into its record.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from treadle.executor.actions.data import BadData, data, keep_stdout, promises_data
from treadle.executor.actions.layout import layout
from treadle.executor.actions.process import CannotStart, Ended, Spawn, run
from treadle.executor.actions.programs import find_program
from treadle.executor.actions.pump import End
from treadle.executor.actions.setting import NOT_DISPATCHED, Setting, setting
from treadle.executor.ports import CANCELLED, ActionRequest, ActionResult, Outcome
from treadle.plan.catalogue import error_text
from treadle.plan.dispatch import DispatchError, Wish, argv, check, programs
from treadle.plan.evaluate import render
from treadle.plan.expression import Json, Value
from treadle.plan.integrations import Integration, integration
from treadle.plan.steps import CommandStep, PromptStep
from treadle.plan.text import as_text, kind_of


class _Call(Struct, frozen=True, kw_only=True):
    """What the step asks for. Shapes: `record` is the part of the output that repeats it."""

    key: str | None
    model: str | None
    text: str
    record: Mapping[str, Json]
    command: str | None = None
    arguments: tuple[str, ...] = ()
    options: Mapping[str, Json] = field(default_factory=dict)
    integration_options: Mapping[str, Json] = field(default_factory=dict)


class _Refused(Exception):
    """A value that no agent can be given."""

    def __init__(self, error: str, output: Mapping[str, Json]) -> None:
        super().__init__(error)
        self.result = ActionResult(outcome=Outcome.FAILED, output=output, error=error)


def run_command(step: CommandStep, request: ActionRequest) -> ActionResult:
    """Have an agent carry out one of its installed commands.

    Errors: EvaluationError.
    """
    try:
        return _dispatched(step, _command_call(step, request.names), request=request)
    except _Refused as refused:
        return refused.result


def run_prompt(step: PromptStep, request: ActionRequest) -> ActionResult:
    """Send an agent a text.

    Errors: EvaluationError.
    """
    try:
        return _dispatched(step, _prompt_call(step, request.names), request=request)
    except _Refused as refused:
        return refused.result


def record_of(step: CommandStep | PromptStep, names: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the part of a step's output that is known before an agent has said anything.

    Errors: EvaluationError; CannotStart where the step would fail before an agent is started.
    """
    try:
        if isinstance(step, CommandStep):
            return _command_call(step, names).record
        return _prompt_call(step, names).record
    except _Refused as refused:
        raise CannotStart(refused.result.error or "") from None


def _command_call(step: CommandStep, names: Mapping[str, Json]) -> _Call:
    key = _text_or_none(step.integration, "integration", names=names)
    model = _text_or_none(step.model, "model", names=names)
    arguments = tuple(
        _text(value, f"integration_args[{index}]", names=names)
        for index, value in enumerate(step.integration_args)
    )
    options = {name: render(value, names) for name, value in step.integration_options.items()}
    command = render(step.command, names)
    given = {name: render(value, names) for name, value in step.input.items()}
    record: dict[str, Json] = {
        "command": as_text(command),
        "integration": key,
        "model": model,
        "options": dict(step.options),
        "input": given,
        "integration_args": list(arguments),
        "integration_options": options,
    }
    if command is None:
        raise _Refused(error_text("TR802", key="command"), {**record, **NOT_DISPATCHED})
    return _Call(
        key=key,
        model=model,
        text=as_text(given.get("args")),
        record=record,
        command=as_text(command),
        arguments=arguments,
        options=step.options,
        integration_options=options,
    )


def _prompt_call(step: PromptStep, names: Mapping[str, Json]) -> _Call:
    prompt = render(step.prompt, names)
    key = _text_or_none(step.integration, "integration", names=names)
    model = _text_or_none(step.model, "model", names=names)
    text = as_text(prompt)
    record: dict[str, Json] = {"prompt": text, "integration": key, "model": model}
    if prompt is None:
        raise _Refused(error_text("TR802", key="prompt"), {**record, **NOT_DISPATCHED})
    if not text:
        error = error_text("TR808", reason="the prompt is empty")
        raise _Refused(error, {**record, **NOT_DISPATCHED})
    return _Call(key=key, model=model, text=text, record=record)


def _text_or_none(value: Value, key: str, *, names: Mapping[str, Json]) -> str | None:
    found = render(value, names)
    if found is None or isinstance(found, str):
        return found
    raise _Refused(error_text("TR812", key=key, found=kind_of(found)), {})


def _text(value: Value, key: str, *, names: Mapping[str, Json]) -> str:
    found = _text_or_none(value, key, names=names)
    if found is None:
        raise _Refused(error_text("TR812", key=key, found=kind_of(None)), {})
    return found


def _dispatched(
    step: CommandStep | PromptStep, call: _Call, *, request: ActionRequest
) -> ActionResult:
    try:
        place = setting(step, request)
        words = _words(call, place, request=request)
        ended = run(_spawn(step, words, place=place, request=request), request)
    except (DispatchError, CannotStart) as error:
        code = "TR808" if isinstance(error, DispatchError) else "TR813"
        return ActionResult(
            outcome=Outcome.FAILED,
            output={**call.record, **NOT_DISPATCHED},
            error=error_text(code, reason=error.reason),
        )
    if ended.end is End.CANCELLED:
        return CANCELLED
    return _result(step, ended, record=call.record)


def _words(call: _Call, place: Setting, *, request: ActionRequest) -> tuple[str, ...]:
    """Return the command line, with the program as it was found on the PATH.

    Errors: DispatchError.
    """
    if not call.key:
        raise DispatchError("no integration is named")
    agent = integration(call.key)
    if agent is None:
        raise DispatchError(f"no integration is called '{call.key}'")
    wish = _wish(call, agent, request=request)
    check(agent, wish)
    for program in wish.programs:
        found = find_program(program, agent.plugin, place=place, request=request)
        if found is not None:
            return (found, *argv(agent, wish, program=program)[1:])
    raise DispatchError(
        f"the program '{wish.programs[0][0]}' of integration '{agent.key}' is not on the PATH"
    )


def _wish(call: _Call, agent: Integration, *, request: ActionRequest) -> Wish:
    # `options` are also for people and for other agents: only what this agent knows is handed on.
    known = {name: value for name, value in call.options.items() if name in agent.options}
    return Wish(
        text=call.text,
        command=call.command,
        model=call.model,
        programs=programs(agent, request.environment),
        project=str(request.project.resolve()),
        environment=request.environment,
        layout=layout(agent, request.project),
        arguments=call.arguments,
        options={**known, **call.integration_options},
    )


def _spawn(
    step: CommandStep | PromptStep,
    words: tuple[str, ...],
    *,
    place: Setting,
    request: ActionRequest,
) -> Spawn:
    return Spawn(
        argv=words,
        cwd=place.cwd,
        environment=place.environment,
        timeout_s=step.timeout_s,
        keep_stdout=keep_stdout(step) if step.capture else 0,
        keep_stderr=step.capture_max_bytes if step.capture else 0,
        masks=place.masks,
        echo=None if step.capture else request.echo,
    )


def _result(
    step: CommandStep | PromptStep, ended: Ended, *, record: Mapping[str, Json]
) -> ActionResult:
    output: dict[str, Json] = {
        **record,
        "exit_code": ended.exit_code,
        "stdout": "",
        "stderr": "",
        "dispatched": True,
    }
    error = _error(step, ended)
    if step.capture:
        output |= _captured(step, ended)
        if error is None and promises_data(step):
            try:
                output["data"] = data(ended.stdout, step.output_schema)
            except BadData as bad:
                error = bad.error
    return ActionResult(
        outcome=Outcome.COMPLETED if error is None else Outcome.FAILED,
        output=output,
        error=error,
        secrets_masked=ended.secrets_masked,
    )


def _captured(step: CommandStep | PromptStep, ended: Ended) -> dict[str, Json]:
    limit = step.capture_max_bytes
    return {
        "stdout": ended.stdout.text(limit),
        "stderr": ended.stderr.text(limit),
        "stdout_truncated": ended.stdout.is_cut(limit),
        "stderr_truncated": ended.stderr.is_cut(limit),
        "timed_out": ended.end is End.TIMED_OUT,
        "interrupted": False,  # an interrupted agent leaves no result: it runs again
    }


def _error(step: CommandStep | PromptStep, ended: Ended) -> str | None:
    if ended.end is End.TIMED_OUT:
        return error_text("TR804", timeout_s=f"{step.timeout_s:g}")
    if ended.exit_code != 0:
        return error_text("TR803", exit_code=ended.exit_code)
    return None
