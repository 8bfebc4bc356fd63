"""``treadle logs``: prints what the actions of a run have written, byte by byte."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from msgspec import Struct

from treadle.cli.exit_codes import ExitCode
from treadle.cli.find_project import find_project
from treadle.cli.options import RunArgument, StepArgument
from treadle.cli.paint import Role
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.settings import Settings
from treadle.executor.events import ActionStarted
from treadle.executor.local import journal
from treadle.executor.local.logs import log_path
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.state import Occurrence, Run


class Log(Struct, frozen=True, kw_only=True):
    """The file of one stream of one attempt."""

    step: str
    attempt: int
    stream: str
    path: Path


def logs(settings: Settings, run: RunArgument, step: StepArgument = None) -> int:
    """Print the raw output of a run's steps, or of one, with headings on stderr."""
    project = find_project(settings)
    with rejecting_refusals():
        store = Store(project)
        folder = store.find(run)
        _, found = store.load(folder)
        files = tuple(_files(folder, found, step))
    if not files:
        settings.talk.say("nothing was printed")
    for number, log in enumerate(files):
        if len(files) > 1:
            sys.stdout.flush()
            heading = f"==> {log.step} (attempt {log.attempt}, {log.stream}) <=="
            settings.talk.say(settings.talk.paint(heading, Role.NAME) if number else heading)
        with log.path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    return ExitCode.OK


def _files(folder: RunFolder, run: Run, name: str | None) -> Iterator[Log]:
    """Yield the files that hold something, in the order in which the attempts began."""
    if name is not None and not any(_is_meant(o, name) for o in _started(run)):
        raise typer.BadParameter(f"no step '{name}' of this run has begun", param_hint="STEP")
    number = 0
    for events in journal.read(folder.journal, folder.id):
        for event in events:
            if not isinstance(event, ActionStarted):
                continue
            # Log files are numbered by the order of the attempts of the whole run.
            number += 1
            occurrence = run.occurrences[event.address]
            if name is None or _is_meant(occurrence, name):
                yield from _streams(folder, occurrence, event.attempt, number=number)


def _streams(
    folder: RunFolder, occurrence: Occurrence, attempt: int, *, number: int
) -> Iterator[Log]:
    for stream in ("stdout", "stderr"):
        path = log_path(folder.logs, number, stream)
        if path.is_file() and path.stat().st_size:
            yield Log(step=occurrence.public, attempt=attempt, stream=stream, path=path)


def _started(run: Run) -> Iterator[Occurrence]:
    return (occurrence for _, occurrence in run.occurrences.items())


def _is_meant(occurrence: Occurrence, name: str) -> bool:
    """Whether a name is the step's id or address, or the address of something around it."""
    names = (occurrence.address, occurrence.public, occurrence.qualified, occurrence.step.id)
    return name in names or occurrence.address.startswith(f"{name.rstrip('/')}/")
