"""Goes back in a run on Temporal, goes on with it under an edited plan, or copies it.

The functions are those of treadle.executor.local: what would happen is worked out by the same
rules and told before. A run whose workflow is open is asked by an Update, which it refuses when it
has gone on meanwhile; one whose workflow is closed goes on in a new workflow of the same id.
"""

from msgspec import Struct
from temporalio.client import Client

from treadle.executor.again import returning
from treadle.executor.errors import Refused
from treadle.executor.events import OutsideEvent
from treadle.executor.find_step import find_step
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host, commit
from treadle.executor.local.mending import Request
from treadle.executor.local.store import RUN_ID
from treadle.executor.program import Program
from treadle.executor.prospect import Approve, Prospect, going_back_to, require_approval
from treadle.executor.state import Run, RunStatus
from treadle.executor.temporal import remote
from treadle.executor.temporal.course import Reader, plan_to_data
from treadle.executor.temporal.mend_requests import (
    Standing,
    forked,
    replaced,
    rewound,
    taken_back,
)
from treadle.executor.temporal.messages import GO_BACK, REPLACE_PLAN, MendAsk
from treadle.executor.temporal.requests import HOLDER, merged
from treadle.executor.temporal.session import Site, asking, refuse_group
from treadle.executor.verdict import judge
from treadle.plan.inputs import Resolved
from treadle.plan.plan import Plan


class Looked(Struct, frozen=True, kw_only=True):
    """A run as it was read, and the workflow of it that was the latest then.

    Shapes: `status` is the one to show: a run whose workflow was ended is interrupted.
    """

    reader: Reader
    execution: remote.Execution
    status: RunStatus

    @property
    def run(self) -> Run:
        """The state of the run."""
        return self.reader.state()

    @property
    def standing(self) -> Standing:
        """The run, for those who judge what is asked of it."""
        reader = self.reader
        return Standing(run=self.run, count=reader.after, is_whole=reader.snapshot is None)


def go_back(site: Site, request: Request, step: str, *, host: Host, approve: Approve) -> Rested:
    """Run a step of a run again with everything behind it, until the run rests.

    Errors: Refused as on one machine, or with TR880 or TR881.
    """

    async def work(client: Client) -> tuple[Run, Resolved]:
        looked = await _look(site, client, request.name)
        run, plan = looked.run, looked.run.program.plan
        ask = _asked_from(looked, request, step, host=host)
        event = rewound(looked.standing, ask, at=host.clock())
        require_approval(_prospect(looked, ask, plan), approve)
        number = await _carried_on(site, client, looked, GO_BACK, ask, event, host=host)
        rested = await site.rest(client, run.id, host, resting_behind=number)
        return rested, merged(plan, run, ask.going_on)

    rested, resolved = site.do(work, host)
    return site.rested(rested, host, resolved)


def replace_plan(
    site: Site,
    request: Request,
    plan: Plan,
    *,
    host: Host,
    approve: Approve,
    step: str | None = None,
    accepts_changes: bool = False,
) -> Rested:
    """Go on with a run under an edited plan until it rests.

    Errors: as by `go_back`; also with TR874, TR905, TR939 to TR941.
    """
    refuse_group(plan)

    async def work(client: Client) -> tuple[Run, Resolved]:
        looked = await _look(site, client, request.name)
        run, before, program = looked.run, looked.run.program.plan, Program.of(plan)
        if plan.id != before.id:
            raise Refused.because("TR941", run=run.id, old=before.id, new=plan.id)
        first = (find_step(run, step).address,) if step is not None else ()
        ask = MendAsk(
            going_on=asking(request, plan, host=host),
            seen=looked.reader.after,
            addresses=going_back_to(run, program, first, accepts_changes=accepts_changes),
            plan=plan_to_data(plan),
        )
        event = replaced(looked.standing, program, ask, at=host.clock())
        require_approval(_prospect(looked, ask, plan, program=program), approve)
        number = await _carried_on(site, client, looked, REPLACE_PLAN, ask, event, host=host)
        rested = await site.rest(client, run.id, host, resting_behind=number)
        return rested, merged(plan, run, ask.going_on)

    rested, resolved = site.do(work, host)
    return site.rested(rested, host, resolved)


