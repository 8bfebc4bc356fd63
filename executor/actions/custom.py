"""Performs a step whose type a package brings, in a thread that can be left behind.

A function cannot be ended from outside. It is asked to stop, and has a grace to do so; after that
the attempt is given up, and what the function still does is nobody's any more.
"""

import json
import threading
import time
import traceback
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any

from msgspec import Struct, field

from treadle.executor.actions.masking import MASK, Mask
from treadle.executor.actions.setting import own_variables, variables_of
from treadle.executor.errors import Refused
from treadle.executor.ports import CANCELLED, ActionRequest, ActionResult, Outcome, failed
from treadle.executor.step_type import StepFailed, StepRequest, StepType
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import render
from treadle.plan.expression import Json
from treadle.plan.json_text import parse_json
from treadle.plan.output_check import misfit
from treadle.plan.steps import CustomStep

LONGEST_ERROR = 1000


class Signal(Struct):
    """What tells a function to stop. See `step_type.Stop`."""

    _event: threading.Event = field(default_factory=threading.Event)

    @property
    def is_set(self) -> bool:
        """Whether to stop now."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait, at most so long, and return whether to stop. Units: seconds."""
        return self._event.wait(seconds)

    def set(self) -> None:
        """Tell it to stop."""
        self._event.set()


class _Log:
    """The log of one attempt; once the attempt is given up, nothing is added to it."""

    def __init__(self, request: ActionRequest, secrets: tuple[bytes, ...]) -> None:
        self._request = request
        self._mask = Mask(secrets)
        self._lock = threading.Lock()
        self._is_open = True

    def line(self, text: str) -> None:
        self.write("stdout", text)

    def write(self, stream: str, text: str) -> None:
        data = f"{text}\n".encode("utf-8", "backslashreplace")
        with self._lock:
            if self._is_open:
                # Whole lines only are fed, so that no line waits for the next one.
                self._request.log.write(stream, self._mask.feed(data) + self._mask.finish())

    def close(self) -> bool:
        """Take nothing more, and return whether a secret was masked."""
        with self._lock:
            self._is_open = False
            return self._mask.has_masked


class _Ended(Struct, frozen=True):
    """What a function came to: what it returned, or what it raised."""

    value: object = None
    error: BaseException | None = None


def run_custom(step: CustomStep, request: ActionRequest) -> ActionResult:
    """Have a step type perform a step.

    Errors: EvaluationError.
    """
    try:
        found = request.find_step_type(step.type)
    except Refused as refused:
        return failed(error_text("TR820", reason=str(refused)))
    if found is None or found.signature().digest != step.schemas:
        return failed(error_text("TR745" if found is None else "TR746", type=step.type))
    given = {name: render(value, request.names) for name, value in step.input.items()}
    fault = _violation(found.input_schema, given)
    if fault is not None:
        return failed(error_text("TR821", reason=fault))
    variables, masks = variables_of(step.env, request)
    log, stop = _Log(request, masks), Signal()
    asked = StepRequest(
        input=given,
        environment={**request.environment, **variables, **own_variables(request)},
        project=request.project,
        workflow_dir=request.workflow_dir,
        run_id=request.run_id,
        address=request.address,
        attempt=request.attempt,
        idempotency_key=request.idempotency_key,
        stop=stop,
        log=log.line,
    )
    ended = _watched(found, asked, request, timeout_s=step.timeout_s, stop=stop)
    result = _judged(ended, step, log, grace_s=found.grace_s)
    return _masked(result, masks, has_masked=log.close())


def _watched(
    found: StepType,
    asked: StepRequest,
    request: ActionRequest,
    *,
    timeout_s: float | None,
    stop: Signal,
) -> "_Ended | Outcome | None":
    """Return what a function came to; CANCELLED or, when its time was up, FAILED; else None.

    None stands for one that was given up.
    """
    arrived: SimpleQueue[_Ended | None] = SimpleQueue()

    def perform() -> None:
        try:
            arrived.put(_Ended(value=found.perform(asked)))
        # A package may raise anything, and it must cost its step only.
        except BaseException as error:
            arrived.put(_Ended(error=error))

    def wake() -> None:
        stop.set()
        arrived.put(None)

    request.cancellation.on_cancel(wake)
    # A daemon: a function that never ends must not keep the process.
    threading.Thread(target=perform, name=f"step {request.address}", daemon=True).start()
    try:
        first = _next(arrived, timeout_s)
        if first is not None:
            return first
        is_cancelled = request.cancellation.is_set
        stop.set()
        late = _late(arrived, request, grace_s=found.grace_s)
    finally:
        request.cancellation.forget(wake)
    if is_cancelled:
        return Outcome.CANCELLED
    return Outcome.FAILED if late is not None else None


