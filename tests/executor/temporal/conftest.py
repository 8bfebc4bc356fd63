"""A Temporal server, and workers that are processes of their own and can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.temporal_server import Server, a_server
from treadle.compiler import compile_text
from treadle.executor.local.host import Host
from treadle.plan.plan import Plan

if TYPE_CHECKING:
    from temporalio.client import Client, WorkflowHistory

    from treadle.executor.temporal.messages import Limits
    from treadle.executor.temporal.session import Site

T = TypeVar("T")
HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'
PATIENCE_S = 90.0


def plan_of(text: str) -> Plan:
    compiled = compile_text(HEADER + text, path="flow.yml", lenient=True)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


@dataclass
class Crew:
    """The workers of one task queue, and whoever gives them work."""

    server: Server
    project: Path
    queue: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def hire(self, count: int = 1, *options: str, **environment: str) -> None:
        """Start workers, and wait until they say that they work."""
        words = [sys.executable, "-m", "treadle.cli", "worker", "--temporal", self.server.address]
        words += [
            "--task-queue",
            self.queue,
            "--project",
            str(self.project),
            "--heartbeat",
            "1",
            *options,
        ]
        for _ in range(count):
            self._hire(words, environment)

    def hire_as_set(self, **environment: str) -> None:
        """Start a worker that the project's settings tell where it works."""
        self._hire([sys.executable, "-m", "treadle.cli", "worker"], environment)

    def _hire(self, words: list[str], environment: dict[str, str]) -> None:
        log = self.project / f"worker{len(self.workers)}.log"
        variables = {**os.environ, **self.environment, **environment}
        with log.open("wb") as file:
            worker = subprocess.Popen(words, stderr=file, env=variables, cwd=self.project)
        self.workers.append(worker)
        wait_until(lambda: "working for" in log.read_text() or worker.poll() is not None)
        assert worker.poll() is None, log.read_text()

    def dismiss(self) -> None:
        """End all workers as a deployment would."""
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            worker.wait(30)
        self.workers.clear()

    @property
    def environment(self) -> dict[str, str]:
        return {"XDG_STATE_HOME": str(self.project / "state")}

    @property
    def host(self) -> Host:
        return Host(project=self.project, environment={**os.environ, **self.environment})

    def site(self, limits: "Limits | None" = None, *, waits: bool = True) -> "Site":
        from treadle.executor.temporal.connection import Target
        from treadle.executor.temporal.messages import Limits
        from treadle.executor.temporal.session import Site

        target = Target(address=self.server.address, task_queue=self.queue)
        return Site(target=target, limits=limits or Limits(heartbeat_s=3.0), waits=waits)

    def treadle(self, *words: str) -> tuple[int, str, str]:
        """Call the program; return its status, what it prints and what it says."""
        variables = {"TEMPORAL_ADDRESS": self.server.address, "TREADLE_TASK_QUEUE": self.queue}
        return self.call(*words, "--on", "temporal", **variables)

    def call(self, *words: str, **variables: str) -> tuple[int, str, str]:
        """Call the program in the project, as its settings and the environment say."""
        ended = subprocess.run(
            [sys.executable, "-m", "treadle.cli", *words, "--project", str(self.project)],
            env={**os.environ, **self.environment, **variables},
            capture_output=True,
            text=True,
            cwd=self.project,
        )
        return ended.returncode, ended.stdout, ended.stderr

    def ask(self, question: "Callable[[Client], Awaitable[T]]") -> T:
        """Ask the server itself."""
        from treadle.executor.temporal.connection import connect

        async def asked() -> T:
            client = await connect(self.site().target, self.host.environment)
            return await question(client)

        return asyncio.run(asked())

    def history(self, run_id: str) -> "WorkflowHistory":
        return self.ask(lambda client: client.get_workflow_handle(run_id).fetch_history())

    def events(self, run_id: str) -> list[str]:
        """Return the kinds of events that the server has of a run."""
        from temporalio.api.enums.v1 import EventType

        return [
            EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
            for event in self.history(run_id).events
        ]

    def lines(self, name: str) -> list[str]:
        """Return the lines that steps have written into a file of the project."""
        path = self.project / name
        return path.read_text().splitlines() if path.exists() else []


def wait_until(is_so: Callable[[], Any]) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_at, "nothing has happened for too long"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture
def crew(server: Server, tmp_path: Path) -> Iterator[Crew]:
    """Return a task queue of its own, without workers."""
    made = Crew(server=server, project=tmp_path, queue=tmp_path.name)
    yield made
    for worker in made.workers:
        worker.kill()
        worker.wait()
