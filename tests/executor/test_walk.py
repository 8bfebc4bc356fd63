"""The order in which the steps of a run are walked."""

from collections.abc import Callable
from typing import Any

from treadle.executor.walk import sequences_begun, walk

FLOW = """
steps:
  - id: loop
    type: do-while
    condition: true
    max_iterations: 2
    steps:
      - id: each
        type: fan-out
        items: [a, b]
        max_concurrency: 2
        step: {id: item, type: shell, run: x}
  - {id: last, type: shell, run: x}
"""


def test_outer_steps_come_first_then_rounds_and_items_in_turn(world: Callable[..., Any]) -> None:
    here = world(FLOW)
    here.start()
    assert [
        "/loop",
        "/loop/r1/each",
        "/loop/r1/each/i0/item",
        "/loop/r1/each/i1/item",
        "/loop/r2/each",
        "/loop/r2/each/i0/item",
        "/loop/r2/each/i1/item",
        "/last",
    ] == [occurrence.address for occurrence in walk(here.run)]
    assert ["/last"] == [occurrence.address for occurrence in walk(here.run, first=1)]
    assert ("/loop/r1", "/loop/r2") == sequences_begun(here.run, here.run.occurrences["/loop"])


def test_what_has_not_begun_is_left_out(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world(FLOW, fails_at("/loop/r1/each/i0/item"))
    here.start()
    found = [occurrence.address for occurrence in walk(here.run)]
    assert ("/loop", False) == (found[0], "/last" in found)
