"""Starts and resumes runs on this machine: everything around the runner.

A request that is refused changes nothing: it is checked as a whole before the first write.
"""

import getpass
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.actions.run import begin, perform
from treadle.executor.decide import Decision
from treadle.executor.errors import Reason, Refused
from treadle.executor.events import Answer, OutsideEvent, RunCreated, RunResumed
from treadle.executor.local import project as projects
from treadle.executor.local.answers import read_answers, refuse_late_answers
from treadle.executor.local.cancel_request import drop_request, take_request
from treadle.executor.local.departure import Departure
from treadle.executor.local.groups import Conflict, Holder, in_group
from treadle.executor.local.guardian import Guardian, end_survivors
from treadle.executor.local.index import Row
from treadle.executor.local.journal import Journal
from treadle.executor.local.lock import RunLock
from treadle.executor.local.process_limit import limited, slot_folder
from treadle.executor.local.runner import Runner
from treadle.executor.local.step_types import installed_step_type
from treadle.executor.local.store import RunFolder, Store, row_of
from treadle.executor.local.surroundings import Surroundings
from treadle.executor.ports import NoPlans, PlanSource
from treadle.executor.program import Program
from treadle.executor.state import Run, RunStatus
from treadle.executor.step_needs import refuse_missing_types
from treadle.executor.step_type import FindStepType
from treadle.plan.coercion import TextParser
from treadle.plan.inputs import Given, InputSet, Resolved
from treadle.plan.plan import Plan, every_step
from treadle.plan.problems import Problem
from treadle.plan.steps import WorkflowStep


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _ignore(event: object) -> None:
    """Watch nothing."""


class Host(Struct, frozen=True, kw_only=True):
    """The machine and the caller that a run is started for.

    Shapes: `environment` is inherited by every process; `parse_yaml` reads the text of list and
    object inputs; `watch` is told of every decision, `echo` gets what agents print; `held_up` is
    told of each run that this one waits for in its group; `plans` finds the workflows that
    expressions name; `preflight` looks around before
    anything is written, and may refuse.
    Units: `max_processes` is how many step processes a user may have at work on this machine.
    """

    project: Path
    environment: Mapping[str, str]
    parse_yaml: TextParser | None = None
    watch: Callable[[Decision], None] = _ignore
    echo: Callable[[bytes], None] = _ignore
    held_up: Callable[[Holder], None] = _ignore
    preflight: Callable[[Departure], None] = _ignore
    clock: Callable[[], str] = _now
    plans: PlanSource = NoPlans()
    max_processes: int | None = None
    find_step_type: FindStepType = installed_step_type


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
    raise_problems(resolved)
    refuse_missing_types(plan, host.find_step_type)
    host.preflight(
        Departure(plan=plan, resolved=resolved, lenient=lenient, workflow_dir=workflow_dir)
    )
    store = Store(host.project)
    chosen = run_id or host.environment.get("SPECKIT_WORKFLOW_RUN_ID", "").strip() or new_id(store)
    with in_its_group(plan, resolved, run_id=chosen, host=host, store=store):
        folder, lock = store.create(chosen, plan)
        try:
            event = RunCreated(
                run_id=folder.id,
                at=host.clock(),
                plan_digest=plan.digest,
                inputs=resolved.values,
                lenient=lenient,
                secrets=tuple(sorted(resolved.secrets)),
                workflow_dir=workflow_dir,
                started_by=user(),
                commit=commit(host),
                **_for_calls(plan, host),
            )
            program = Program.of(plan)
            return drive(
                program, None, event, host=host, store=store, folder=folder, resolved=resolved
            )
        finally:
            lock.release()


class _ForCalls(TypedDict, total=False):
    """What only the workflows that a run calls need to know, as arguments of its first event."""

    project: str
    integration: str | None


def _for_calls(plan: Plan, host: Host) -> _ForCalls:
    if not any(isinstance(step, WorkflowStep) for step in every_step(plan)):
        return {}
    integration = projects.default_integration(host.project)
    return _ForCalls(project=str(host.project), integration=integration)


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
        resolved = merged_inputs(
            program.plan, run, given, host=host, lenient=lenient, environment=environment
        )
        raise_problems(resolved)
        refuse_missing_types(program.plan, host.find_step_type)
        host.preflight(departure_of(run, resolved, lenient=lenient))
        chosen = read_answers(run, choices)
        told = {*given, *resolved.changed}
        with in_its_group(program.plan, resolved, run_id=folder.id, host=host, store=store):
            by, at = user(), host.clock()
            refuse_late_answers(run, chosen, told, at=at)
            event = RunResumed(
                at=at,
                by=by,
                inputs={name: value for name, value in resolved.values.items() if name in told},
                answers={
                    address: Answer(choice=choice, by=by, at=at, comment=comment)
                    for address, choice in chosen.items()
                },
            )
            end_survivors(folder.groups)
            return drive(
                program, run, event, host=host, store=store, folder=folder, resolved=resolved
            )
    finally:
        lock.release()


