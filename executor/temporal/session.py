"""Starts, resumes and ends runs on Temporal, for a caller that waits until they rest.

The functions are those of treadle.executor.local.session: whoever drives a run on this machine
drives one on Temporal in the same way. The run does not need the caller: it goes on without.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from temporalio.client import Client
from temporalio.service import RPCError

from treadle.executor.decide import Decision
from treadle.executor.errors import Refused, refuse_problems
from treadle.executor.event_json import to_json
from treadle.executor.events import Event, OutsideEvent, RunCreated, RunForked
from treadle.executor.local import project as projects
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host, commit, user
from treadle.executor.local.mending import Request
from treadle.executor.local.store import RUN_ID, RunFolder
from treadle.executor.state import Run, RunStatus
from treadle.executor.temporal import remote
from treadle.executor.temporal.connection import Target, connect
from treadle.executor.temporal.course import Reader, plan_to_data
from treadle.executor.temporal.listing import EVERY, Listed, Wanted, find, listed
from treadle.executor.temporal.messages import (
    CANCEL,
    RESUME,
    CancelAsk,
    Limits,
    Opening,
    ResumeAsk,
)
from treadle.executor.temporal.requests import (
    as_values,
    cancelled,
    merged,
    parsed,
    resumed,
)
from treadle.executor.temporal.trouble import refused_by
from treadle.plan.inputs import Given, InputSet, Resolved
from treadle.plan.plan import Plan

_T = TypeVar("_T")


class Site(Struct, frozen=True, kw_only=True):
    """Where runs are kept: a server, and how.

    Shapes: `waits` says whether the caller stays until a run rests; `tell` is told why nothing
    happens while it waits.
    """

    target: Target
    limits: Limits = Limits()
    waits: bool = True
    tell: Callable[[str], None] = lambda text: None

    def start(
        self,
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

        Errors: Refused when an input or the run id is, or when the server is out of reach.
        """
        inputs = InputSet(plan.inputs, parse_yaml=host.parse_yaml)
        _refuse_given_secrets(inputs, given)
        refuse_group(plan)
        integration = projects.default_integration(host.project)
        resolved = inputs.resolve(
            given, lenient=lenient, integration=integration, environment=environment
        ).without_secrets(inputs.secrets)
        refuse_problems(resolved.problems)
        named = host.environment.get("SPECKIT_WORKFLOW_RUN_ID", "").strip()
        chosen = run_id if run_id is not None else named or remote.new_id()
        if RUN_ID.fullmatch(chosen) is None:
            raise Refused.because("TR907", run=chosen)
        created = RunCreated(
            run_id=chosen,
            at=host.clock(),
            plan_digest=plan.digest,
            inputs=resolved.values,
            lenient=lenient,
            secrets=tuple(sorted(inputs.secrets)),
            workflow_dir=workflow_dir,
            started_by=user(),
            commit=commit(host),
            project=str(host.project),
            integration=integration,
        )
        opening = Opening(
            plan=plan_to_data(plan),
            limits=self.limits,
            project=str(host.project),
            created=to_json(created),
        )

        begun = remote.Beginning(
            run_id=chosen,
            plan=plan,
            inputs=resolved.values,
            started_by=created.started_by,
            created_at=created.at,
            updated_at=created.at,
        )

        async def work(client: Client) -> Run:
            await remote.begin(client, self.target, opening, begun)
            return await self.rest(client, chosen, host, resting_behind=1)

        return self.rested(self.do(work, host), host, resolved)

    def resume(
        self,
        name: str,
        given: Mapping[str, Given],
        *,
        host: Host,
        choices: Sequence[str] = (),
        comment: str | None = None,
        lenient: bool = False,
        environment: Callable[[Plan], Mapping[str, Given]] | None = None,
    ) -> Rested:
        """Go on with a paused or failed run until it rests.

        Errors: Refused when the run, an input or a choice is; nothing was written then.
        """

        request = Request(
            name=name,
            given=given,
            choices=choices,
            comment=comment,
            lenient=lenient,
            environment=environment,
        )

        async def work(client: Client) -> tuple[Run, Resolved]:
            run_id, reader = await self.look(client, name)
            run = reader.state()
            ask = asking(request, run.program.plan, host=host)
            number = await remote.update(client, run_id, RESUME, ask)
            if number is None:
                event = resumed(run, ask, at=host.clock(), holder=None)
                number = await self.begin_again(client, reader, event, host)
            resolved = merged(run.program.plan, run, ask)
            return await self.rest(client, run_id, host, resting_behind=number), resolved

        rested, resolved = self.do(work, host)
        return self.rested(rested, host, resolved)

    def cancel(self, name: str, *, host: Host, reason: str | None = None) -> Rested:
        """End a run for good, after its ``finally``.

        Errors: Refused with TR904, TR910, or when the server is out of reach.
        """

        async def work(client: Client) -> Run:
            run_id, reader = await self.look(client, name)
            ask = CancelAsk(by=user(), reason=reason)
            number = await remote.update(client, run_id, CANCEL, ask)
            if number is None:
                event = cancelled(reader.state(), ask, at=host.clock())
                number = await self.begin_again(client, reader, event, host)
            ended = await self.rest(client, run_id, host, resting_behind=number)
            await remote.cancel_workflow(client, run_id)
            return ended

        return self.rested(self.do(work, host), host, _NOTHING)

    def load(self, name: str, *, host: Host) -> Run:
        """Return a run as it stands. Errors: Refused with TR904, TR909 or TR875."""
        return self.load_shown(name, host=host)[0]

    def load_shown(self, name: str, *, host: Host) -> tuple[Run, RunStatus]:
        """Return a run and the status to show: one whose workflow was ended is interrupted.

        Errors: as by `load`.
        """

        async def work(client: Client) -> tuple[Run, RunStatus]:
            run_id, reader = await self.look(client, name)
            run = reader.state()
            return run, remote.shown_status(run, await remote.execution(client, run_id))

        return self.do(work, host)

    def follow(self, name: str, *, host: Host, watch: Callable[[Decision], None]) -> Run:
        """Tell of everything in a run from its beginning until it rests. Errors: as by `load`."""

        async def work(client: Client) -> Run:
            run_id = await find(client, self.target, name)
            watcher = _watcher(watch)
            return await remote.follow(
                client, run_id, Reader(watch=watcher), resting_behind=1, tell=self.tell
            )

        return self.do(work, host)

    def listed(self, wanted: Wanted = EVERY, *, host: Host) -> tuple[Listed, ...]:
        """Return the runs of the task queue, the latest first; there may be more than wanted."""
        return self.do(lambda client: listed(client, self.target, wanted), host)

    def do(self, work: Callable[[Client], Coroutine[Any, Any, _T]], host: Host) -> _T:
        """Do something with a connection. Errors: Refused when there is none."""

        async def connected() -> _T:
            client = await connect(self.target, host.environment)
            try:
                return await work(client)
            except RPCError as error:
                raise refused_by(error, self.target.address) from error

        return asyncio.run(connected())

    async def look(self, client: Client, name: str) -> tuple[str, Reader]:
        """Read everything that there is of a run. Errors: Refused with TR904, TR909 or TR875."""
        run_id = await find(client, self.target, name)
        reader = Reader()
        await remote.read_all(client, run_id, reader, tell=self.tell)
        return run_id, reader

    async def begin_again(
        self,
        client: Client,
        reader: Reader,
        event: OutsideEvent,
        host: Host,
        *,
        replacing: Mapping[str, Any] | None = None,
    ) -> int:
        """Go on with a run whose workflow is closed, or with a copy of a run, in a new workflow.

        Shapes: the number is that of the transaction that the event becomes.
        Errors: Refused with TR906 or TR880.
        """
        run = reader.state()
        copy = event.run_id if isinstance(event, RunForked) else None
        opening = Opening(
            plan=reader.plan or {},
            limits=self.limits,
            project=run.project or str(host.project),
            carried=reader.carried(),
            event=to_json(event),
            replacing=replacing,
        )
        begun = remote.Beginning(
            run_id=copy or run.id,
            plan=run.program.plan,
            inputs=run.inputs,
            started_by=run.started_by if copy is None else user(),
            created_at=run.created_at if copy is None else host.clock(),
            updated_at=host.clock(),
            is_again=copy is None,
        )
        await remote.begin(client, self.target, opening, begun)
        return reader.after + 1

    async def rest(self, client: Client, run_id: str, host: Host, *, resting_behind: int) -> Run:
        """Return a run when it rests; at once, when the caller does not wait."""
        # What was told before this request is not told again.
        watcher = _watcher(host.watch, behind=resting_behind - 1)
        reader = Reader(watch=watcher)
        if not self.waits:
            await remote.read_all(client, run_id, reader, tell=self.tell)
            return reader.state()
        try:
            return await remote.follow(
                client, run_id, reader, resting_behind=resting_behind, tell=self.tell
            )
        except asyncio.CancelledError:
            # Ctrl-C ends the command, and nothing else.
            self.tell(f"run {run_id} goes on on Temporal")
            raise

    def rested(self, run: Run, host: Host, resolved: Resolved) -> Rested:
        """Return a run that rests, as a caller on this machine is told of one."""
        folder = RunFolder(host.project / ".treadle" / "runs" / run.id)
        return Rested(run=run, folder=folder, warnings=resolved.warnings, interrupted_by=None)


