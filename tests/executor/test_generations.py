"""Numbers and keys that are never used twice at an address."""

from collections.abc import Callable
from typing import Any

from treadle.executor.generations import idempotency_key, next_attempt
from treadle.executor.rewind import cut


def test_going_back_once_more_gives_one_more_key(world: Callable[..., Any]) -> None:
    here = world("steps: [{id: a, type: shell, run: x}]")
    before = here.start()
    once = cut(before, ("/a",)).run
    assert (2, 2) == (next_attempt(before, "/a"), next_attempt(once, "/a"))
    assert idempotency_key(before, "/a") != idempotency_key(once, "/a")
    assert idempotency_key(before, "/b") == idempotency_key(once, "/b")


def test_a_step_that_never_gave_a_final_result_keeps_its_key(
    world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    here = world("steps: [{id: a, type: shell, run: x}]", fails_at("/a"))
    before = here.start()
    once = cut(before, ("/a",)).run
    assert (2, 2) == (next_attempt(before, "/a"), next_attempt(once, "/a"))
    assert idempotency_key(before, "/a") == idempotency_key(once, "/a")