def _next(arrived: "SimpleQueue[_Ended | None]", longest_s: float | None) -> _Ended | None:
    try:
        return arrived.get(timeout=longest_s)
    except Empty:
        return None


def _late(
    arrived: "SimpleQueue[_Ended | None]", request: ActionRequest, *, grace_s: float
) -> _Ended | None:
    """Wait for a function that was asked to stop, for its grace or until it is to be killed."""
    end = time.monotonic() + grace_s
    while not request.cancellation.is_kill:
        left = end - time.monotonic()
        if left <= 0:
            return None
        found = _next(arrived, left)
        if found is not None:
            return found
    return None


def _judged(
    ended: _Ended | Outcome | None, step: CustomStep, log: _Log, *, grace_s: float
) -> ActionResult:
    limit = f"{step.timeout_s:g}" if step.timeout_s is not None else ""
    match ended:
        case Outcome.CANCELLED:
            return CANCELLED
        case None:
            return failed(error_text("TR823", timeout_s=limit, grace_s=f"{grace_s:g}"))
        case _Ended(error=None):
            return _completed(ended.value, step)
        case _Ended():
            return _raised(ended.error, log)
        case _:
            return failed(error_text("TR804", timeout_s=limit))


def _completed(value: object, step: CustomStep) -> ActionResult:
    """Check what a function returned; what is kept is a copy, which nobody else can change."""
    if not isinstance(value, Mapping):
        found = type(value).__name__
        return failed(error_text("TR822", reason=f"it is no mapping but {found}"))
    try:
        output = parse_json(_json(value))
    except (ValueError, TypeError, RecursionError) as error:
        return failed(error_text("TR822", reason=f"it is no JSON: {error}"))
    fault = _violation(step.output_schema, output)
    if fault is not None:
        return failed(error_text("TR822", reason=fault))
    assert isinstance(output, dict)
    return ActionResult(outcome=Outcome.COMPLETED, output=output)


def _json(value: Mapping[Any, Any]) -> str:
    names = [name for name in value if not isinstance(name, str)]
    if names:
        raise ValueError(f"the name {names[0]!r} of a member is not text")
    return json.dumps(value, allow_nan=False, default=_as_mapping)


def _as_mapping(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _raised(error: BaseException | None, log: _Log) -> ActionResult:
    if isinstance(error, StepFailed):
        return failed(error_text("TR820", reason=_sentence(str(error)) or "no reason was given"))
    assert error is not None
    log.write("stderr", "".join(traceback.format_exception(error)).rstrip("\n"))
    told = _sentence(str(error))
    name = type(error).__name__
    return failed(error_text("TR820", reason=f"{name}: {told}" if told else name))


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_ERROR else f"{words[:LONGEST_ERROR]}…"


def _violation(schema: Mapping[str, Json], value: Json) -> str | None:
    fault = misfit(value, schema)
    if fault is None:
        return None
    place, clause = fault
    return f"'{place.lstrip('.')}' {clause}" if place else f"it {clause}"


def _masked(result: ActionResult, masks: tuple[bytes, ...], *, has_masked: bool) -> ActionResult:
    """Return a result without the secrets that the step was given."""
    words = sorted({mask.decode("utf-8", "surrogateescape") for mask in masks if mask}, key=len)
    output = _without(result.output, words)
    error = _without(result.error, words)
    is_masked = has_masked or output != result.output or error != result.error
    assert isinstance(output, dict)
    return ActionResult(
        outcome=result.outcome,
        output=output,
        error=error if isinstance(error, str) else None,
        secrets_masked=is_masked,
    )


def _without(value: Json, words: list[str]) -> Json:
    if not words:
        return value
    if isinstance(value, str):
        for word in reversed(words):
            value = value.replace(word, MASK.decode())
        return value
    if isinstance(value, Mapping):
        return {name: _without(member, words) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without(item, words) for item in value]
    return value
