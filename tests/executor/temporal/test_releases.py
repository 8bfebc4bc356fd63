"""Workers of several releases: old runs finish on new workers, and no worker fails a run."""

import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

pytest.importorskip("temporalio")

from tests.executor.temporal.conftest import Crew, plan_of, wait_until
from tests.temporal_server import PROGRAM, needs_temporal
from treadle.executor.errors import Refused
from treadle.executor.event_json import to_json
from treadle.executor.events import RunCreated
from treadle.executor.state import RunStatus
from treadle.executor.temporal.course import plan_to_data
from treadle.executor.temporal.messages import Limits, Opening, plain

pytestmark = needs_temporal
STEPS = """
steps:
  - {id: first, type: shell, run: "echo $RELEASE >> releases"}
  - {id: ask, type: gate, message: "go on?"}
  - {id: last, type: shell, run: "echo $RELEASE >> releases"}
"""


def make_current(crew: Crew, build_id: str) -> None:
    """Let new work go to the workers of a release, as an operator would."""
    words = [PROGRAM, "worker", "deployment", "set-current-version", "--yes"]
    words += ["--deployment-name", crew.queue, "--build-id", build_id]
    words += ["--address", crew.server.address]
    quiet = subprocess.DEVNULL

    def is_done() -> bool:
        # The server hears of a release when the first of its workers asks for work.
        done = subprocess.run(words, stdin=quiet, stdout=quiet, stderr=quiet, check=False)
        return done.returncode == 0

    wait_until(is_done)


def test_a_run_that_one_release_has_begun_is_finished_by_the_next(crew: Crew) -> None:
    deployment = ("--deployment", crew.queue, "--build-id")
    crew.hire(1, *deployment, "old", RELEASE="old")
    make_current(crew, "old")
    begun = crew.site().start(plan_of(STEPS), {}, host=crew.host)
    assert (RunStatus.PAUSED, ["old"]) == (begun.run.status, crew.lines("releases"))
    crew.dismiss()
    crew.hire(1, *deployment, "new", RELEASE="new")
    make_current(crew, "new")
    rested = crew.site().resume(begun.run.id, {}, host=crew.host, choices=["approve"])
    assert (RunStatus.COMPLETED, ["old", "new"]) == (rested.run.status, crew.lines("releases"))


@pytest.mark.parametrize(
    ("of_plan", "of_opening", "told"),
    [
        ({"format": 99}, {}, "plan format 99 is not known to this version"),
        ({"digest": "0" * 64}, {}, "the plan was changed after it was compiled"),
        ({}, {"format": 99}, "it has format 99"),
    ],
)
def test_what_a_later_release_has_begun_fails_the_worker_and_not_the_run(
    crew: Crew, of_plan: Mapping[str, Any], of_opening: Mapping[str, Any], told: str
) -> None:
    crew.hire()
    plan = plan_of(STEPS)
    created = RunCreated(
        run_id="r1",
        at="2026-11-22T00:00:00+00:00",
        plan_digest=plan.digest,
        inputs={},
        lenient=False,
    )
    opening = Opening(
        plan={**plan_to_data(plan), **of_plan},
        limits=Limits(),
        project=str(crew.project),
        created=to_json(created),
    )
    run_id = f"later-{crew.queue}"

    async def begin(client: Any) -> None:
        message = {**plain(opening), **of_opening}
        await client.start_workflow("flow", message, id=run_id, task_queue=crew.queue)

    crew.ask(begin)
    with pytest.raises(Refused) as refused:
        crew.site().load(run_id, host=crew.host)
    (reason,) = refused.value.problems
    assert ("TR875", True, True) == (
        reason.code,
        "another release has begun the run: " in reason.message,
        reason.message.endswith("[TR887]"),
    )
    assert told in reason.message

    async def status(client: Any) -> str:
        described = await client.get_workflow_handle(run_id).describe()
        return str(described.status.name)

    assert "RUNNING" == crew.ask(status)
