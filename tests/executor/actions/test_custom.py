import threading
from collections.abc import Callable

import pytest

from treadle.executor.errors import Refused
from treadle.executor.ports import ActionResult, Outcome
from treadle.executor.step_type import StepFailed, StepRequest, StepType
from treadle.plan.expression import Json, Literal
from treadle.plan.steps import CustomStep

TAKES: dict[str, Json] = {
    "type": "object",
    "properties": {"to": {"type": "string"}},
    "required": ["to"],
}
GIVES: dict[str, Json] = {
    "type": "object",
    "properties": {"id": {"type": "string"}},
    "additionalProperties": False,
}

Perform = Callable[[StepRequest], object]


def notify(perform: Perform, **fields: object) -> StepType:
    given = {"input_schema": TAKES, "output_schema": GIVES, "grace_s": 0.05, **fields}
    return StepType(name="notify", perform=perform, **given)  # type: ignore[arg-type]


def step(**fields: object) -> CustomStep:
    given = {"input": {"to": Literal("ops")}, "env": {}, "output_schema": GIVES, **fields}
    found = notify(lambda request: {}).signature().digest
    return CustomStep(  # type: ignore[misc]  # fields of a step
        id="tell",
        path="/tell",
        type="notify",
        **{"schemas": found, **given},  # type: ignore[arg-type]
    )


@pytest.fixture
def performed(stage) -> Callable[..., ActionResult]:
    def performed(perform: Perform, asked: CustomStep | None = None, **more: object):
        return stage.perform(asked or step(), find_step_type=lambda _: notify(perform), **more)

    return performed


def told(result: ActionResult) -> tuple[Outcome, str | None]:
    return result.outcome, result.error


def test_a_function_gets_its_input_and_what_it_returns_is_the_output(performed, stage) -> None:
    seen: list[StepRequest] = []

    def perform(request: StepRequest) -> object:
        seen.append(request)
        return {"id": "a1"}

    result = performed(perform)
    assert (Outcome.COMPLETED, None) == told(result)
    assert {"id": "a1"} == result.output
    (request,) = seen
    assert {"to": "ops"} == request.input
    assert ("/build", 2, "key-1") == (request.address, request.attempt, request.idempotency_key)
    assert stage.project == request.project
    assert "key-1" == request.environment["TREADLE_IDEMPOTENCY_KEY"]


def test_what_is_kept_is_a_copy(performed) -> None:
    given = {"id": "a1"}
    result = performed(lambda request: given)
    given["id"] = "b2"
    assert {"id": "a1"} == result.output


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        (None, "it is no mapping but NoneType"),
        ("done", "it is no mapping but str"),
        ({"id": 1}, "'id' must be text, not 1"),
        ({"ids": "a"}, "it has unknown keys: 'ids'"),
        ({1: "a"}, "it is no JSON: the name 1 of a member is not text"),
        ({"id": float("nan")}, "it is no JSON: Out of range float values are not JSON compliant"),
        ({"id": {1, 2}}, "it is no JSON: set has no form in JSON"),
        ({"id": "\ud800"}, "it is no JSON: it holds half a surrogate pair, which is no character"),
    ],
)
def test_an_output_that_does_not_fit_fails_the_step(performed, returned, reason: str) -> None:
    result = performed(lambda request: returned)
    assert (Outcome.FAILED, f"the output does not fit: {reason} [TR822]") == told(result)
    assert {} == result.output


def test_an_input_that_does_not_fit_is_not_handed_over(performed) -> None:
    result = performed(pytest.fail, step(input={"to": Literal(17)}))
    assert (
        Outcome.FAILED,
        "the input does not fit: 'to' must be text, not 17 [TR821]",
    ) == told(result)


