"""Snapshots of a run's state: what comes back, what is left out, what is not written at all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from treadle.compiler import compile_file
from treadle.executor.events import StepStatus
from treadle.executor.program import Program
from treadle.executor.snapshot import decoded, encoded, without_done_items
from treadle.executor.state import Run
from treadle.plan.expression import Json

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'
FAN_OUT = """
steps:
  - {id: a, type: shell, run: x}
  - id: fan
    type: fan-out
    max_concurrency: 2
    items: [{n: 1}, {n: 2}, {n: 3}]
    step: {id: t, type: shell, run: "x {{ item.n }}"}
  - {id: in, type: fan-in, wait_for: [fan, a]}
  - {id: ask, type: gate, message: Go on}
"""


def again(run: Run) -> Run:
    body = encoded(run)
    assert body is not None
    return decoded(run.program, body)


def test_a_state_comes_back_without_the_names_of_items_that_are_done(
    world: Callable[..., Any],
) -> None:
    run = world(FAN_OUT).start()
    read = again(run)
    assert read == without_done_items(run)
    assert len(run.scopes["/fan/i1"].names) == 4
    assert (len(read.scopes["/fan/i1"].names), read.scopes["/fan/i1"].parent) == (0, "")
    assert read.scopes[""] == run.scopes[""]


def test_items_at_work_keep_their_names_and_their_item(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    run = world(FAN_OUT, fails_at("/fan/i1/t")).start()
    read = again(run)
    assert read.scopes["/fan/i1"] == run.scopes["/fan/i1"]
    assert read.scopes["/fan/i1"].item == {"n": 2}


def test_collected_outputs_are_the_outputs_themselves(world: Callable[..., Any]) -> None:
    read = again(world(FAN_OUT).start())
    collected: Any = read.occurrences["/fan"].output
    first = read.occurrences["/fan/i0/t"].output
    assert collected["results"][0] is first
    gathered: Any = read.occurrences["/in"].output
    assert gathered["results"] == [collected, read.occurrences["/a"].output]
    assert list(collected) == list(world(FAN_OUT).start().occurrences["/fan"].output)


def test_outputs_that_nothing_else_holds_come_back_as_they_are(world: Callable[..., Any]) -> None:
    def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
        return StepStatus.COMPLETED, {"results": [{"own": 1}, {}, None, "x", 1.0, []]}

    run = world("steps: [{id: a, type: shell, run: x}]", act).start()
    assert again(run) == run


@pytest.mark.parametrize("value", [2**64, "\ud800", [[]] * 3])
def test_a_value_comes_back_or_nothing_is_written(world: Callable[..., Any], value: Any) -> None:
    def act(address: str, attempt: int) -> tuple[StepStatus, Mapping[str, Json]]:
        return StepStatus.COMPLETED, {"stdout": value}

    run = world("steps: [{id: a, type: shell, run: x}]", act).start()
    body = encoded(run)
    assert body is None or decoded(run.program, body) == run
    assert (body is None) == (not isinstance(value, list))


def test_many_names_in_items_at_work_are_not_written(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(
        "steps:\n"
        + "".join(f"  - {{id: s{n}, type: slot, name: n{n}}}\n" for n in range(120))
        + "  - id: fan\n    type: fan-out\n    max_concurrency: 100\n"
        + f"    items: {list(range(100))}\n    step: {{id: t, type: shell, run: x}}\n"
    )
    here.start_event()
    assert encoded(here.run) is None
    here.work()
    assert encoded(here.run) is not None


def test_what_a_called_workflow_does_comes_back(
    make_world: Callable[..., Any], tmp_path: Path
) -> None:
    called = HEADER + FAN_OUT
    caller = "steps: [{id: call, type: workflow, path: ./called.yml}]\n"
    (tmp_path / "called.yml").write_text(called, encoding="utf-8")
    (tmp_path / "flow.yml").write_text(HEADER + caller, encoding="utf-8")
    plan = compile_file(tmp_path / "flow.yml").plan
    assert plan is not None
    run = make_world(Program.of(plan)).start()
    assert sorted(run.sequences) == ["", "/call/w", *(f"/call/w/fan/i{n}" for n in range(3))]
    assert again(run) == without_done_items(run)


def test_a_step_that_is_not_in_the_plan_is_not_written(world: Callable[..., Any]) -> None:
    run = world(FAN_OUT).start()
    other = world(FAN_OUT).program
    assert encoded(replace(run, program=other)) is None


@pytest.mark.parametrize("body", [b"", b"\xc1", msgspec.msgpack.encode([1, 2, 3])])
def test_what_is_no_snapshot_is_an_error(world: Callable[..., Any], body: bytes) -> None:
    with pytest.raises(ValueError):
        decoded(world(FAN_OUT).program, body)


def test_a_snapshot_under_another_plan_is_an_error(world: Callable[..., Any]) -> None:
    body = encoded(world(FAN_OUT).start())
    assert body is not None
    with pytest.raises(KeyError):
        decoded(world("steps: [{id: b, type: shell, run: x}]").program, body)
