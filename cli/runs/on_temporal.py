"""The verbs of runs for those that are kept on Temporal; `run` needs nothing of its own."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from treadle.cli.checking.plan_source import load_plan
from treadle.cli.exit_codes import ExitCode
from treadle.cli.project.find_project import command_line, find_project
from treadle.cli.project.run_settings import run_settings
from treadle.cli.project.temporal_settings import Place
from treadle.cli.refusals import rejecting_refusals
from treadle.cli.runs.answering import answer_resume
from treadle.cli.runs.consent import Consent
from treadle.cli.runs.drive import Drive, drive_for, exit_code, tell
from treadle.cli.runs.given import InputOptions, from_environment
from treadle.cli.runs.going_on import Asked, Mending
from treadle.cli.runs.mend import mended
from treadle.cli.settings import Settings
from treadle.cli.text.json_output import print_json
from treadle.cli.text.paint import Role
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host
from treadle.executor.local.mending import Request
from treadle.executor.outcome import run_object
from treadle.executor.state import RunStatus
from treadle.executor.temporal.mending import fork, go_back, replace_plan
from treadle.executor.temporal.session import Site


def host_of(project: Path) -> Host:
    """Return this machine, for commands that run nothing on it."""
    return Host(project=project, environment=os.environ)


def where_kept(settings: Settings) -> tuple[str, ...]:
    """Return the options that a command needs to find a run; none where the settings say it."""
    is_default = run_settings(settings, os.environ).temporal.on == Place.TEMPORAL
    return () if is_default else ("--on", Place.TEMPORAL.value)


def attach(drive: Drive, settings: Settings, site: Site) -> None:
    """Let a run be driven where it is kept, and say so in the commands that go on with it."""
    drive.go_on = site.resume
    drive.where = where_kept(settings)


def resume_on_temporal(
    settings: Settings,
    site: Site,
    run: str,
    options: InputOptions,
    mending: Mending,
    asked: Asked,
) -> int:
    """Go on with a run until it rests: where it stands, from a step, or under another plan."""
    drive = drive_for(settings, find_project(settings), options, as_json=mending.as_json)
    attach(drive, settings, site)
    with rejecting_refusals():
        if asked.file is not None or asked.is_prompt_off:
            found = site.load(run, host=drive.host)
            answer_resume(drive, found, asked, lenient=mending.lenient)
        if mending.source is not None or mending.step is not None:
            return _mend(settings, site, run, drive, mending)
        rested = drive.until_rest(
            lambda given: site.resume(
                run,
                given,
                host=drive.host,
                choices=mending.choices,
                comment=mending.comment,
                lenient=mending.lenient,
                environment=from_environment,
            ),
            lambda: site.load(run, host=drive.host).program.plan,
        )
    return rest_on_temporal(
        settings, drive, rested, as_json=mending.as_json, is_detailed=mending.is_detailed
    )


def fork_on_temporal(
    settings: Settings,
    site: Site,
    run: str,
    options: InputOptions,
    mending: Mending,
    *,
    run_id: str | None,
) -> int:
    """Go on with a copy of a run from a step, until it rests."""
    drive = drive_for(settings, find_project(settings), options, as_json=mending.as_json)
    attach(drive, settings, site)
    step = mending.step or ""
    host = drive.host
    with rejecting_refusals():
        found = site.load(run, host=host)
        rested, consent = mended(
            drive,
            found.id,
            mending,
            lambda request, consent: fork(
                site, request, step, host=host, approve=consent, run_id=run_id
            ),
            lambda: found.program.plan,
        )
    return _rest_mended(settings, drive, rested, consent, mending)


def _mend(settings: Settings, site: Site, name: str, drive: Drive, mending: Mending) -> int:
    """Go on with a run from a step, or under an edited plan, or both."""
    host, step, source = drive.host, mending.step, mending.source
    found = site.load(name, host=host)
    plan = found.program.plan
    if source is not None:
        is_lenient = mending.lenient or found.lenient
        plan = load_plan(source, settings, project=lambda: host.project, lenient=is_lenient).plan

    def begin(request: Request, consent: Consent) -> Rested:
        if source is None:
            return go_back(site, request, step or "", host=host, approve=consent)
        return replace_plan(
            site,
            request,
            plan,
            host=host,
            approve=consent,
            step=step,
            accepts_changes=mending.accepts_changes,
        )

    rested, consent = mended(drive, found.id, mending, begin, lambda: plan)
    return _rest_mended(settings, drive, rested, consent, mending)


def _rest_mended(
    settings: Settings, drive: Drive, rested: Rested, consent: Consent, mending: Mending
) -> int:
    return rest_on_temporal(
        settings,
        drive,
        rested,
        as_json=mending.as_json,
        is_detailed=mending.is_detailed,
        beside=consent.to_json(),
    )


def rest_on_temporal(
    settings: Settings,
    drive: Drive,
    rested: Rested,
    *,
    as_json: bool,
    is_detailed: bool,
    beside: Mapping[str, Any] | None = None,
) -> int:
    """Tell how a run stands and where it is kept, and return the status of the command."""
    run, talk = rested.run, settings.talk
    where = where_kept(settings)
    if run.status is RunStatus.RUNNING:
        if as_json:
            print_json({**run_object(run, run.status), **(beside or {})})
        else:
            print(run.id)
        for verb in ("status", "cancel"):
            command = command_line(drive.host.project, verb, run.id, *where)
            talk.say(f"{talk.paint('next:', Role.WAITING)} {command}")
        return ExitCode.OK
    tell(drive, rested, as_json=as_json, beside=beside)
    return exit_code(drive, rested, is_detailed=is_detailed)


def cancel_on_temporal(
    settings: Settings, site: Site, run: str, *, reason: str | None, as_json: bool
) -> int:
    """End a run for good, and wait until its 'finally' is done."""
    drive = drive_for(settings, find_project(settings), InputOptions(), as_json=as_json)
    attach(drive, settings, site)
    with rejecting_refusals():
        try:
            rested = site.cancel(run, host=drive.host, reason=reason)
        finally:
            drive.progress.rest()
    tell(drive, rested, as_json=as_json)
    return ExitCode.OK if rested.run.status is RunStatus.CANCELLED else ExitCode.FAILED
