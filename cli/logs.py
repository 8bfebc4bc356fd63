"""``treadle logs``: prints what the actions of a run have written, byte by byte."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from treadle.cli.exit_codes import ExitCode
from treadle.cli.options import JsonOption, RunArgument, StepArgument
from treadle.cli.project.find_project import find_project
from treadle.cli.project.temporal_site import OnOption, refuse_on_temporal, site_for
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.run_summary import summary_lines
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role
from treadle.cli.text.visible import one_line
from treadle.executor.events import ActionStarted
from treadle.executor.local import journal
from treadle.executor.local.log_tail import STREAMS
from treadle.executor.local.logs import log_path
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.state import Occurrence, Run
from treadle.plan.expression import Json

_MOST_TEXT = 1024 * 1024


class Log(Struct, frozen=True, kw_only=True):
    """The file of one stream of one attempt."""

    step: str
    address: str
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
    as_json: JsonOption = False,
    on: OnOption = None,
) -> int:
    """Print the raw output of a run's steps, or of one, with headings on stderr."""
    if as_json and is_followed:
        raise typer.BadParameter("one object cannot be followed", param_hint="--json")
    site = site_for(settings, on)
    if site is not None:
        from treadle.cli.runs.logs_on_temporal import logs_on_temporal  # most runs are kept here

        with rejecting_refusals():
            refuse_on_temporal((as_json, "'--json'"))
        return logs_on_temporal(settings, site, run, step, is_followed=is_followed)
    project = find_project(settings)
    with rejecting_refusals():
        store = Store(project)
        folder = store.find(run)
        if is_followed:
            return _follow(store, folder, step, settings)
        _, found = store.load(folder)
        files = tuple(_files(folder, found, step))
    if as_json:
        print_json(_object(store, folder, found, files))
        return ExitCode.OK
    if not files:
        settings.talk.say("nothing was printed")
    for number, log in enumerate(files):
        if len(files) > 1:
            sys.stdout.flush()
            heading = f"==> {one_line(log.step)} (attempt {log.attempt}, {log.stream}) <=="
            settings.talk.say(settings.talk.paint(heading, Role.NAME) if number else heading)
        with log.path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    return ExitCode.OK


def _follow(store: Store, folder: RunFolder, step: str | None, settings: Settings) -> int:
    from treadle.cli.runs.follow import follow  # most logs are not followed

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


def _object(store: Store, folder: RunFolder, run: Run, files: Sequence[Log]) -> dict[str, Json]:
    return {
        "run_id": run.id,
        "workflow_id": run.program.plan.id,
        "status": store.shown_status(folder, run).value,
        "logs": [_log_object(log, store.project) for log in files],
    }


def _log_object(log: Log, project: Path) -> dict[str, Json]:
    with log.path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _MOST_TEXT))
        text = file.read(_MOST_TEXT).decode("utf-8", "replace")
    return {
        "step_id": log.step,
        "address": log.address,
        "attempt": log.attempt,
        "stream": log.stream,
        "path": str(log.path.relative_to(project)),
        "bytes": size,
        "text": text,
        "is_cut": size > _MOST_TEXT,
    }


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
                yield from _streams(folder, shown, event, number=number)


def _streams(folder: RunFolder, step: str, started: ActionStarted, *, number: int) -> Iterator[Log]:
    for stream in STREAMS:
        path = log_path(folder.logs, number, stream)
        if path.is_file() and path.stat().st_size:
            yield Log(
                step=step,
                address=started.address,
                attempt=started.attempt,
                stream=stream,
                path=path,
            )


def _started(run: Run) -> Iterator[Occurrence]:
    return (occurrence for _, occurrence in run.occurrences.items())


def _is_meant(occurrence: Occurrence, name: str) -> bool:
    """Whether a name is the step's id or address, or the address of something around it."""
    names = (occurrence.address, occurrence.public, occurrence.qualified, occurrence.step.id)
    return name in names or occurrence.address.startswith(f"{name.rstrip('/')}/")
