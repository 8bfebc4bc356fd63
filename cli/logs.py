"""``treadle logs``: prints what the actions of a run have written, byte by byte."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from treadle.cli.exit_codes import ExitCode
from treadle.cli.find_project import find_project
from treadle.cli.options import RunArgument, StepArgument
from treadle.cli.paint import Role
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.run_summary import summary_lines
from treadle.cli.settings import Settings
from treadle.cli.temporal_site import OnOption, refuse_on_temporal, site_for
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


def logs(
    settings: Settings,
    run: RunArgument,
    step: StepArgument = None,
    is_followed: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run rests.")
    ] = False,
    on: OnOption = None,
) -> int:
    """Print the raw output of a run's steps, or of one, with headings on stderr."""
    site = site_for(settings, on)
    if site is not None:
        from treadle.cli.on_temporal import logs_on_temporal  # most runs are kept here

        with rejecting_refusals():
            refuse_on_temporal((is_followed, "'--follow'"))
        return logs_on_temporal(settings, site, run, step)
    project = find_project(settings)
    with rejecting_refusals():
        store = Store(project)
        folder = store.find(run)
        if is_followed:
            return _follow(store, folder, step, settings)
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


def _follow(store: Store, folder: RunFolder, step: str | None, settings: Settings) -> int:
    from treadle.cli.follow import follow  # most logs are not followed

    def is_meant(address: str, occurrence: Occurrence | None) -> bool:
        return step is None or (occurrence is not None and _is_meant(occurrence, step))

    follow(store, folder, is_meant, settings.talk)
    _, run = store.load(folder)
    if step is not None and not any(_is_meant(each, step) for each in _started(run)):
        raise typer.BadParameter(f"no step '{step}' of this run has begun", param_hint="STEP")
    status = store.shown_status(folder, run)
    paint = settings.talk.paint
    for line in summary_lines(run, status, paint, project=store.project, began_at=None):
        settings.talk.say(line)
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
            # Somebody may have gone back behind the step: it has a log and no record.
            occurrence = run.occurrences.get(event.address)
            shown = occurrence.public if occurrence is not None else event.address
            if name in (None, event.address) or (occurrence and _is_meant(occurrence, name or "")):
                yield from _streams(folder, shown, event.attempt, number=number)


def _streams(folder: RunFolder, step: str, attempt: int, *, number: int) -> Iterator[Log]:
    for stream in ("stdout", "stderr"):
        path = log_path(folder.logs, number, stream)
        if path.is_file() and path.stat().st_size:
            yield Log(step=step, attempt=attempt, stream=stream, path=path)


def _started(run: Run) -> Iterator[Occurrence]:
    return (occurrence for _, occurrence in run.occurrences.items())


def _is_meant(occurrence: Occurrence, name: str) -> bool:
    """Whether a name is the step's id or address, or the address of something around it."""
    names = (occurrence.address, occurrence.public, occurrence.qualified, occurrence.step.id)
    return name in names or occurrence.address.startswith(f"{name.rstrip('/')}/")
