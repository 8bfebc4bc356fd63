"""Starts, resumes and ends runs on Temporal, for a caller that waits until they rest.

The functions are those of treadle.executor.local.session: whoever drives a run on this machine
drives one on Temporal in the same way. The run does not need the caller: it goes on without.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from temporalio.client import Client

from treadle.executor.decide import Decision
from treadle.executor.errors import Refused
from treadle.executor.event_json import to_json
from treadle.executor.events import Event, RunCreated
from treadle.executor.local import project as projects
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host, commit, user
from treadle.executor.local.index import Row
from treadle.executor.local.store import RUN_ID, RunFolder
from treadle.executor.state import Run
from treadle.executor.temporal import remote
from treadle.executor.temporal.connection import Target, connect, has_attributes
from treadle.executor.temporal.course import Reader, write_plan
from treadle.executor.temporal.messages import CancelAsk, Limits, Opening, ResumeAsk
from treadle.executor.temporal.requests import as_values, parsed, refuse_problems, without_secrets
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
        if plan.concurrency is not None:
            raise Refused.because("TR874", what="'concurrency'")
        integration = projects.default_integration(host.project)
        resolved = without_secrets(
            inputs.resolve(
                given, lenient=lenient, integration=integration, environment=environment
            ),
            inputs.secrets,
        )
        refuse_problems(resolved)
        named = host.environment.get("SPECKIT_WORKFLOW_RUN_ID", "").strip()
        chosen = run_id or named or remote.new_id()
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
            plan=write_plan(plan),
            limits=self.limits,
            project=str(host.project),
            created=to_json(created),
        )

        async def work(client: Client) -> Run:
            known = await has_attributes(client)
            await remote.begin(client, self.target, opening, created, has_attributes=known)
            return await self._rest(client, chosen, host, resting_behind=1)

        return self._rested(self._do(work, host), host, resolved)

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

        async def work(client: Client) -> tuple[Run, Resolved]:
            run_id, run = await self._found(client, name)
            plan = run.program.plan
            inputs = InputSet(plan.inputs, parse_yaml=host.parse_yaml)
            _refuse_given_secrets(inputs, given)
            filling = environment(plan) if environment is not None else {}
            public = {name: g for name, g in filling.items() if name not in inputs.secrets}
            integration = projects.default_integration(host.project)
            ask = ResumeAsk(
                given=as_values(parsed(inputs, given, host.parse_yaml)),
                environment=as_values(parsed(inputs, public, host.parse_yaml)),
                choices=tuple(choices),
                comment=comment,
                lenient=lenient,
                by=user(),
                integration=integration,
            )
            number = await remote.resume(client, run_id, ask, run=run, at=host.clock())
            merged = inputs.merge(
                run.inputs, given, lenient=lenient or run.lenient, integration=integration
            )
            return await self._rest(client, run_id, host, resting_behind=number), merged

        run, merged = self._do(work, host)
        return self._rested(run, host, merged)

    def cancel(self, name: str, *, host: Host, reason: str | None = None) -> Rested:
        """End a run for good, after its ``finally``.

        Errors: Refused with TR904, TR910, or when the server is out of reach.
        """

        async def work(client: Client) -> Run:
            run_id, run = await self._found(client, name)
            ask = CancelAsk(by=user(), reason=reason)
            number = await remote.cancel(client, run_id, ask, run=run, at=host.clock())
            ended = await self._rest(client, run_id, host, resting_behind=number)
            await remote.cancel_workflow(client, run_id)
            return ended

        return self._rested(self._do(work, host), host, _NOTHING)

    def load(self, name: str, *, host: Host) -> Run:
        """Return a run as it stands. Errors: Refused with TR904, TR909 or TR875."""

        async def work(client: Client) -> Run:
            return (await self._found(client, name))[1]

        return self._do(work, host)

    def follow(self, name: str, *, host: Host, watch: Callable[[Decision], None]) -> Run:
        """Tell of everything in a run from its beginning until it rests. Errors: as by `load`."""

        async def work(client: Client) -> Run:
            run_id, _ = await self._found(client, name)
            watcher = _watcher(watch)
            return await remote.follow(
                client, run_id, Reader(watch=watcher), resting_behind=1, tell=self.tell
            )

        return self._do(work, host)

    def rows(self, *, host: Host) -> tuple[Row, ...]:
        """Return a line for every run of the task queue, the latest first."""
        return self._do(lambda client: remote.rows(client, self.target), host)

    def _do(self, work: Callable[[Client], Coroutine[Any, Any, _T]], host: Host) -> _T:
        async def connected() -> _T:
            return await work(await connect(self.target, host.environment))

        return asyncio.run(connected())

    async def _found(self, client: Client, name: str) -> tuple[str, Run]:
        run_id = await remote.find(client, self.target, name)
        reader = Reader()
        await remote.read_all(client, run_id, reader, tell=self.tell)
        return run_id, reader.state()

    async def _rest(self, client: Client, run_id: str, host: Host, *, resting_behind: int) -> Run:
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

    def _rested(self, run: Run, host: Host, resolved: Resolved) -> Rested:
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


def _refuse_given_secrets(inputs: InputSet, given: Mapping[str, Given]) -> None:
    """Refuse secrets on their way to a server that keeps everything."""
    reasons = [
        Refused.because("TR874", what=f"the secret '{name}' on the command line").reasons[0]
        for name in given
        if name in inputs.secrets
    ]
    if reasons:
        raise Refused(*reasons)
