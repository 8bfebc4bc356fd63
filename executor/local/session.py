"""Starts and resumes runs on this machine: everything around the runner.

A request that is refused changes nothing: it is checked as a whole before the first write.
"""

import getpass
import secrets
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from treadle.executor.actions.run import perform
from treadle.executor.decide import Decision
from treadle.executor.errors import Reason, Refused
from treadle.executor.events import Answer, RunCreated, RunResumed
from treadle.executor.local import project as projects
from treadle.executor.local.answers import read_answers
from treadle.executor.local.guardian import Guardian, end_survivors
from treadle.executor.local.index import Row
from treadle.executor.local.journal import Journal
from treadle.executor.local.lock import RunLock
from treadle.executor.local.runner import Runner, Surroundings
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.program import Program
from treadle.executor.state import Run, RunStatus
from treadle.plan.coercion import TextParser
from treadle.plan.inputs import Given, InputSet, Resolved
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _ignore(event: object) -> None:
    """Watch nothing."""


class Host(Struct, frozen=True, kw_only=True):
    """The machine and the caller that a run is started for.

    Shapes: `environment` is inherited by every process; `parse_yaml` reads the text of list and
    object inputs; `watch` is told of every decision, `echo` gets what agents print.
    """

    project: Path
    environment: Mapping[str, str]
    parse_yaml: TextParser | None = None
    watch: Callable[[Decision], None] = _ignore
    echo: Callable[[bytes], None] = _ignore
    clock: Callable[[], str] = _now


class Rested(Struct, frozen=True, kw_only=True):
    """A run that rests: paused, ended, or stopped by the signal of that number."""

    run: Run
    folder: RunFolder
    warnings: tuple[Problem, ...]
    interrupted_by: int | None


def resolve_inputs(
    plan: Plan,
    given: Mapping[str, Given],
    *,
    host: Host,
    lenient: bool,
    environment: Mapping[str, Given] | None = None,
) -> Resolved:
    """Return the values of a first run, or everything that is wrong with them."""
    return InputSet(plan.inputs, parse_yaml=host.parse_yaml).resolve(
        given,
        lenient=lenient,
        integration=projects.default_integration(host.project),
        environment=environment,
    )


def start(
    plan: Plan,
    given: Mapping[str, Given],
    *,
    host: Host,
    lenient: bool = False,
    run_id: str | None = None,
    workflow_dir: str | None = None,
    environment: Mapping[str, Given] | None = None,
) -> Rested:
    """Run a plan until it rests.

    Errors: Refused when an input or the run id is, or when nothing can be written.
    """
    resolved = resolve_inputs(plan, given, host=host, lenient=lenient, environment=environment)
    _raise_problems(resolved)
    store = Store(host.project)
    chosen = run_id or host.environment.get("SPECKIT_WORKFLOW_RUN_ID", "").strip() or _new_id()
    folder = store.create(chosen, plan)
    event = RunCreated(
        run_id=folder.id,
        at=host.clock(),
        plan_digest=plan.digest,
        inputs=resolved.values,
        lenient=lenient,
        secrets=tuple(sorted(resolved.secrets)),
        workflow_dir=workflow_dir,
        started_by=_user(),
        commit=_commit(host),
    )
    lock = RunLock(folder.lock, folder.id)
    try:
        return _drive(
            Program.of(plan), None, event, host=host, store=store, folder=folder, resolved=resolved
        )
    finally:
        lock.release()


def resume(
    name: str,
    given: Mapping[str, Given],
    *,
    host: Host,
    choices: Sequence[str] = (),
    comment: str | None = None,
    lenient: bool = False,
    environment: Callable[[Plan], Mapping[str, Given]] | None = None,
) -> Rested:
    """Go on with a paused, failed or interrupted run until it rests.

    Shapes: `name` is a run id, its unique beginning or ``@latest``; `environment` gives what the
    variables of the machine say for a plan's inputs. A run that was started lenient stays so.
    Errors: Refused when the run, an input or a choice is; nothing was written then.
    """
    store = Store(host.project)
    folder = store.find(name)
    lock = RunLock(folder.lock, folder.id)
    try:
        program, run = store.load(folder)
        if run.status is not RunStatus.RUNNING and not run.status.is_resumable:
            raise Refused.because("TR905", run=folder.id, status=run.status.value)
        resolved = _merged(
            program.plan, run, given, host=host, lenient=lenient, environment=environment
        )
        _raise_problems(resolved)
        by, at = _user(), host.clock()
        answers = {
            address: Answer(choice=choice, by=by, at=at, comment=comment)
            for address, choice in read_answers(run, choices).items()
        }
        told = {*given, *resolved.changed}
        event = RunResumed(
            at=at,
            by=by,
            inputs={name: value for name, value in resolved.values.items() if name in told},
            answers=answers,
        )
        end_survivors(folder.groups)
        return _drive(program, run, event, host=host, store=store, folder=folder, resolved=resolved)
    finally:
        lock.release()


def _merged(
    plan: Plan,
    run: Run,
    given: Mapping[str, Given],
    *,
    host: Host,
    lenient: bool,
    environment: Callable[[Plan], Mapping[str, Given]] | None,
) -> Resolved:
    return InputSet(plan.inputs, parse_yaml=host.parse_yaml).merge(
        run.inputs,
        given,
        lenient=lenient or run.lenient,
        integration=projects.default_integration(host.project),
        environment=environment(plan) if environment is not None else None,
        held=run.secrets,
    )


def _drive(
    program: Program,
    run: Run | None,
    event: RunCreated | RunResumed,
    *,
    host: Host,
    store: Store,
    folder: RunFolder,
    resolved: Resolved,
) -> Rested:
    journal = Journal(folder.journal, folder.id)
    runner = Runner(
        program=program,
        run=run,
        journal=journal,
        logs=folder.logs,
        guardian=Guardian(folder.groups),
        surroundings=Surroundings(
            project=host.project,
            environment=host.environment,
            secrets=resolved.secrets,
            perform=perform,
            clock=host.clock,
            watch=host.watch,
            echo=host.echo,
        ),
    )
    store.index.put(_row(program, folder, status=RunStatus.RUNNING, at=event.at))
    try:
        rested = runner.drive(event)
    finally:
        journal.close()
    store.index.put(_row(program, folder, status=rested.status, at=rested.updated_at))
    return Rested(
        run=rested,
        folder=folder,
        warnings=resolved.warnings,
        interrupted_by=runner.interrupted_by,
    )


def _row(program: Program, folder: RunFolder, *, status: RunStatus, at: str) -> Row:
    return Row(run_id=folder.id, workflow_id=program.plan.id, status=status.value, updated_at=at)


def _raise_problems(resolved: Resolved) -> None:
    if resolved.problems:
        raise Refused(
            *(
                Reason(code=p.code, message=p.message, hint=p.hint, field=p.field)
                for p in resolved.problems
            )
        )


def _new_id() -> str:
    return secrets.token_hex(4)


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return None


def _commit(host: Host) -> str | None:
    """Return the commit that the project's folder has checked out, None without git."""
    if not any((folder / ".git").exists() for folder in (host.project, *host.project.parents)):
        return None
    try:
        shown = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=host.project,
            env=dict(host.environment),
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return shown.stdout.strip() or None