def fork(
    site: Site,
    request: Request,
    step: str,
    *,
    host: Host,
    approve: Approve,
    run_id: str | None = None,
) -> Rested:
    """Copy a run and run a step of the copy again with everything behind it, until it rests.

    Errors: as by `go_back`; TR906 or TR907 for the id of the copy.
    """
    chosen = run_id if run_id is not None else remote.new_id()
    if RUN_ID.fullmatch(chosen) is None:
        raise Refused.because("TR907", run=chosen)

    async def work(client: Client) -> tuple[Run, Resolved]:
        looked = await _look(site, client, request.name)
        run, plan = looked.run, looked.run.program.plan
        ask = _asked_from(looked, request, step, host=host)
        event = forked(looked.standing, ask, run_id=chosen, commit=commit(host), at=host.clock())
        await _refuse_taken(client, chosen)
        require_approval(_prospect(looked, ask, plan, run_id=chosen), approve)
        number = await site.begin_again(client, looked.reader, event, host)
        rested = await site.rest(client, chosen, host, resting_behind=number)
        return rested, merged(plan, run, ask.going_on)

    rested, resolved = site.do(work, host)
    return site.rested(rested, host, resolved)


def _asked_from(looked: Looked, request: Request, step: str, *, host: Host) -> MendAsk:
    """Return what is asked of a run that goes back to a step. Errors: Refused as by `find_step`."""
    run = looked.run
    return MendAsk(
        going_on=asking(request, run.program.plan, host=host),
        seen=looked.reader.after,
        addresses=(find_step(run, step).address,),
    )


async def _look(site: Site, client: Client, name: str) -> Looked:
    """Read a run that nobody works on. Errors: Refused with TR903, or as by `Site.look`."""
    run_id, reader = await site.look(client, name)
    execution = await remote.execution(client, run_id)
    status = remote.shown_status(reader.state(), execution)
    if status is RunStatus.RUNNING:
        raise Refused.because("TR903", run=run_id, holder=HOLDER)
    return Looked(reader=reader, execution=execution, status=status)


async def _carried_on(
    site: Site,
    client: Client,
    looked: Looked,
    update: str,
    ask: MendAsk,
    event: OutsideEvent,
    *,
    host: Host,
) -> int:
    """Go on with a run where it is kept; return the number of the transaction.

    Errors: Refused with TR880 when somebody else was quicker.
    """
    run = looked.run
    latest = await remote.execution(client, run.id)
    if latest.closed is None and run.status.is_resumable:
        number = await remote.update(client, run.id, update, ask)
        if number is not None:
            return number
    latest = await remote.until_closed(client, run.id)
    # Temporal begins a workflow of an id that is free, whoever has had it meanwhile.
    if latest.id != looked.execution.id:
        raise Refused.because("TR880", run=run.id)
    return await site.begin_again(client, looked.reader, event, host, replacing=ask.plan)


async def _refuse_taken(client: Client, run_id: str) -> None:
    """Refuse the id of another run before anybody is asked. Errors: Refused with TR906."""
    if await remote.is_known(client, run_id):
        raise Refused.because("TR906", run=run_id)


def _prospect(
    looked: Looked,
    ask: MendAsk,
    plan: Plan,
    *,
    program: Program | None = None,
    run_id: str | None = None,
) -> Prospect:
    """Return what will happen; with a program, the verdict on it as well."""
    shorter = taken_back(looked.standing, ask)
    return Prospect(
        run=looked.run,
        status=looked.status,
        target=ask.addresses[0] if ask.addresses else None,
        returns=returning(shorter),
        plan=plan,
        verdict=judge(shorter.run, program) if program is not None else None,
        run_id=run_id,
    )
