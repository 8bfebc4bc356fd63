"""How the suite calls the program: in this process, in one of its own, or at a terminal."""

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from treadle.cli import main

PATIENCE_S = 20.0
ESCAPE = re.compile(r"\x1b\[[0-?]*[@-~]")


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Treadle = Callable[..., Ended]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SPECIFY_INIT_DIR", "SPECKIT_WORKFLOW_RUN_ID", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def treadle(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Treadle:
    """Call the program in this process."""

    def call(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "argv", ["treadle", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capfd.readouterr()
        code: int | str | None = 0
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code
        assert isinstance(code, int)
        out, err = capfd.readouterr()
        return Ended(int(code), out, err)

    return call


@pytest.fixture
def write(project: Path) -> Callable[[str, str], Path]:
    """Write a file of the project."""

    def write_(name: str, text: str) -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_


class Terminal:
    """The program at a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._terminal, inner = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from treadle.cli import main; main()", *arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "100"},
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(inner)
        self.shown = ""

    def until(self, text: str) -> str:
        """Read until a text is shown, and return what came before it."""
        while text not in self.shown:
            assert self._read(), f"{text!r} never came: {self.shown!r}"
        before, _, self.shown = self.shown.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode("utf-8", "surrogateescape"))

    def end(self) -> tuple[int, str]:
        """Read to the end; return the exit status and what was shown."""
        while self._read():
            pass
        return self._process.wait(PATIENCE_S), self.shown

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._terminal)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], PATIENCE_S)
        if not ready:
            return False
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            # This is how Linux tells that nobody has the terminal open any more.
            return False
        self.shown += ESCAPE.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n")
        return bool(data)


def _take_terminal() -> None:
    """Make stdin the controlling terminal, so that Ctrl-C typed there is a signal."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(project: Path) -> Iterator[Callable[..., Terminal]]:
    """Call the program at a terminal."""
    opened: list[Terminal] = []

    def open_(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()
