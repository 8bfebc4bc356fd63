"""What the suites about shared workflows share: a project, the program, a server on loopback."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from treadle.cli.app import build


class Site:
    """A server on loopback: what it answers at each path, and what it was asked for.

    A path in `private` is answered only to who brings the secret that is told there; `secrets`
    are the ones that were brought, in the order of `asked`.
    """

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.private: dict[str, str] = {}
        self.asked: list[str] = []
        self.secrets: list[str | None] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                secret = self.headers.get("Authorization")
                site.asked.append(self.path)
                site.secrets.append(secret)
                code, headers, body = site.pages.get(self.path, (404, {}, b""))
                if site.private.get(self.path, secret) != secret:
                    code, headers, body = 404, {}, b""
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def put(self, path: str, body: bytes | str, code: int = 200, **headers: str) -> str:
        """Answer a path, and return its address."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (code, told, body.encode() if isinstance(body, str) else body)
        return self.url + path

    def catalog(self, workflows: Any, **more: Any) -> str:
        """Publish a catalog, and return its address."""
        data = {"schema_version": "1.0", "workflows": workflows, **more}
        return self.put("/catalog.json", json.dumps(data))

    def step_catalog(self, steps: Any) -> str:
        """Publish a catalog of step types, and return its address."""
        return self.put("/steps.json", json.dumps({"schema_version": "1.0", "steps": steps}))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server on loopback."""
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project of Spec Kit, which is the working directory."""
    folder = tmp_path / "project"
    (folder / ".specify").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        *("SPECIFY_INIT_DIR", "SPECKIT_WORKFLOW_CATALOG_URL", "SPECKIT_STEP_CATALOG_URL"),
        *("GH_TOKEN", "GITHUB_TOKEN"),
    ):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def treadle(project: Path) -> Callable[..., Result]:
    """Call the program in this process."""

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(build(words=arguments), list(arguments))

    return call
