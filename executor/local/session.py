"""Starts and resumes runs on this machine: everything before the first write.

A request that is refused changes nothing: it is checked as a whole.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from treadle.executor.errors import Refused, refuse_problems
from treadle.executor.events import RunCreated, RunResumed
from treadle.executor.local import project as projects
from treadle.executor.local.answers import as_answers, read_answers, refuse_late_answers
from treadle.executor.local.departure import Departure
from treadle.executor.local.drive import Rested, drive, in_its_group
from treadle.executor.local.guardian import end_survivors
from treadle.executor.local.host import Host, commit, user
from treadle.executor.local.lock import RunLock
from treadle.executor.local.look_around import look_before
from treadle.executor.local.store import Store
from treadle.executor.program import Program
from treadle.executor.state import Run
from treadle.plan.inputs import Given, InputSet, Resolved
from treadle.plan.plan import Plan, every_step
from treadle.plan.steps import WorkflowStep


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
    refuse_problems(resolved.problems)
    departure = Departure(plan=plan, resolved=resolved, lenient=lenient, workflow_dir=workflow_dir)
    look_before(departure, host)
    store = Store(host.project)
    named = host.environment.get("SPECKIT_WORKFLOW_RUN_ID", "").strip()
    chosen = run_id if run_id is not None else named or new_id(store)
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
        if run.status.is_final:
            raise Refused.because("TR905", run=folder.id, status=run.status.value)
        resolved = merged_inputs(
            program.plan, run, given, host=host, lenient=lenient, environment=environment
        )
        refuse_problems(resolved.problems)
        look_before(departure_of(run, resolved, lenient=lenient), host)
        chosen = read_answers(run, choices)
        told = resolved.new_values(given)
        with in_its_group(program.plan, resolved, run_id=folder.id, host=host, store=store):
            by, at = user(), host.clock()
            refuse_late_answers(run, chosen, told, at=at)
            event = RunResumed(
                at=at,
                by=by,
                inputs=told,
                answers=as_answers(chosen, by=by, at=at, comment=comment),
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


def new_id(store: Store) -> str:
    """Return an id that no run of a project has."""
    while True:
        drawn = os.urandom(4).hex()
        if not os.path.lexists(store.runs / drawn):
            return drawn
