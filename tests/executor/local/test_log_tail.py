"""Logs as they grow: what another process has written is read once, in order."""

import os
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from treadle.compiler import compile_text
from treadle.executor.decide import Decision
from treadle.executor.local.host import Host
from treadle.executor.local.log_tail import LogTail
from treadle.executor.local.session import start
from treadle.executor.local.store import Store
from treadle.executor.state import Occurrence

HEAD = 'workflow: {id: flow, name: Flow, version: "1.0.0"}\n'
STEPS = """
steps:
  - {id: first, type: shell, run: 'echo one; read line < pipe; echo $line >&2'}
  - id: each
    type: fan-out
    items: [a, b]
    max_concurrency: 2
    step: {id: t, type: shell, run: 'echo {{ item }}; read line < {{ item }}'}
"""


class Watched:
    """A run in a thread, whose steps wait for lines in pipes."""

    def __init__(self, project: Path) -> None:
        self.project = project
        for name in ("pipe", "a", "b"):
            os.mkfifo(project / name)
        self.events: SimpleQueue[str] = SimpleQueue()
        plan = compile_text(HEAD + STEPS, path="flow.yml").plan
        assert plan is not None
        host = Host(
            project=project,
            environment={"PATH": "/usr/bin:/bin"},
            watch=self._watch,
        )
        self.thread = Thread(target=lambda: start(plan, {}, host=host, run_id="r1"))
        self.thread.start()

    def _watch(self, decision: Decision) -> None:
        for event in decision.events:
            self.events.put(type(event).__name__)

    def until(self, event: str) -> None:
        while self.events.get(timeout=20) != event:
            pass

    def tell(self, name: str, line: str) -> None:
        (self.project / name).write_text(f"{line}\n")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    run = Watched(tmp_path)
    yield run
    run.thread.join()


def every(address: str, occurrence: Occurrence | None) -> bool:
    return True


def read(tail: LogTail, count: int) -> list[tuple[str, str, bytes, bool]]:
    """Read until there were so many chunks with something in them."""
    found: list[tuple[str, str, bytes, bool]] = []
    while len(found) < count:
        found += [(c.attempt.step, c.stream, c.data, c.is_alone) for c in tail.read() if c.data]
    return found


def test_output_is_read_as_it_comes(watched: Watched) -> None:
    watched.until("ActionStarted")
    store = Store(watched.project)
    folder = store.find("r1")
    tail = LogTail(store, folder, every)
    second = LogTail(store, folder, lambda address, occurrence: address == "/each/i1/t")
    assert [("first", "stdout", b"one\n", True)] == read(tail, 1)
    watched.tell("pipe", "two")
    watched.until("FanOutStarted")
    assert [
        ("each:t:0", "stdout", b"a\n", False),
        ("each:t:1", "stdout", b"b\n", False),
        ("first", "stderr", b"two\n", True),
    ] == sorted(read(tail, 3))
    watched.tell("a", "")
    watched.tell("b", "")
    watched.thread.join()
    assert ["each:t:0", "each:t:1"] == [c.attempt.step for c in tail.read() if c.is_last]
    assert [("each:t:1", "stdout", b"b\n", True)] == read(second, 1)
    assert [] == [chunk.data for chunk in tail.read()]
