"""The verbs of runs for those that are kept on Temporal; `run` needs nothing of its own."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer
from msgspec import Struct

from treadle.cli.drive import Drive, drive_for, exit_code, tell
from treadle.cli.exit_codes import ExitCode
from treadle.cli.find_project import command_line, find_project
from treadle.cli.given import InputOptions, from_environment
from treadle.cli.json_output import print_json
from treadle.cli.paint import Role
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.run_settings import run_settings
from treadle.cli.settings import Settings
from treadle.cli.temporal_settings import Place
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host
from treadle.executor.local.index import Row
from treadle.executor.local.logs import log_path
from treadle.executor.outcome import run_object
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.executor.temporal.activities import log_folder
from treadle.executor.temporal.session import Site
from treadle.plan.expression import Json

_STREAMS = ("stdout", "stderr")


class TemporalRuns(Struct, frozen=True):
    """The runs of a task queue, as a list shows them."""

    site: Site
    project: Path

    def rows(self) -> tuple[Row, ...]:
        """Return a line for every run, the latest first. Errors: Refused with TR872."""
        return self.site.rows(host=host_of(self.project))


class Answering(Struct, frozen=True, kw_only=True):
    """What `resume` was told besides inputs."""

    choices: Sequence[str]
    comment: str | None
    lenient: bool
    as_json: bool
    is_detailed: bool


def host_of(project: Path) -> Host:
    """Return this machine, for commands that run nothing on it."""
    return Host(project=project, environment=os.environ)


def resume_on_temporal(
    settings: Settings, site: Site, run: str, options: InputOptions, asked: Answering
) -> int:
    """Go on with a run until it rests."""
    drive = drive_for(settings, find_project(settings), options, as_json=asked.as_json)
    drive.go_on = site.resume
    with rejecting_refusals():
        rested = drive.until_rest(
            lambda given: site.resume(
                run,
                given,
                host=drive.host,
                choices=asked.choices,
                comment=asked.comment,
                lenient=asked.lenient,
                environment=from_environment,
            ),
            lambda: site.load(run, host=drive.host).program.plan,
        )
    return rest_on_temporal(
        settings, drive, rested, as_json=asked.as_json, is_detailed=asked.is_detailed
    )


def rest_on_temporal(
    settings: Settings, drive: Drive, rested: Rested, *, as_json: bool, is_detailed: bool
) -> int:
    """Tell how a run stands and where it is kept, and return the status of the command."""
    run, talk = rested.run, settings.talk
    is_default = run_settings(settings, os.environ).temporal.on == Place.TEMPORAL
    where = () if is_default else ("--on", Place.TEMPORAL.value)
    if run.status is RunStatus.RUNNING:
        if as_json:
            print_json(run_object(run, run.status))
        else:
            print(run.id)
        for verb in ("status", "cancel"):
            command = command_line(drive.host.project, verb, run.id, *where)
            talk.say(f"{talk.paint('next:', Role.WAITING)} {command}")
        return ExitCode.OK
    tell(drive, rested, as_json=as_json)
    if run.status.is_resumable and where:
        talk.say(f"      with '{' '.join(where)}': the run is kept there")
    return exit_code(drive, rested, is_detailed=is_detailed)


def cancel_on_temporal(
    settings: Settings, site: Site, run: str, *, reason: str | None, as_json: bool
) -> int:
    """End a run for good, and wait until its 'finally' is done."""
    drive = drive_for(settings, find_project(settings), InputOptions(), as_json=as_json)
    with rejecting_refusals():
        try:
            rested = site.cancel(run, host=drive.host, reason=reason)
        finally:
            drive.progress.rest()
    tell(drive, rested, as_json=as_json)
    return ExitCode.OK if rested.run.status is RunStatus.CANCELLED else ExitCode.FAILED


def logs_on_temporal(settings: Settings, site: Site, run: str, step: str | None) -> int:
    """Print the output of a run's steps: whole where the files are here, else what was captured."""
    project = find_project(settings)
    with rejecting_refusals():
        found = site.load(run, host=host_of(project))
    meant = [each for each in _started(found) if step is None or _is_meant(each, step)]
    if step is not None and not meant:
        raise typer.BadParameter(f"no step '{step}' of this run has begun", param_hint="STEP")
    folder = log_folder(project, found.id)
    parts = [part for each in meant for part in _parts(folder, each)]
    if not parts:
        settings.talk.say("nothing was printed")
    for number, (occurrence, stream, source) in enumerate(parts):
        told = "" if isinstance(source, Path) else ", as captured: the whole of it is on its worker"
        heading = f"==> {occurrence.public} (attempt {occurrence.attempts}, {stream}{told}) <=="
        if len(parts) > 1 or told:
            sys.stdout.flush()
            settings.talk.say(settings.talk.paint(heading, Role.NAME) if number else heading)
        if isinstance(source, Path):
            with source.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
        else:
            sys.stdout.buffer.write(source.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    return ExitCode.OK


def _started(run: Run) -> list[Occurrence]:
    """Return the steps that were handed to a worker, in the order of their latest attempts."""
    found = [occurrence for _, occurrence in run.occurrences.items() if occurrence.log]
    return sorted(found, key=lambda occurrence: occurrence.log)


def _is_meant(occurrence: Occurrence, name: str) -> bool:
    names = (occurrence.address, occurrence.public, occurrence.qualified, occurrence.step.id)
    return name in names or occurrence.address.startswith(f"{name.rstrip('/')}/")


def _parts(folder: Path, occurrence: Occurrence) -> Iterator[tuple[Occurrence, str, Path | str]]:
    """Yield what there is of both streams: a file, or the text that the step's record holds."""
    output: Mapping[str, Json] = occurrence.output or {}
    for stream in _STREAMS:
        path = log_path(folder, occurrence.log, stream)
        captured = output.get(stream)
        if path.is_file() and path.stat().st_size:
            yield occurrence, stream, path
        elif isinstance(captured, str) and captured:
            yield occurrence, stream, captured