_NOTHING = Resolved(values={}, secrets={})


def _watcher(
    watch: Callable[[Decision], None], *, behind: int = 0
) -> Callable[[int, tuple[Event, ...], Run], None]:
    def told(number: int, events: tuple[Event, ...], run: Run) -> None:
        if number > behind:
            watch(Decision(events=events, commands=(), run=run))

    return told


def asking(request: Request, plan: Plan, *, host: Host) -> ResumeAsk:
    """Return how somebody goes on with a run under a plan, as the run is asked.

    Errors: Refused with TR874 for a secret.
    """
    inputs = InputSet(plan.inputs, parse_yaml=host.parse_yaml)
    _refuse_given_secrets(inputs, request.given)
    filling = request.environment(plan) if request.environment is not None else {}
    public = {name: given for name, given in filling.items() if name not in inputs.secrets}
    return ResumeAsk(
        given=as_values(parsed(inputs, request.given, host.parse_yaml)),
        environment=as_values(parsed(inputs, public, host.parse_yaml)),
        choices=tuple(request.choices),
        comment=request.comment,
        lenient=request.lenient,
        by=user(),
        integration=projects.default_integration(host.project),
    )


def refuse_group(plan: Plan) -> None:
    """Refuse a workflow whose runs keep out of each other's way. Errors: Refused with TR874."""
    if plan.concurrency is not None:
        hint = "a label ('runs_on') whose one worker has '--steps 1' keeps steps apart"
        raise Refused.because("TR874", what="'concurrency'", hint=hint)


def _refuse_given_secrets(inputs: InputSet, given: Mapping[str, Given]) -> None:
    """Refuse secrets on their way to a server that keeps everything."""
    reasons = [
        Refused.because("TR874", what=f"the secret '{name}' on the command line").problems[0]
        for name in given
        if name in inputs.secrets
    ]
    if reasons:
        raise Refused(*reasons)
