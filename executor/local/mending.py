"""Goes back in a run, or goes on with it under an edited plan; what that means is told before.

| function | asks before it writes | then |
|---|---|---|
| go_back | whether what runs again may run again | the step runs, with everything behind it |
| replace_plan | the same, and whether the verdict will do | it goes on under the new plan |

Whoever is asked holds up nothing but this run, whose lock is held. A refusal leaves it as it was.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from treadle.executor.again import returning
from treadle.executor.errors import Refused, refuse_problems
from treadle.executor.events import Answer, PlanReplaced, RunRewound
from treadle.executor.find_step import find_step
from treadle.executor.local.answers import as_answers, read_answers
from treadle.executor.local.drive import Rested, drive, in_its_group
from treadle.executor.local.guardian import end_survivors
from treadle.executor.local.host import Host, user
from treadle.executor.local.lock import RunLock
from treadle.executor.local.look_around import look_before
from treadle.executor.local.session import departure_of, merged_inputs
from treadle.executor.local.store import Store
from treadle.executor.program import Program
from treadle.executor.prospect import (
    Approve,
    Prospect,
    gates_after,
    going_back_to,
    require_approval,
)
from treadle.executor.rebase import rebased
from treadle.executor.rewind import cut
from treadle.executor.state import Run, RunStatus
from treadle.executor.verdict import judge
from treadle.plan.expression import Json
from treadle.plan.inputs import Given, Resolved
from treadle.plan.plan import Plan


class Request(Struct, frozen=True, kw_only=True):
    """What somebody wants to go on with.

    Shapes: `name` is a run id, its unique beginning or ``@latest``; `environment` gives what the
    variables of the machine say for a plan's inputs.
    """

    name: str
    given: Mapping[str, Given]
    choices: Sequence[str] = ()
    comment: str | None = None
    lenient: bool = False
    environment: Callable[[Plan], Mapping[str, Given]] | None = None


class Aim(Struct, frozen=True, kw_only=True):
    """Where a run is to go on.

    Shapes: the steps at `addresses` run again with all that is behind them; `edited` is the
    program that it goes on under, None for its own; `run_id` is that of a copy, where it is one
    that goes on. `status` is how the run is shown.
    """

    status: RunStatus
    addresses: tuple[str, ...]
    edited: Program | None = None
    run_id: str | None = None


class Allowed(Struct, frozen=True, kw_only=True):
    """What a run goes on with, once somebody has allowed it."""

    request: Request
    resolved: Resolved
    chosen: Mapping[str, str]

    @property
    def told(self) -> Mapping[str, Json]:
        """The values that are new."""
        return self.resolved.new_values(self.request.given)

    def answers(self, *, at: str) -> Mapping[str, Answer]:
        """Return the answers to gates as somebody's. Units: an ISO 8601 time."""
        return as_answers(self.chosen, by=user(), at=at, comment=self.request.comment)


def go_back(request: Request, step: str, *, host: Host, approve: Approve) -> Rested:
    """Run a step of a run again with everything behind it, until the run rests.

    Shapes: `step` is an id or an address. The run may be in any state but at work.
    Errors: Refused when the run, the step, an input or a choice is, and with TR938 when what
    would run again is not approved of; nothing was written then.
    """
    store = Store(host.project)
    folder = store.find(request.name)
    lock = RunLock(folder.lock, folder.id)
    try:
        program, run = store.load_whole(folder)
        address = find_step(run, step).address
        aim = Aim(status=store.shown_status(folder, run), addresses=(address,))
        allowed = allowed_to(aim, run, request, host=host, approve=approve)
        resolved = allowed.resolved
        with in_its_group(program.plan, resolved, run_id=folder.id, host=host, store=store):
            at = host.clock()
            event = RunRewound(
                at=at,
                by=user(),
                address=address,
                inputs=allowed.told,
                answers=allowed.answers(at=at),
            )
            end_survivors(folder.groups)
            return drive(
                program, run, event, host=host, store=store, folder=folder, resolved=resolved
            )
    finally:
        lock.release()


def replace_plan(
    request: Request,
    plan: Plan,
    *,
    host: Host,
    approve: Approve,
    step: str | None = None,
    accepts_changes: bool = False,
) -> Rested:
    """Go on with a run under an edited plan until it rests.

    Shapes: with `step` the run goes back to it first; with `accepts_changes` it goes back to the
    earliest step that is done and not what it was.
    Errors: Refused as for `go_back`, and with TR939 to TR941 when the plan does not fit the run.
    """
    store = Store(host.project)
    folder = store.find(request.name)
    lock = RunLock(folder.lock, folder.id)
    try:
        before, run = store.load_whole(folder)
        program = Program.of(plan)
        if plan.id != before.plan.id:
            raise Refused.because("TR941", run=folder.id, old=before.plan.id, new=plan.id)
        first = (find_step(run, step).address,) if step is not None else ()
        addresses = going_back_to(run, program, first, accepts_changes=accepts_changes)
        if not addresses and run.status.is_final:
            raise Refused.because("TR905", run=folder.id, status=run.status.value)
        aim = Aim(status=store.shown_status(folder, run), addresses=addresses, edited=program)
        allowed = allowed_to(aim, run, request, host=host, approve=approve)
        resolved = allowed.resolved
        with in_its_group(plan, resolved, run_id=folder.id, host=host, store=store):
            at = host.clock()
            event = PlanReplaced(
                at=at,
                by=user(),
                plan_digest=plan.digest,
                addresses=addresses,
                inputs=resolved.values,
                given=tuple(allowed.told),
                secrets=tuple(sorted(resolved.secrets)),
                answers=allowed.answers(at=at),
            )
            store.replace_plan(folder, before.plan, plan)
            end_survivors(folder.groups)
            return drive(
                program, run, event, host=host, store=store, folder=folder, resolved=resolved
            )
    finally:
        lock.release()


def allowed_to(aim: Aim, run: Run, request: Request, *, host: Host, approve: Approve) -> Allowed:
    """Find out whether a run can go on as somebody wants it, and ask whether it may.

    Errors: Refused when an input, a choice or what the steps need is, and with TR938.
    """
    program = aim.edited or run.program
    shorter = cut(run, aim.addresses)
    resolved = merged_inputs(
        program.plan,
        run,
        request.given,
        host=host,
        lenient=request.lenient,
        environment=request.environment,
    )
    refuse_problems(resolved.problems)
    ahead = shorter.run if aim.edited is None else rebased(shorter.run, program)
    look_before(departure_of(ahead, resolved, lenient=request.lenient), host)
    chosen = read_answers(run, request.choices, gates=gates_after(shorter, program))
    prospect = Prospect(
        run=run,
        status=aim.status,
        target=aim.addresses[0] if aim.addresses else None,
        returns=returning(shorter),
        verdict=None if aim.edited is None else judge(shorter.run, program),
        plan=program.plan,
        run_id=aim.run_id,
    )
    require_approval(prospect, approve)
    return Allowed(request=request, resolved=resolved, chosen=chosen)