def test_a_failure_on_purpose_is_told_as_it_was_written(performed, stage) -> None:
    def perform(request: StepRequest) -> object:
        raise StepFailed("nobody  is\nthere")

    assert (Outcome.FAILED, "nobody is there [TR820]") == told(performed(perform))
    assert {} == stage.log.streams


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), SystemExit("by zero")])
def test_any_other_exception_is_named_and_its_traceback_logged(performed, stage, error) -> None:
    def perform(request: StepRequest) -> object:
        raise error

    expected = f"{type(error).__name__}: by zero [TR820]"
    assert (Outcome.FAILED, expected) == told(performed(perform))
    log = stage.log.streams["stderr"].decode()
    assert log.startswith("Traceback (most recent call last):")
    assert log.endswith(f"{type(error).__name__}: by zero\n")


def test_a_secret_is_in_the_environment_and_masked_everywhere_else(performed, stage, read) -> None:
    def perform(request: StepRequest) -> object:
        request.log(f"signing in with {request.environment['TOKEN']}")
        return {"id": f"session of {request.environment['TOKEN']}"}

    asked = step(env={"TOKEN": read("token")})
    result = performed(perform, asked, names={"inputs": {}}, secrets={"token": "s3cret"})
    assert {"id": "session of ***"} == result.output
    assert b"signing in with ***\n" == stage.log.streams["stdout"]
    assert result.secrets_masked


def test_a_step_that_stops_in_time_has_timed_out(performed) -> None:
    stopped = threading.Event()

    def perform(request: StepRequest) -> object:
        while not request.stop.wait(10):
            pass
        stopped.set()
        return {}

    result = performed(perform, step(timeout_s=0.01))
    assert (Outcome.FAILED, "timed out after 0.01 s [TR804]") == told(result)
    assert stopped.is_set()


def test_a_step_that_does_not_stop_is_given_up(performed, stage) -> None:
    go_on, has_ended = threading.Event(), threading.Event()

    def perform(request: StepRequest) -> object:
        go_on.wait(10)
        request.log("I am still here")
        has_ended.set()
        return {}

    result = performed(perform, step(timeout_s=0.01))
    error = "timed out after 0.01 s and went on: given up after another 0.05 s [TR823]"
    assert (Outcome.FAILED, error) == told(result)
    go_on.set()
    assert has_ended.wait(10)
    assert {} == stage.log.streams


@pytest.mark.parametrize("is_kill", [False, True])
def test_a_cancelled_step_is_told_to_stop_and_has_no_result(stage, is_kill: bool) -> None:
    request = stage.request(step())

    def perform(asked: StepRequest) -> object:
        request.cancellation.cancel(kill=is_kill)
        asked.stop.wait(10)
        return {"id": "a1"}

    found = stage.perform(
        step(), cancellation=request.cancellation, find_step_type=lambda _: notify(perform)
    )
    assert (Outcome.CANCELLED, "cancelled") == told(found)


def test_a_type_that_is_gone_or_another_one_fails_the_step(stage) -> None:
    assert (
        Outcome.FAILED,
        "nothing that is installed has the step type 'notify' [TR745]",
    ) == told(stage.perform(step()))
    other = notify(pytest.fail, input_schema={"type": "object"})
    assert (
        Outcome.FAILED,
        "the installed step type 'notify' differs from the one that the plan was made with [TR746]",
    ) == told(stage.perform(step(), find_step_type=lambda _: other))


def test_a_type_that_cannot_be_loaded_fails_the_step(stage) -> None:
    def find(name: str) -> StepType | None:
        raise Refused.because("TR747", type=name, package="treadle-notify", reason="no such module")

    result = stage.perform(step(), find_step_type=find)
    assert Outcome.FAILED == result.outcome
    assert result.error is not None and result.error.endswith("no such module [TR820]")


def test_a_number_of_any_size_survives(stage) -> None:
    gives: dict[str, Json] = {"type": "object"}
    found = notify(lambda request: {"n": 10**40}, output_schema=gives)
    asked = step(output_schema=gives, schemas=found.signature().digest)
    assert {"n": 10**40} == stage.perform(asked, find_step_type=lambda _: found).output
