"""``treadle logs`` for runs on Temporal, whose steps have written on machines of their own.

Files that are here are printed whole. Of the others there is what the records of steps hold, and
of steps at work the end of what they have written, with their heartbeats; what is missing, and
where it is, is said on stderr.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from treadle.cli.exit_codes import ExitCode
from treadle.cli.project.find_project import find_project
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.follow import Printer
from treadle.cli.runs.on_temporal import host_of, where_kept
from treadle.cli.runs.run_summary import summary_lines
from treadle.cli.settings import Settings
from treadle.cli.text.byte_sizes import byte_size
from treadle.cli.text.paint import Role
from treadle.cli.text.visible import one_line
from treadle.executor.local.log_tail import Attempt, Chunk
from treadle.executor.state import Occurrence, Run
from treadle.executor.temporal.activities import log_folder
from treadle.executor.temporal.run_tail import RunTail, read_run, tail_run
from treadle.executor.temporal.session import Site


def logs_on_temporal(
    settings: Settings, site: Site, run: str, step: str | None, *, is_followed: bool
) -> int:
    """Print the output of a run's steps, or of one, from wherever it is to be had."""
    project = find_project(settings)
    tail = RunTail(
        lambda run_id: log_folder(project, run_id),
        lambda address, occurrence: step is None or _is_meant(address, occurrence, step),
    )
    with rejecting_refusals():
        if is_followed:
            found = _follow(settings, site, run, tail, project=project)
        else:
            found, told = read_run(site, run, tail, host=host_of(project))
            _print(tail.read(told), tail, settings)
    if step is not None and not tail.has_begun:
        raise typer.BadParameter(f"no step '{step}' of this run has begun", param_hint="STEP")
    if is_followed:
        paint = settings.talk.paint
        lines = summary_lines(
            found,
            found.status,
            paint,
            project=project,
            began_at=None,
            where=where_kept(settings),
        )
        for line in lines:
            settings.talk.say(line)
    return ExitCode.OK


def _follow(settings: Settings, site: Site, run: str, tail: RunTail, *, project: Path) -> Run:
    printer = Printer(settings.talk)

    def show(chunks: Iterator[Chunk]) -> None:
        printer.show(chunks)
        _tell_gaps(tail, settings)

    found = tail_run(site, run, tail, host=host_of(project), show=show)
    printer.end()
    return found


def _print(chunks: Iterator[Chunk], tail: RunTail, settings: Settings) -> None:
    """Print the streams one after the other, each under a heading on stderr."""
    last: tuple[Attempt, str] | None = None
    for chunk in chunks:
        if chunk.is_last:
            _tell_gaps(tail, settings)
            continue
        if last != (chunk.attempt, chunk.stream):
            last = (chunk.attempt, chunk.stream)
            _tell_gaps(tail, settings)
            about = f"attempt {chunk.attempt.attempt}, {chunk.stream}"
            settings.talk.say(
                settings.talk.paint(f"==> {one_line(chunk.attempt.step)} ({about}) <==", Role.NAME)
            )
        sys.stdout.buffer.write(chunk.data)
        sys.stdout.buffer.flush()
    _tell_gaps(tail, settings)
    if last is None:
        settings.talk.say("nothing was printed")


def _tell_gaps(tail: RunTail, settings: Settings) -> None:
    """Say what of the output is not to be had from here, and where it is."""
    gaps, tail.gaps = tail.gaps, []
    for gap in gaps:
        what = byte_size(gap.size) if gap.size else "the rest"
        place = gap.place or "the worker that ran it"
        told = f"{what} of the {gap.stream} of {one_line(gap.attempt.step)} is on {place}"
        settings.talk.say(settings.talk.paint(told, Role.WARNING))


def _is_meant(address: str, occurrence: Occurrence | None, name: str) -> bool:
    if occurrence is None:
        return address == name
    names = (occurrence.address, occurrence.public, occurrence.qualified, occurrence.step.id)
    return name in names or occurrence.address.startswith(f"{name.rstrip('/')}/")
