"""The limit of step processes: a turn for everybody, and no turn for what is cancelled."""

import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from treadle.compiler import compile_text
from treadle.executor.local import slots
from treadle.executor.local.host import Host
from treadle.executor.local.process_limit import limited, slot_folder
from treadle.executor.local.session import start
from treadle.executor.ports import ActionRequest, ActionResult, Cancellation, Outcome
from treadle.executor.state import RunStatus

DONE = ActionResult(outcome=Outcome.COMPLETED, output={})
FAN = """
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - id: each
    type: fan-out
    items: [1, 2, 3, 4, 5, 6]
    max_concurrency: 6
    step:
      id: alone
      type: shell
      timeout: 10
      run: 'mkdir busy && sleep 0.02 && rmdir busy'
"""


def still() -> str:
    """Return the time of a clock that stands."""
    return "2026-01-01T00:00:00.000+00:00"


@pytest.fixture
def request_of(tmp_path: Path) -> Any:
    def make(cancellation: Cancellation) -> ActionRequest:
        unused: Any = None
        return ActionRequest(
            step=unused,
            address="/a",
            attempt=1,
            run_id="r1",
            idempotency_key="k",
            names={},
            secrets={},
            environment={},
            project=tmp_path,
            workflow_dir=None,
            log=unused,
            echo=unused,
            cancellation=cancellation,
            register=unused,
        )

    return make


def test_without_a_limit_nothing_is_wrapped(tmp_path: Path) -> None:
    def perform(request: ActionRequest) -> ActionResult:
        return DONE

    assert limited(perform, None, tmp_path, clock=still) is perform


def test_steps_that_may_not_meet_do_not(tmp_path: Path) -> None:
    plan = compile_text(FAN, path="flow.yml").plan
    assert plan is not None
    environment = {"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    host = Host(project=tmp_path, environment=environment, max_processes=1)
    assert RunStatus.COMPLETED is start(plan, {}, host=host).run.status


def test_what_is_cancelled_stops_waiting(tmp_path: Path, request_of: Any) -> None:
    slot = slots.take(tmp_path, 1)
    assert slot is not None
    cancellations = [Cancellation(), Cancellation()]
    perform = limited(lambda request: DONE, 1, tmp_path, clock=still)
    results: list[ActionResult] = []
    threads = [
        threading.Thread(target=lambda c=c: results.append(perform(request_of(c))))
        for c in cancellations
    ]
    for thread in threads:
        thread.start()
    for cancellation in cancellations:
        cancellation.cancel()
    for thread in threads:
        thread.join()
    slot.release()
    assert [Outcome.CANCELLED] * 2 == [result.outcome for result in results]
    assert DONE == perform(request_of(Cancellation()))


def test_what_waited_tells_when_it_began(tmp_path: Path, request_of: Any) -> None:
    times = iter(["2026-01-01T00:00:00.000+00:00", "2026-01-01T00:00:07.000+00:00"])
    perform = limited(lambda request: DONE, 1, tmp_path, clock=lambda: next(times))
    expected = replace(DONE, began_at="2026-01-01T00:00:07.000+00:00")
    assert expected == perform(request_of(Cancellation()))


def test_a_step_lasts_from_when_it_began(tmp_path: Path) -> None:
    plan = compile_text(FAN, path="flow.yml").plan
    assert plan is not None
    ticks = count()

    def clock() -> str:
        return f"2026-01-01T00:00:00.{next(ticks):03}+00:00"

    environment = {"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    host = Host(project=tmp_path, environment=environment, max_processes=1, clock=clock)
    run = start(plan, {}, host=host).run
    began = sorted(run.occurrences[f"/each/i{n}/alone"].started_at for n in range(6))
    assert len(set(began)) == len(began)


def test_a_folder_that_cannot_be_made_limits_nothing(tmp_path: Path, request_of: Any) -> None:
    (tmp_path / "file").write_text("")
    perform = limited(lambda request: DONE, 1, tmp_path / "file" / "below", clock=still)
    assert DONE == perform(request_of(Cancellation()))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/h"}, "/run/user/1/treadle/processes"),
        ({"HOME": "/h"}, "/h/.cache/treadle/processes"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "/c/treadle/processes"),
    ],
)
def test_the_slots_are_those_of_the_user(environment: dict[str, str], expected: str) -> None:
    assert Path(expected) == slot_folder(environment)
