"""A Temporal server for a suite, on a port of its own, that ends with the suite."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

WANTED = os.environ.get("TREADLE_TEMPORAL", "")
PROGRAM = shutil.which("temporal") or str(Path(sys.executable).parent / "temporal")
IS_HERE = find_spec("temporalio") is not None and Path(PROGRAM).exists()

needs_temporal = [
    pytest.mark.temporal,
    pytest.mark.skipif(
        not (WANTED and IS_HERE), reason="TREADLE_TEMPORAL is not set, or there is no server"
    ),
]


@dataclass
class Server:
    """A server with its file; it can be killed and started again."""

    port: int
    database: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        words = [PROGRAM, "server", "start-dev", "--headless", "--ip", "127.0.0.1"]
        words += ["--port", str(self.port), "--db-filename", str(self.database)]
        words += ["--log-level", "never"]
        for name in ("TreadleWorkflow", "TreadleStatus", "TreadleStep"):
            words += ["--search-attribute", f"{name}=Keyword"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet)
        ends_at = time.monotonic() + 60
        while not self._is_ready():
            if time.monotonic() > ends_at or self.process.poll() is not None:
                raise RuntimeError("the Temporal server does not start")
            time.sleep(0.1)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        words = [PROGRAM, "operator", "cluster", "health", "--address", self.address]
        quiet = subprocess.DEVNULL
        return subprocess.run(words, stdout=quiet, stderr=quiet, check=False).returncode == 0


@contextmanager
def a_server(folder: Path) -> Iterator[Server]:
    """Start a server, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(port=port, database=folder / "temporal.db")
    server.start()
    try:
        yield server
    finally:
        server.kill()
