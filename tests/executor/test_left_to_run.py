"""What a run has still to come to, wherever it stands."""

from collections.abc import Callable
from typing import Any

from treadle.executor.left_to_run import left_to_run
from treadle.executor.state import Run, RunStatus
from treadle.plan.known import Known

GATED = """
steps:
  - {id: first, type: shell, run: x}
  - id: pick
    type: if
    condition: "{{ steps.first.output.exit_code == 0 }}"
    then:
      - {id: before, type: shell, run: x}
      - {id: ask, type: gate, message: "?"}
      - {id: after, type: shell, run: x}
    else:
      - {id: other, type: shell, run: x}
  - {id: last, type: shell, run: x}
finally:
  - {id: close, type: shell, run: x}
"""
LOOP = """
steps:
  - id: rounds
    type: do-while
    condition: true
    max_iterations: 3
    steps:
      - {id: build, type: shell, run: x}
      - {id: ask, type: gate, message: "?"}
"""
FAN = """
steps:
  - id: each
    type: fan-out
    items: [a, b, c]
    step: {id: one, type: shell, run: "{{ item }}"}
"""


def left(run: Run) -> list[tuple[str, bool]]:
    known = Known(inputs=run.inputs, missing=frozenset(), workflow_dir="")
    return [(one.step.path, one.is_certain) for one in left_to_run(run, known)]


def test_a_run_at_a_gate_has_the_rest_of_its_branch_before_it(world: Callable[..., Any]) -> None:
    run = world(GATED).start()

    assert [
        ("/pick", True),
        ("/pick/then/ask", True),
        ("/pick/then/after", True),
        ("/last", True),
        ("/finally/close", True),
    ] == left(run)


def test_a_step_that_failed_runs_again(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    run = world(GATED, fails_at("/first")).start()

    assert RunStatus.FAILED is run.status
    assert [("/first", True), ("/pick", True)] == left(run)[:2]
    assert ("/pick/then/before", False) in left(run)


def test_a_loop_may_go_round_again(world: Callable[..., Any]) -> None:
    run = world(LOOP).start()

    assert [
        ("/rounds", True),
        ("/rounds/ask", True),
        ("/rounds/build", False),
        ("/rounds/ask", False),
    ] == left(run)


def test_items_that_have_not_begun_are_left(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    run = world(FAN, fails_at("/each/i1/one")).start()

    known = Known(inputs=run.inputs, missing=frozenset(), workflow_dir="")
    assert ["b", "c"] == [
        one.known.item for one in left_to_run(run, known) if one.step.path == "/each/one"
    ]


def test_a_run_that_closes_has_only_that_before_it(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    live = world(GATED.replace('- {id: ask, type: gate, message: "?"}', ""))
    live.start_event()
    live.work(at_most=4)

    assert live.run is not None
    assert "/finally/l1" == live.run.top
    assert [("/finally/close", True)] == left(live.run)
