"""The conformance cases on Temporal: a real server, two workers, and the results of one machine.

The workers and the commands are forks of this process, as in test_conformance.py. A case's workers
have the environment of its commands; a step that one of them took is not seen by the other.
"""

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import test_conformance as local
from tests.temporal_server import IS_HERE, WANTED, Server, a_server, needs_temporal

if IS_HERE and WANTED:
    # Loaded before any fork, so that no case pays for them again.
    import treadle.cli.runs.on_temporal
    import treadle.cli.worker
    import treadle.executor.temporal.worker  # noqa: F401  # loaded for the forks

pytestmark = needs_temporal
EVERY = 1 if WANTED == "all" else 3
# Their steps end the process that runs them. Here it is a worker: the next one takes the step over,
# and ends as well.
FATAL = frozenset({"021-killed-engine", "021-interrupted"})
# What is invalid is refused before anything runs, wherever that would have been.
VALID = [case for case in local.CASES if case.parent.name != "invalid"]
CASES = [case for case in VALID if case.name not in FATAL][::EVERY]
_WORKERS = 2
_ON_TEMPORAL = frozenset({"run", "resume", "status"})


class TemporalBox(local.ForkBox):
    """A sandbox whose runs are on Temporal, with workers of its own."""

    address = ""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.workers: list[int] = []
        self.workers_env: Mapping[str, str] | None = None
        self.env |= {"TEMPORAL_ADDRESS": self.address, "TREADLE_TASK_QUEUE": self.root.name}

    def call(self, argv: list[str], env: Mapping[str, str]) -> tuple[int, str]:
        if argv[1] not in _ON_TEMPORAL:
            return super().call(argv, env)
        if self.workers_env != env:
            self.end_workers()
            self.workers_env = dict(env)
            self.workers = [self._worker(env) for _ in range(_WORKERS)]
        return super().call([*argv, "--on", "temporal"], env)

    def end_workers(self) -> None:
        for worker in self.workers:
            os.kill(worker, signal.SIGTERM)
        for worker in self.workers:
            self.deadline = time.monotonic() + 20
            self._wait(worker)
        self.workers = []

    def _worker(self, env: Mapping[str, str]) -> int:
        child = os.fork()
        if child == 0:
            argv = ["treadle", "worker", "--project", str(self.project)]
            self._become(argv, {**self.env, **env}, self.root / "worker")
        return child


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="temporal-") as folder, a_server(Path(folder)) as made:
        yield made


@pytest.fixture
def boxes(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[TemporalBox]]:
    """Return the sandboxes that a case makes; their workers end with it."""
    made: list[TemporalBox] = []

    class Box(TemporalBox):
        address = server.address

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(local, "ForkBox", Box)
    yield made
    for box in made:
        box.end_workers()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", CASES, ids=local.name_of)
def test_a_case_has_the_same_outcome_on_both(
    case: Path, tools: str, boxes: list[TemporalBox], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, on_temporal = local.outcome_of(case, tools, monkeypatch)
    monkeypatch.setattr(local, "ForkBox", BASE)
    _, here = local.outcome_of(case, tools, monkeypatch)
    assert local.runner.compare(here, on_temporal) == ""


BASE = local.ForkBox


@pytest.fixture(scope="session")
def tools() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        local.runner.make_sysbin(folder)
        yield folder