def merged_inputs(
    plan: Plan,
    run: Run,
    given: Mapping[str, Given],
    *,
    host: Host,
    lenient: bool,
    environment: Callable[[Plan], Mapping[str, Given]] | None,
) -> Resolved:
    """Return the values that a run goes on with under a plan, or what is wrong with them."""
    return InputSet(plan.inputs, parse_yaml=host.parse_yaml).merge(
        run.inputs,
        given,
        lenient=lenient or run.lenient,
        integration=projects.default_integration(host.project),
        environment=environment(plan) if environment is not None else None,
        held=run.secrets,
    )


def departure_of(run: Run, resolved: Resolved, *, lenient: bool) -> Departure:
    """Return a run that is about to go on from where it stands."""
    return Departure(
        plan=run.program.plan,
        resolved=resolved,
        lenient=lenient or run.lenient,
        run=run,
        workflow_dir=run.workflow_dir,
    )


def drive(
    program: Program,
    run: Run | None,
    event: OutsideEvent | Decision,
    *,
    host: Host,
    store: Store,
    folder: RunFolder,
    resolved: Resolved,
) -> Rested:
    """Work on a run whose lock is held from an event until it rests.

    Shapes: a decision is an event that is on the disk already, and `run` the state behind it.
    """
    drop_request(folder.cancel)
    journal = Journal(folder.journal, folder.id)
    runner = Runner(
        program=program,
        run=run,
        journal=journal,
        logs=folder.logs,
        guardian=Guardian(folder.groups),
        snapshots=store.snapshots(folder),
        surroundings=Surroundings(
            project=host.project,
            environment=host.environment,
            secrets=resolved.secrets,
            perform=limited(perform, host.max_processes, slot_folder(host.environment)),
            # Who waits for a slot needs a thread to wait in.
            begin=begin if host.max_processes is None else None,
            clock=host.clock,
            plans=host.plans,
            keep_plan=lambda plan: store.keep_plan(folder, plan),
            watch=host.watch,
            echo=host.echo,
            find_step_type=host.find_step_type,
            cancel_request=lambda: take_request(folder.cancel, host.clock),
        ),
    )
    store.index.put(_row(program, run, event))
    try:
        rested = runner.drive(event)
    finally:
        journal.close()
    store.index.put(row_of(rested, rested.status))
    return Rested(
        run=rested,
        folder=folder,
        warnings=resolved.warnings,
        interrupted_by=runner.interrupted_by,
    )


def _row(program: Program, run: Run | None, event: OutsideEvent | Decision) -> Row:
    """Return what a list shows of a run that begins, or goes on."""
    if run is not None:
        at = run.updated_at if isinstance(event, Decision) else event.at
        return replace(row_of(run, RunStatus.RUNNING), updated_at=at)
    if not isinstance(event, RunCreated):
        raise ValueError("a run begins with run-created")
    return Row(
        run_id=event.run_id,
        workflow_id=program.plan.id,
        status=RunStatus.RUNNING.value,
        created_at=event.at,
        updated_at=event.at,
        started_by=event.started_by,
    )


def in_its_group(
    plan: Plan, resolved: Resolved, *, run_id: str, host: Host, store: Store
) -> AbstractContextManager[None]:
    """Hold a place in the run's concurrency group, where its workflow has one."""

    def cancel_holder(run_id: str) -> None:
        # Cancelling drives a run, so it stands above this module.
        from treadle.executor.local.cancel import make_way

        make_way(run_id, project=host.project, environment=host.environment)

    return in_group(
        plan,
        resolved.values,
        store=store,
        run_id=run_id,
        clock=host.clock,
        conflict=Conflict(tell=host.held_up, cancel=cancel_holder),
    )


def raise_problems(resolved: Resolved) -> None:
    """Refuse inputs that have problems. Errors: Refused with all of them."""
    if resolved.problems:
        raise Refused(
            *(
                Reason(code=p.code, message=p.message, hint=p.hint, field=p.field)
                for p in resolved.problems
            )
        )


def new_id(store: Store) -> str:
    """Return an id that no run of a project has."""
    while True:
        drawn = os.urandom(4).hex()
        if not (store.runs / drawn).exists():
            return drawn


def user() -> str | None:
    """Return who is at work, None when nobody knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return None


def commit(host: Host) -> str | None:
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
