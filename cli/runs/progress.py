"""Tells of a run while it goes on: a line an event, and on a terminal what runs right now."""

import os
import threading
from typing import TYPE_CHECKING

from msgspec.structs import replace

from treadle.cli.runs.event_lines import LineStyle, event_lines, name_width, started_line
from treadle.cli.text.durations import between
from treadle.cli.text.marks import Mark
from treadle.cli.text.paint import Role
from treadle.cli.text.retry_words import coming_attempt
from treadle.cli.text.talk import Talk
from treadle.executor.actions.pump import GRACE_S
from treadle.executor.commands import StartTimer
from treadle.executor.decide import Decision
from treadle.executor.events import (
    ActionFinished,
    ActionStarted,
    PlanReplaced,
    RunCreated,
    RunForked,
    RunResumed,
    RunRewound,
)
from treadle.plan.plan import Plan

if TYPE_CHECKING:
    from treadle.cli.text.live_steps import LiveSteps


_BEGINNINGS = (RunCreated, RunResumed, RunRewound, RunForked, PlanReplaced)


class Progress:
    """The listener of one run on stderr.

    `watch` is called by the thread that drives the run, `echo` by the threads of its actions.
    """

    def __init__(self, talk: Talk, *, shows_output: bool) -> None:
        self._talk = talk
        self._shows_output = shows_output
        self._lock = threading.Lock()
        self._style: LineStyle | None = None
        self._live = _live_steps(talk)
        self._is_line_open = False
        self.began_at: str | None = None

    def watch(self, decision: Decision) -> None:
        """Tell what has happened."""
        style = self._style_for(decision.run.program.plan)
        lines: list[str] = []
        ended: list[str] = []
        with self._lock:
            for event in decision.events:
                if isinstance(event, _BEGINNINGS) and self.began_at is None:
                    self.began_at = event.at
                elif isinstance(event, RunResumed):
                    continue  # the answer to a question that was asked a moment ago
                lines += event_lines(event, decision.run, style)
                if isinstance(event, ActionStarted):
                    occurrence = decision.run.occurrences[event.address]
                    if self._live is None:
                        lines.append(started_line(occurrence, style))
                    else:
                        self._live.add(event.address, occurrence.public)
                elif isinstance(event, ActionFinished):
                    ended.append(event.address)
            if self._live is not None:
                # Those that begin are drawn already: what is drawn need not end in between.
                self._live.remove(ended)
            for command in decision.commands:
                if isinstance(command, StartTimer) and command.address:
                    lines.append(self._waits(decision, command, style))
            if lines:
                self._print("\n".join(lines))

    def echo(self, data: bytes) -> None:
        """Pass on what an agent prints, as it comes."""
        if self._talk.is_quiet or not data:
            return
        with self._lock:
            if self._live is not None:
                self._live.hide()
            self._talk.stream.flush()
            self._talk.stream.buffer.write(data)
            self._talk.stream.buffer.flush()
            self._is_line_open = not data.endswith(b"\n")

    def held_back(self) -> None:
        """Tell that the run is to stop, and what is at work takes its time."""
        style = self._style
        with self._lock:
            if style is not None:
                told = f"asked to stop: what is at work has {GRACE_S:g} s; another Ctrl-C kills it"
                self._print(style.paint(told, Role.WARNING))

    def rest(self) -> None:
        """Leave the terminal to whoever speaks next."""
        with self._lock:
            if self._live is not None:
                self._live.clear()
            self._end_line()

    def _waits(self, decision: Decision, timer: StartTimer, style: LineStyle) -> str:
        occurrence = decision.run.occurrences[timer.address]
        now = decision.run.updated_at
        if self._live is not None:
            self._live.wait(timer.address, occurrence.public, between(now, timer.due))
        waiting = replace(occurrence, due=timer.due)
        coming = style.paint(coming_attempt(waiting, now=now), Role.WARNING)
        return style.line(Mark.INSIDE, occurrence.public, coming)

    def _print(self, lines: str) -> None:
        if self._talk.is_quiet:
            return
        self._end_line()
        if self._live is None or not self._live.print(lines):
            self._talk.say(lines)

    def _end_line(self) -> None:
        if self._is_line_open:
            self._is_line_open = False
            self._talk.insist("")

    def _style_for(self, plan: Plan) -> LineStyle:
        if self._style is None:
            self._style = LineStyle(
                stream=self._talk.stream,
                paint=self._talk.paint,
                name_width=name_width(plan),
                shows_output=self._shows_output,
            )
        return self._style


def _live_steps(talk: Talk) -> "LiveSteps | None":
    # Nothing can be drawn again on a terminal that only goes on.
    is_dumb = os.environ.get("TERM") in ("dumb", "unknown")
    if talk.is_quiet or is_dumb or not talk.stream.isatty():
        return None
    # Only a terminal is worth the import of rich.
    from treadle.cli.text.live_steps import LiveSteps

    return LiveSteps(talk.stream)
