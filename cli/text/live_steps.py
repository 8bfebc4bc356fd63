"""The last lines of a terminal while a run goes on: which steps run, and for how long."""

import os
import time
from collections.abc import Collection
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from treadle.cli.text.durations import duration
from treadle.cli.text.marks import is_unicode
from treadle.cli.text.paint import is_colourful
from treadle.cli.text.visible import one_line

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_FRAMES = "-\\|/"
_REFRESHES_PER_S = 10
_MOST = 6


class LiveSteps:
    """The steps at work, drawn again and again below what is printed."""

    def __init__(self, stream: TextIO) -> None:
        """Draw on a terminal; nothing is drawn before a step begins."""
        self._quiet, self._moving = "", ""
        if is_colourful(stream, os.environ):
            self._quiet, self._moving = "dim", "cyan"
        self._console = Console(file=stream, highlight=False)
        self._frames = _FRAMES if is_unicode(stream) else _PLAIN_FRAMES
        self._running: dict[str, tuple[str, float]] = {}
        self._live: Live | None = None

    def add(self, address: str, name: str) -> None:
        """Show a step that has begun."""
        self._show(address, name, time.monotonic())

    def wait(self, address: str, name: str, seconds: float) -> None:
        """Show a step that waits for its next attempt, and how long it still does."""
        self._show(address, name, time.monotonic() + seconds)

    def _show(self, address: str, name: str, since: float) -> None:
        self._running = {**self._running, address: (one_line(name), since)}
        if self._live is None:
            self._live = Live(
                get_renderable=self._drawn,
                console=self._console,
                transient=True,
                refresh_per_second=_REFRESHES_PER_S,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def remove(self, addresses: Collection[str]) -> None:
        """Show steps no more."""
        # The drawing thread reads the mapping: it is replaced, never changed.
        self._running = {a: shown for a, shown in self._running.items() if a not in addresses}
        if not self._running:
            self.hide()

    def print(self, lines: str) -> bool:
        """Print lines above; return False when nothing is drawn and anybody can print."""
        if self._live is None:
            return False
        self._console.print(Text.from_ansi(lines), soft_wrap=True)
        return True

    def hide(self) -> None:
        """Draw nothing until the next step begins."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def clear(self) -> None:
        """Forget all steps: the run rests."""
        self._running = {}
        self.hide()

    def _drawn(self) -> Text:
        now, running = time.monotonic(), tuple(self._running.values())
        frame = self._frames[int(now * _REFRESHES_PER_S) % len(self._frames)]
        lines = [
            Text.assemble((frame, self._moving), f" {name}  ", (_time(now - start), self._quiet))
            for name, start in running[:_MOST]
        ]
        if len(running) > _MOST:
            lines.append(Text(f"  and {len(running) - _MOST} more", style=self._quiet))
        return Text("\n").join(lines)


def _time(seconds: float) -> str:
    """Return how long a step has run, or how long until it begins."""
    return duration(seconds) if seconds >= 0 else f"again in {duration(-seconds)}"
