"""The command of `on_pause`: tells somebody that a run waits at a gate.

It is a notice and never part of the run: it works beside the question at the terminal, has no
input and a time limit, and what goes wrong with it is a warning.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO

from treadle.cli.text.talk import Talk
from treadle.cli.text.visible import one_line
from treadle.executor.open_steps import open_gates
from treadle.executor.state import Run
from treadle.plan.text import as_text

TIME_LIMIT_S = 30.0
_SHELL = ("/bin/sh", "-c")
_MAX_MESSAGE = 4096
_MAX_TOLD = 2000


class Notice:
    """The command of one pause, at work or ended."""

    def __init__(self, line: str, run: Run, *, project: Path) -> None:
        """Start the command; what it prints is kept for the warning."""
        self._line = line
        self._output: IO[bytes] = tempfile.TemporaryFile()
        self._ends_at = monotonic() + TIME_LIMIT_S
        self._problem: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                (*_SHELL, line),
                cwd=project,
                env={**os.environ, **variables(run)},
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._problem = f"cannot start: {error}"

    def end(self, talk: Talk) -> None:
        """Wait for the command, no longer than its time limit, and tell if it went wrong."""
        if self._process is not None:
            self._problem = self._ended(self._process)
        self._output.seek(0)
        printed = one_line(self._output.read(_MAX_TOLD).decode("utf-8", "replace"), 200)
        self._output.close()
        if self._problem is not None:
            about = f": {printed}" if printed else ""
            talk.say(f"warning: on_pause '{one_line(self._line, 60)}' {self._problem}{about}")

    def _ended(self, process: "subprocess.Popen[bytes]") -> str | None:
        try:
            code = process.wait(max(0.0, self._ends_at - monotonic()))
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return f"took longer than {TIME_LIMIT_S:g} s"
        return f"exited with code {code}" if code else None


def notice_of_pause(line: str, run: Run, *, project: Path) -> Notice | None:
    """Start the command for a run that is paused; None when it does not wait at a gate."""
    return Notice(line, run, project=project) if open_gates(run) else None


def variables(run: Run) -> Mapping[str, str]:
    """Return what the command is told: the first gate that waits stands for all of them."""
    gate = open_gates(run)[0]
    message = as_text((gate.output or {}).get("message"))
    return {
        "TREADLE_RUN_ID": run.id,
        "TREADLE_STATUS": run.status.value,
        "TREADLE_GATE": gate.address,
        "TREADLE_MESSAGE": message.replace("\0", "")[:_MAX_MESSAGE],
    }
