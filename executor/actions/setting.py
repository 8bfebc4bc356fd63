"""The setting of a step that starts a program: its variables, its folder, what must be masked.

Secrets are known here and in the program's environment, and nowhere else.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from treadle.executor.actions.process import CannotStart
from treadle.executor.ports import ActionRequest
from treadle.plan.evaluate import render
from treadle.plan.expression import Json, Value, expressions
from treadle.plan.steps import ProcessStep
from treadle.plan.text import as_text

WORKFLOW_DIR = "SPECKIT_WORKFLOW_DIR"

# What the record of a step holds when nothing was started: a shell step, an agent.
NOT_STARTED: Mapping[str, Json] = {"exit_code": 1, "stdout": "", "stderr": ""}
NOT_DISPATCHED: Mapping[str, Json] = {"exit_code": 1, "dispatched": False}


class Setting(Struct, frozen=True, kw_only=True):
    """Where and with what a program runs. Shapes: `masks` are the secrets it was given."""

    environment: Mapping[str, str]
    cwd: Path
    masks: tuple[bytes, ...]


def setting(step: ProcessStep, request: ActionRequest) -> Setting:
    """Work out the setting of a step.

    Errors: CannotStart for a folder that is not there; EvaluationError.
    """
    variables, masks = variables_of(step.env, request)
    return Setting(
        environment={**request.environment, **variables, **own_variables(request)},
        cwd=_folder(step.cwd, request),
        masks=masks,
    )


def own_variables(request: ActionRequest) -> dict[str, str]:
    """Return the variables by which a program knows which step of which run it is."""
    return {
        "TREADLE_RUN_ID": request.run_id,
        "TREADLE_STEP": request.address,
        "TREADLE_ATTEMPT": str(request.attempt),
        "TREADLE_IDEMPOTENCY_KEY": request.idempotency_key,
    }


def variables_of(
    env: Mapping[str, Value], request: ActionRequest
) -> tuple[dict[str, str], tuple[bytes, ...]]:
    """Return the variables of a step's own, and the secrets among them.

    A value made of a secret is as secret as the secret itself.
    Errors: EvaluationError.
    """
    if not env:
        return {}, ()
    names = _with_secrets(request)
    variables = {}
    masks: list[str] = []
    for name, value in env.items():
        variables[name] = as_text(render(value, names))
        used = _secrets_in(value, request.secrets)
        if used:
            masks += (*used, variables[name])
    return variables, tuple(mask.encode("utf-8", "surrogateescape") for mask in masks)


def _with_secrets(request: ActionRequest) -> Mapping[str, Json]:
    inputs = request.names.get("inputs")
    if not request.secrets or not isinstance(inputs, Mapping):
        return request.names
    return {**request.names, "inputs": {**inputs, **request.secrets}}


def _secrets_in(value: Value, secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets a value reads; a path that ends at `inputs` may read any of them."""
    paths = {path[:2] for expression in expressions(value) for path in expression.reads}
    return tuple(
        text for name, text in secrets.items() if ("inputs", name) in paths or ("inputs",) in paths
    )


def _folder(cwd: Value | None, request: ActionRequest) -> Path:
    written = None if cwd is None else render(cwd, request.names)
    if written is None or written == "":
        return request.project
    folder = request.project / as_text(written)
    try:
        is_folder = folder.is_dir()
    except ValueError:
        is_folder = False
    if not is_folder:
        raise CannotStart(f"the folder '{as_text(written)}' does not exist")
    return folder
