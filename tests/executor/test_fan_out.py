"""Fan-outs: when items begin, and what they see of each other."""

from collections.abc import Callable
from typing import Any

import pytest

from treadle.executor.names import names
from treadle.executor.state import RunStatus

GATES = """
steps:
  - id: each
    type: fan-out
    items: [a, b, c, d]
    max_concurrency: 3
    step:
      id: pick
      type: if
      condition: "{{ item == 'a' }}"
      then: [{id: ask, type: gate, message: "Go on with {{ item }}?"}]
      else: [{id: work, type: shell, run: x}]
"""
NOTHING_TO_DO = """
steps:
  - id: each
    type: fan-out
    items: [a, b, c, d, e]
    max_concurrency: 2
    step: {id: pick, type: if, condition: false, then: [{id: never, type: shell, run: x}]}
"""
NESTED = """
steps:
  - {id: before, type: shell, run: x}
  - id: outer
    type: fan-out
    items: [1, 2]
    step:
      id: inner
      type: fan-out
      items: [a, b, c]
      step: {id: leaf, type: shell, run: x}
"""


def test_the_gate_of_an_item_stops_none_of_those_that_may_be_at_work_beside_it(
    world: Callable[..., Any],
) -> None:
    here = world(GATES)
    assert here.start().status is RunStatus.PAUSED
    assert here.performed == [f"/each/i{n}/pick/else/work" for n in (1, 2)]
    assert here.resume({"/each/i0/pick/then/ask": "approve"}).status is RunStatus.COMPLETED
    assert here.performed[2:] == ["/each/i3/pick/else/work"]


def test_items_that_have_nothing_to_do_are_recorded_in_their_order(
    world: Callable[..., Any],
) -> None:
    run = world(NOTHING_TO_DO).start()
    assert run.status is RunStatus.COMPLETED
    ended = [address for address in reversed(list(run.history)) if address.endswith("/pick")]
    assert ended == [f"/each/i{n}/pick" for n in range(5)]


def test_a_fan_out_that_allows_more_than_a_turn_can_start_starts_them_in_turns(
    world: Callable[..., Any],
) -> None:
    here = world(NOTHING_TO_DO.replace("[a, b, c, d, e]", str(list(range(700)))).replace(
        "max_concurrency: 2", "max_concurrency: 1000"
    ).replace("condition: false, then", "condition: true, then"))  # fmt: skip
    here.start_event()
    assert len(here.pending) <= 700
    assert here.work().status is RunStatus.COMPLETED
    assert len(here.performed) == 700


@pytest.mark.parametrize("number", [0, 1])
def test_an_item_sees_what_stood_before_and_nothing_of_the_others(
    world: Callable[..., Any], number: int
) -> None:
    run = world(NESTED).start()
    seen = names(run, f"/outer/i{number}/inner/i1")["steps"]
    own = f"outer:inner:{number}"
    assert sorted(seen) == sorted(["before", "outer", "inner", "leaf", own, f"{own}:leaf:1"])
    assert (len(seen), f"{own}:leaf:0" in seen) == (6, False)
    assert {"outer:inner:0", "outer:inner:1"} < set(names(run, "")["steps"])


def test_a_loop_that_failed_when_it_looked_is_at_work_again_after_a_resume(
    world: Callable[..., Any],
) -> None:
    here = world(
        """
inputs: {text: {type: string, default: "not json"}}
steps:
  - id: again
    type: do-while
    condition: "{{ inputs.text | from_json }}"
    max_iterations: 3
    steps: [{id: a, type: shell, run: x}]
  - {id: after, type: if, condition: "{{ steps.again.status == 'failed' }}",
     then: [{id: wrong, type: shell, run: x}]}
"""
    )
    assert here.start(text="not json").status is RunStatus.FAILED
    run = here.resume(text="false")
    again = run.occurrences["/again"]
    assert (run.status, again.status, again.error) == (RunStatus.COMPLETED, "completed", None)
    assert here.performed == ["/again/r1/a"]
