"""The loop that waits for processes: what it opens ahead, and when it does not sleep."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from treadle.executor.actions import child, pump
from treadle.executor.actions.pump import Poller


def _open_descriptors() -> set[str]:
    return set(os.listdir("/dev/fd"))


@pytest.fixture
def poller() -> Iterator[Poller]:
    poller = Poller()
    yield poller
    poller.close()


def test_pipes_that_were_opened_ahead_are_the_next_ones(poller: Poller) -> None:
    poller.prepare()
    before = _open_descriptors()
    pipes = poller.pipes()
    assert _open_descriptors() == before
    other = poller.pipes()
    assert not {*pipes.stdout, *pipes.stderr} & {*other.stdout, *other.stderr}
    pipes.close()
    other.close()


def test_a_poller_closes_the_pipes_that_nobody_took() -> None:
    before = _open_descriptors()
    poller = Poller()
    poller.prepare()
    poller.prepare()
    assert len(_open_descriptors()) == len(before) + 2 + 4
    poller.close()
    assert _open_descriptors() == before


def test_half_of_the_pipes_is_no_pipes(monkeypatch: pytest.MonkeyPatch, poller: Poller) -> None:
    opened: list[tuple[int, int]] = []
    pipe = os.pipe

    def pipe_once() -> tuple[int, int]:
        if opened:
            raise OSError(24, "Too many open files")
        opened.append(pipe())
        return opened[-1]

    monkeypatch.setattr(child.os, "pipe", pipe_once)
    before = _open_descriptors()
    poller.prepare()  # nobody needs them yet
    assert _open_descriptors() == before
    opened.clear()
    with pytest.raises(OSError, match="Too many open files"):
        poller.pipes()
    assert _open_descriptors() == before


def test_a_poller_that_stays_awake_hears_the_bell(
    monkeypatch: pytest.MonkeyPatch, poller: Poller
) -> None:
    monkeypatch.setattr(pump, "_AWAKE_S", 60.0)
    poller.stay_awake(True)
    threading.Timer(0.05, poller.ring).start()
    begin = time.monotonic()
    poller.turn((), longest_s=90.0)
    assert time.monotonic() - begin < 30.0


def test_a_poller_sleeps_when_the_moment_is_over(
    monkeypatch: pytest.MonkeyPatch, poller: Poller
) -> None:
    monkeypatch.setattr(pump, "_AWAKE_S", 0.01)
    poller.stay_awake(True)
    time.sleep(0.02)
    used = time.thread_time()
    poller.turn((), longest_s=0.3)
    assert time.thread_time() - used < 0.2


def test_a_poller_that_may_not_wait_does_not_stay_awake(
    monkeypatch: pytest.MonkeyPatch, poller: Poller
) -> None:
    monkeypatch.setattr(pump, "_AWAKE_S", 60.0)
    poller.stay_awake(True)
    begin = time.monotonic()
    poller.turn((), longest_s=0.0)
    assert time.monotonic() - begin < 30.0


def test_a_poller_with_several_processes_does_not_stay_awake(
    monkeypatch: pytest.MonkeyPatch, poller: Poller
) -> None:
    monkeypatch.setattr(pump, "_AWAKE_S", 60.0)
    poller.stay_awake(True)
    poller.stay_awake(False)
    begin = time.monotonic()
    poller.turn((), longest_s=0.01)
    assert time.monotonic() - begin < 30.0
