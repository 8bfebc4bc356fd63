"""What a worker does with the order of a step, without any server."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("temporalio")

from tests.executor.temporal.conftest import plan_of
from treadle.executor.local.guardian import Guardian
from treadle.executor.ports import ActionResult, Cancellation, Outcome
from treadle.executor.temporal.activities import Workplace, carry_out, log_folder
from treadle.executor.temporal.messages import Order, Secret
from treadle.plan.codec import fields_to_json

Carry = Callable[..., ActionResult]
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def order(run: str, **changes: Any) -> Order:
    plan = plan_of(
        f"""
inputs: {{token: {{type: string, secret: true, required: true}}}}
steps: [{{id: one, type: shell, run: '{run}', env: {{TOKEN: "{{{{ inputs.token }}}}"}}}}]
"""
    )
    fields: dict[str, Any] = {
        "run_id": "r1",
        "address": "/one",
        "attempt": 1,
        "log": 7,
        "idempotency_key": "key",
        "step": fields_to_json(plan.steps[0]),
        "names": {"inputs": {}, "steps": {}, "item": None},
        "secrets": {"token": Secret(source="token", is_required=True)},
        "project": "/elsewhere/project",
    }
    return Order(**(fields | changes))


@pytest.fixture
def carry(tmp_path: Path) -> Carry:
    """Return what carries out an order in a project of its own."""

    def done(wanted: Order, secrets: Mapping[str, str] | None = None) -> ActionResult:
        workplace = Workplace(
            projects=(tmp_path,),
            environment=ENVIRONMENT,
            threads=ThreadPoolExecutor(1),
            guardian=Guardian(tmp_path / "groups"),
            secrets=secrets if secrets is not None else {"token": "s3cr3t"},
        )
        try:
            return carry_out(wanted, workplace, Cancellation())
        finally:
            workplace.guardian.close()

    return done


def test_a_step_gets_the_secret_of_the_worker(carry: Carry, tmp_path: Path) -> None:
    result = carry(order('test "$TOKEN" = s3cr3t && pwd'))
    assert (Outcome.COMPLETED, f"{tmp_path}\n") == (result.outcome, result.output["stdout"])
    assert f"{tmp_path}\n" == (log_folder(tmp_path, "r1") / "000007.out").read_text()
    assert "*\n" == (tmp_path / ".treadle" / ".gitignore").read_text()


def test_a_step_whose_secret_the_worker_does_not_have_has_failed(carry: Carry) -> None:
    result = carry(order("true"), secrets={})
    assert (Outcome.FAILED, "the worker does not have the secret 'token' [TR870]") == (
        result.outcome,
        result.error,
    )


def test_a_secret_that_may_be_left_out_is_empty(carry: Carry) -> None:
    optional = {"token": Secret(source="token", is_required=False)}
    result = carry(order('test -z "$TOKEN"', secrets=optional), secrets={})
    assert (Outcome.COMPLETED, None) == (result.outcome, result.error)


def test_the_folder_of_the_workflow_is_looked_for_in_the_project_of_the_worker(
    carry: Carry, tmp_path: Path
) -> None:
    wanted = order("echo $SPECKIT_WORKFLOW_DIR", workflow_dir="/elsewhere/project/flows")
    assert f"{tmp_path}/flows\n" == carry(wanted).output["stdout"]
    wanted = order("echo $SPECKIT_WORKFLOW_DIR", workflow_dir="/somewhere/else")
    assert "/somewhere/else\n" == carry(wanted).output["stdout"]


def test_a_run_finds_its_project_by_path_then_by_name(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    workplace = Workplace(
        projects=(one, two),
        environment={},
        threads=ThreadPoolExecutor(1),
        guardian=Guardian(tmp_path / "groups"),
    )
    assert [two, two, one] == [
        workplace.project(named) for named in (str(two), "/elsewhere/two", "/elsewhere/three")
    ]
