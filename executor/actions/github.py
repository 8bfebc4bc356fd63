"""Adds a label to an issue or a pull request through the program ``gh``.

What ``gh`` prints is neither shown nor recorded: it can hold more than the author asked for.
"""

import json

from msgspec.structs import replace

from treadle.executor.actions.process import CannotStart, Discarded, Spawn, run
from treadle.executor.actions.programs import on_path
from treadle.executor.actions.pump import End
from treadle.executor.ports import CANCELLED, ActionRequest, ActionResult, Outcome, failed
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import render
from treadle.plan.expression import Json
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.steps import GithubStep

_PROGRAM = "gh"
_HOST = "https://api.github.com"
_TIMEOUT_S = 60.0
_RESPONSE_LIMIT = 16 * 1024 * 1024
_LABEL_LIMIT = 50
_NUMBER = lazy_pattern(r"[1-9][0-9]{0,17}")
_REPOSITORY = lazy_pattern(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_CONTROL = lazy_pattern(r"[\x00-\x1f\x7f]")


class _Refused(Exception):
    """A request that cannot be made, or an answer that does not fit it."""


class _Cancelled(Exception):
    """The run asked to stop."""


def run_github(step: GithubStep, request: ActionRequest) -> ActionResult:
    """Add the label unless it is there already.

    Errors: EvaluationError.
    """
    program = on_path(_PROGRAM, request.environment, cwd=request.project)
    if program is None:
        return failed(error_text("TR814", program=_PROGRAM))
    try:
        return ActionResult(
            outcome=Outcome.COMPLETED, output=_labelled(step, program, request=request)
        )
    except _Cancelled:
        return CANCELLED
    except (_Refused, CannotStart) as error:
        return failed(error_text("TR815", reason=str(error)))


def _labelled(step: GithubStep, program: str, *, request: ActionRequest) -> dict[str, Json]:
    number = _number(render(step.number, request.names))
    label = _label(render(step.label, request.names))
    repository = _repository(render(step.repository, request.names))
    address = f"{_HOST}/repos/{repository}"
    kind = "pulls" if step.target == "pull_request" else "issues"
    found = _call((program, "api", "--method", "GET", f"{address}/{kind}/{number}"), request)
    is_target = isinstance(found, dict) and found.get("number") == number
    # The list of issues holds pull requests as well.
    is_other_kind = isinstance(found, dict) and step.target == "issue" and "pull_request" in found
    if not isinstance(found, dict) or not is_target or is_other_kind:
        raise _Refused(f"{repository} has no {step.target} {number}")
    is_there = label.casefold() in _label_names(found.get("labels"))
    if not is_there:
        _add(label, program, address=f"{address}/issues/{number}/labels", request=request)
    return {
        "repository": repository,
        "target": step.target,
        "number": number,
        "label": label,
        "added": not is_there,
    }


def _add(label: str, program: str, *, address: str, request: ActionRequest) -> None:
    words = (program, "api", "--method", "POST", address)
    header = ("--header", "Content-Type: application/json", "--input", "-")
    body = json.dumps({"labels": [label]}).encode("ascii")
    labels = _call((*words, *header), request, body=body)
    if label.casefold() not in _label_names(labels):
        raise _Refused(f"GitHub did not add the label '{label}'")


def _call(argv: tuple[str, ...], request: ActionRequest, *, body: bytes = b"") -> Json:
    spawn = Spawn(
        argv=argv,
        cwd=request.project,
        environment=request.environment,
        timeout_s=_limit_s(request),
        keep_stdout=_RESPONSE_LIMIT,
        keep_stderr=0,
        input=body,
    )
    ended = run(spawn, replace(request, log=Discarded()))
    if ended.end is End.CANCELLED:
        raise _Cancelled
    if ended.end is End.TIMED_OUT:
        raise _Refused(f"gh gave no answer within {_limit_s(request):g} s")
    if ended.exit_code != 0:
        raise _Refused(f"gh exited with code {ended.exit_code}")
    try:
        answer: Json = json.loads(ended.stdout.text(_RESPONSE_LIMIT))
    except (ValueError, RecursionError):
        raise _Refused("GitHub's answer is not JSON") from None
    return answer


def _limit_s(request: ActionRequest) -> float:
    """Return how long a call of gh may take: what the step says, or a minute."""
    return request.step.timeout_s if request.step.timeout_s is not None else _TIMEOUT_S


def _number(value: Json) -> int:
    is_number = isinstance(value, int | str) and not isinstance(value, bool)
    if not is_number or not _NUMBER.fullmatch(str(value)):
        raise _Refused("'number' must be a positive integer")
    return int(str(value))


def _repository(value: Json) -> str:
    if not isinstance(value, str) or not _REPOSITORY.fullmatch(value):
        raise _Refused("'repository' must be OWNER/NAME")
    if any(part in (".", "..") for part in value.split("/")):
        raise _Refused("'repository' must be OWNER/NAME")
    return value


def _label(value: Json) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Refused("'label' must be text that is not empty")
    if len(value) > _LABEL_LIMIT or _CONTROL.search(value):
        raise _Refused(f"'label' must be one line of at most {_LABEL_LIMIT} characters")
    return value


def _label_names(labels: Json) -> frozenset[str]:
    if not isinstance(labels, list):
        raise _Refused("GitHub's answer holds no list of labels")
    names = [label.get("name") if isinstance(label, dict) else None for label in labels]
    if not all(isinstance(name, str) for name in names):
        raise _Refused("GitHub's answer holds a label without a name")
    return frozenset(str(name).casefold() for name in names)
