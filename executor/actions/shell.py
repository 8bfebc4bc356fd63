"""Runs a line of shell.

The output always has `exit_code`, `stdout` and `stderr`, also when nothing could be started.
"""

from collections.abc import Mapping

from msgspec import Struct

from treadle.executor.actions.data import BadData, data, keep_stdout, promises_data
from treadle.executor.actions.process import (
    CannotStart,
    Ended,
    Running,
    Spawn,
    begin,
    run,
)
from treadle.executor.actions.pump import End, Poller
from treadle.executor.actions.setting import NOT_STARTED, WORKFLOW_DIR, setting
from treadle.executor.ports import CANCELLED, ActionRequest, ActionResult, Outcome
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import render
from treadle.plan.expression import Json
from treadle.plan.steps import ShellStep
from treadle.plan.text import as_text

_SHELL = "/bin/sh"


class Begun(Struct, frozen=True):
    """A line of shell at work."""

    step: ShellStep
    running: Running

    def result(self) -> ActionResult:
        """Return what it printed, when it is over. Errors: what the log raised."""
        return _result(self.step, self.running.end())


class Ready(Struct, frozen=True):
    """A line of shell that can be started."""

    step: ShellStep
    spawn: Spawn

    def begin(self, request: ActionRequest, poller: Poller) -> Begun | ActionResult:
        """Start the line and return at once; its result when there is nothing to wait for."""
        try:
            return Begun(self.step, begin(self.spawn, request, poller))
        except CannotStart as error:
            return _not_started(error)


def run_shell(step: ShellStep, request: ActionRequest) -> ActionResult:
    """Run the line in the calling thread and return what it printed.

    Errors: EvaluationError.
    """
    what = what_to_start(step, request)
    if isinstance(what, ActionResult):
        return what
    try:
        ended = run(what, request)
    except CannotStart as error:
        return _not_started(error)
    return _result(step, ended)


def what_to_start(step: ShellStep, request: ActionRequest) -> Spawn | ActionResult:
    """Return the program that a line of shell is, or the result of a line that is none.

    Errors: EvaluationError.
    """
    line = render(step.run, request.names)
    if line is None:
        return _failed(NOT_STARTED, error_text("TR802", key="run"))
    try:
        return _spawn(step, as_text(line), request)
    except CannotStart as error:
        return _not_started(error)


def _not_started(error: CannotStart) -> ActionResult:
    output: dict[str, Json] = {"exit_code": -1, "stdout": "", "stderr": error.reason}
    return _failed(output, error_text("TR813", reason=error.reason))


def _spawn(step: ShellStep, line: str, request: ActionRequest) -> Spawn:
    place = setting(step, request)
    environment = dict(place.environment)
    environment.pop(WORKFLOW_DIR, None)
    if request.workflow_dir is not None:
        environment[WORKFLOW_DIR] = request.workflow_dir
    return Spawn(
        argv=(_SHELL, "-c", line),
        cwd=place.cwd,
        environment=environment,
        timeout_s=step.timeout_s,
        keep_stdout=keep_stdout(step),
        keep_stderr=step.capture_max_bytes,
        masks=place.masks,
    )


def _result(step: ShellStep, ended: Ended) -> ActionResult:
    masked = ended.secrets_masked
    if ended.end is End.CANCELLED:
        return CANCELLED
    if ended.end is End.TIMED_OUT:
        error = error_text("TR804", timeout_s=f"{step.timeout_s:g}")
        return _failed({"exit_code": -1, "stdout": "", "stderr": "timeout"}, error, masked=masked)
    output = _output(step, ended)
    if ended.exit_code != 0:
        error = error_text("TR803", exit_code=ended.exit_code)
        return _failed(output, error, masked=masked)
    if promises_data(step):
        try:
            output["data"] = data(ended.stdout, step.output_schema)
        except BadData as bad:
            return _failed(output, bad.error, masked=masked)
    return ActionResult(outcome=Outcome.COMPLETED, output=output, secrets_masked=masked)


def _output(step: ShellStep, ended: Ended) -> dict[str, Json]:
    limit = step.capture_max_bytes
    output: dict[str, Json] = {
        "exit_code": ended.exit_code,
        "stdout": ended.stdout.text(limit),
        "stderr": ended.stderr.text(limit),
    }
    if ended.stdout.is_cut(limit):
        output["stdout_truncated"] = True
    if ended.stderr.is_cut(limit):
        output["stderr_truncated"] = True
    return output


def _failed(output: Mapping[str, Json], error: str, *, masked: bool = False) -> ActionResult:
    return ActionResult(outcome=Outcome.FAILED, output=output, error=error, secrets_masked=masked)
