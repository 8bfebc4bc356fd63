"""Sets up a project for agents by running ``specify init``, unattended.

Nothing is asked: a folder that holds files of someone's is refused unless `force` is given.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from treadle.executor.actions.process import CannotStart, Ended, Spawn, run
from treadle.executor.actions.programs import on_path
from treadle.executor.actions.pump import End
from treadle.executor.actions.setting import own_variables
from treadle.executor.ports import CANCELLED, ActionRequest, ActionResult, Outcome
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import render
from treadle.plan.expression import Json, Literal
from treadle.plan.integrations import known
from treadle.plan.steps import DEFAULT_CAPTURE_BYTES, InitStep
from treadle.plan.text import as_text

_PROGRAM = "specify"
_FALLBACK = "copilot"
_FALLBACK_VARIABLE = "SPECKIT_INTEGRATION_DEFAULT"
_TRUE = frozenset(("true", "1", "yes"))
_OWN_FOLDERS = frozenset((".specify", ".treadle"))


class _Wanted(Struct, frozen=True, kw_only=True):
    """The fields of the step, evaluated."""

    project: Json
    here: bool
    integration: Json
    integration_options: Json
    script: Json
    preset: Json
    force: bool
    ignore_agent_tools: bool


def run_init(step: InitStep, request: ActionRequest) -> ActionResult:
    """Run ``specify init`` in the project.

    Errors: EvaluationError.
    """
    wanted = _wanted(step, request)
    words = _argv(wanted)
    program = on_path(_PROGRAM, request.environment, cwd=request.project)
    if program is None:
        error = error_text("TR814", program=_PROGRAM)
        return _failed(wanted, words, stderr=error, error=error)
    is_forced = wanted.force
    try:
        if not is_forced and _is_project_itself(wanted):
            is_forced = _has_own_folders_only(request.project)
        words = (*words, "--force") if is_forced else words
        ended = run(_spawn((program, *words), request), request)
    except CannotStart as refused:
        error = error_text("TR813", reason=refused.reason)
        return _failed(wanted, words, stderr=refused.reason, error=error)
    if ended.end is End.TIMED_OUT:
        error = error_text("TR804", timeout_s=f"{step.timeout_s:g}")
        output = _output(wanted, words, is_forced=is_forced)
        output |= {"exit_code": -1, "stdout": "", "stderr": "timeout"}
        return ActionResult(outcome=Outcome.FAILED, output=output, error=error)
    return _result(ended, _output(wanted, words, is_forced=is_forced))


def _wanted(step: InitStep, request: ActionRequest) -> _Wanted:
    names = request.names
    fields = {key: render(value, names) for key, value in step.fields.items()}
    ignore = step.fields.get("ignore_agent_tools", Literal(None))
    return _Wanted(
        project=fields.get("project"),
        here=_flag(fields.get("here")),
        integration=render(step.integration, names) or _fallback(request.environment),
        integration_options=fields.get("integration_options"),
        script=fields.get("script"),
        preset=fields.get("preset"),
        force=_flag(fields.get("force")),
        ignore_agent_tools=ignore == Literal(None) or _flag(fields["ignore_agent_tools"]),
    )


def _flag(value: Json) -> bool:
    return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)


def _fallback(environment: Mapping[str, str]) -> str:
    named = environment.get(_FALLBACK_VARIABLE, "").strip()
    return named if named in known() else _FALLBACK


def _argv(wanted: _Wanted) -> tuple[str, ...]:
    words = ["init", "--here" if wanted.here else as_text(wanted.project or ".")]
    for option, value in (
        ("--integration", wanted.integration),
        ("--integration-options", wanted.integration_options),
        ("--script", wanted.script),
        ("--preset", wanted.preset),
    ):
        if value:
            words += (option, as_text(value))
    if wanted.ignore_agent_tools:
        words.append("--ignore-agent-tools")
    return tuple(words)


def _is_project_itself(wanted: _Wanted) -> bool:
    return wanted.here or as_text(wanted.project or ".") == "."


def _has_own_folders_only(folder: Path) -> bool:
    """Tell whether a folder without foreign files holds anything, which --force then confirms.

    Errors: CannotStart if there are foreign files, about which ``specify init`` would ask.
    """
    try:
        with os.scandir(folder) as entries:
            are_own = [
                entry.name in _OWN_FOLDERS and entry.is_dir(follow_symlinks=False)
                for entry in entries
            ]
    except OSError as error:
        raise CannotStart(f"{error.strerror}: {folder}") from None
    if not all(are_own):
        raise CannotStart("the folder is not empty; 'force: true' merges into it")
    return bool(are_own)


def _spawn(argv: tuple[str, ...], request: ActionRequest) -> Spawn:
    return Spawn(
        argv=argv,
        cwd=request.project,
        environment={**request.environment, **own_variables(request)},
        timeout_s=request.step.timeout_s,
        keep_stdout=DEFAULT_CAPTURE_BYTES,
        keep_stderr=DEFAULT_CAPTURE_BYTES,
    )


def _output(wanted: _Wanted, words: tuple[str, ...], *, is_forced: bool) -> dict[str, Json]:
    return {
        "argv": list(words),
        "project": wanted.project,
        "here": wanted.here,
        "integration": wanted.integration,
        "integration_options": wanted.integration_options,
        "script": wanted.script,
        "preset": wanted.preset,
        "force": is_forced,
        "ignore_agent_tools": wanted.ignore_agent_tools,
    }


def _failed(wanted: _Wanted, words: tuple[str, ...], *, stderr: str, error: str) -> ActionResult:
    output = _output(wanted, words, is_forced=wanted.force)
    output |= {"exit_code": 1, "stdout": "", "stderr": stderr}
    return ActionResult(outcome=Outcome.FAILED, output=output, error=error)


def _result(ended: Ended, output: dict[str, Json]) -> ActionResult:
    if ended.end is End.CANCELLED:
        return CANCELLED
    stdout = ended.stdout.text(DEFAULT_CAPTURE_BYTES)
    stderr = ended.stderr.text(DEFAULT_CAPTURE_BYTES)
    if ended.exit_code == 0:
        output |= {"exit_code": 0, "stdout": stdout, "stderr": stderr}
        return ActionResult(outcome=Outcome.COMPLETED, output=output)
    # `specify` says on stdout what went wrong; readers look for it in stderr.
    shown = stderr if stderr.strip() else stdout.strip()
    output |= {"exit_code": ended.exit_code, "stdout": stdout, "stderr": shown}
    error = error_text("TR803", exit_code=ended.exit_code)
    return ActionResult(outcome=Outcome.FAILED, output=output, error=error)
