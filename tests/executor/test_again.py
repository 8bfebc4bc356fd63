"""What going back to a step means, for the person who is to allow it."""

from collections.abc import Callable
from typing import Any

from treadle.executor.again import returning
from treadle.executor.rewind import cut

FLOW = """
steps:
  - {id: setup, type: shell, run: x}
  - {id: build, type: shell, run: x}
  - id: each
    type: fan-out
    items: "{{ steps.build.output.stdout | split(',') }}"
    step: {id: test, type: shell, run: 'x {{ steps.setup.output.stdout | shquote }}'}
  - {id: all, type: fan-in, wait_for: [each], output: {n: "{{ steps.build.status }}"}}
"""


def test_what_runs_again_says_what_it_reads_and_how_often_it_ran(world: Callable[..., Any]) -> None:
    here = world(FLOW)
    here.start()
    found = returning(cut(here.run, ("/build",)))
    assert ("/setup",) == found.kept
    assert [
        ("/build", 1, (), ()),
        ("/each", 0, ("build",), ()),
        ("/each/i0/test", 1, ("setup",), ("setup",)),
        ("/all", 0, ("each", "build"), ()),
    ] == [(a.address, a.attempts, a.reads, a.reads_kept) for a in found.again]
