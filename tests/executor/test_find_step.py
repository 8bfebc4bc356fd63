"""The names that stand for a step of a run."""

from collections.abc import Callable
from typing import Any

import pytest

from treadle.executor.errors import Refused
from treadle.executor.find_step import find_step

FLOW = """
steps:
  - {id: first, type: shell, run: x}
  - id: loop
    type: do-while
    condition: true
    max_iterations: 2
    steps: [{id: one, type: shell, run: x}]
  - id: each
    type: fan-out
    items: [a, b]
    step: {id: item, type: shell, run: x}
"""


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("first", "/first"),
        ("/first", "/first"),
        ("loop", "/loop"),
        ("loop:one:1", "/loop/r2/one"),
        ("/loop/r1", "/loop/r1/one"),
        ("/loop/r1/one", "/loop/r1/one"),
        ("each:item:1", "/each/i1/item"),
        ("/each/i0", "/each/i0/item"),
    ],
)
def test_a_step_goes_by_its_address_and_its_ids(
    world: Callable[..., Any], name: str, address: str
) -> None:
    here = world(FLOW)
    here.start()
    assert address == find_step(here.run, name).address


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("one", "TR937", "'one' is 2 steps of the run: /loop/r1/one, /loop/r2/one"),
        ("/each/item", "TR937", "'/each/item' is 2 steps of the run"),
        ("", "TR936", "the run has not come to a step called ''"),
        ("/", "TR936", "the run has not come to a step called '/'"),
        ("last", "TR936", "the run has not come to a step called 'last'"),
    ],
)
def test_what_is_not_one_step_is_refused(
    world: Callable[..., Any], name: str, code: str, told: str
) -> None:
    here = world(FLOW)
    here.start()
    with pytest.raises(Refused) as refused:
        find_step(here.run, name)
    (reason,) = refused.value.problems
    assert code == reason.code
    assert told in reason.message
