"""The course of a run inside a workflow on Temporal: the core's state and its journal in memory.

Nothing here knows of Temporal, and nothing is decided here: every event goes through `decide`.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from treadle.executor.commands import Command, Continue, Perform, ResolveCall, StartTimer
from treadle.executor.decide import decide
from treadle.executor.event_json import from_json as event_from_json
from treadle.executor.event_json import to_json as event_to_json
from treadle.executor.events import (
    CancelRequested,
    Event,
    OutsideEvent,
    PlanReplaced,
    RunCreated,
    RunForked,
    RunResumed,
    RunRewound,
)
from treadle.executor.program import Program
from treadle.executor.replay import go_on, replay
from treadle.executor.snapshot import decoded, encoded
from treadle.executor.state import Run
from treadle.executor.temporal.messages import Carried, Held, JournalAsk, Opening, Page
from treadle.plan.codec import to_json as plan_to_json
from treadle.plan.plan import Plan
from treadle.plan.plan_file import parse_plan

# A page stays below what Temporal moves in one payload without complaint.
_PAGE_CHARACTERS = 40_000


class Course(Struct):
    """One run being driven.

    Shapes: `journal` holds the transactions behind `base` as JSON text, `snapshot` the state
    before them, `plan` the plan that held there, `plans` those that have replaced it since, by
    their digests. `found` are the plans that were found for calls.
    """

    program: Program
    run: Run
    plan: Mapping[str, Any]
    journal: list[str] = field(default_factory=list)
    base: int = 0
    snapshot: str | None = None
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    plans: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of transactions so far."""
        return self.base + len(self.journal)

    def take(self, event: OutsideEvent) -> tuple[Command, ...]:
        """Decide on an event, and return what is asked for."""
        decision = decide(self.program, self.run, event)
        self.run = decision.run
        self.journal.append(_written(decision.events))
        return decision.commands

    def take_plan(self, plan: Mapping[str, Any], event: PlanReplaced) -> tuple[Command, ...]:
        """Decide on going on under another plan, and return what is asked for.

        Errors: PlanError for a plan that this version cannot run.
        """
        program = Program.of(plan_from_data(plan))
        self.program = program.with_callees(self.program.callees)
        self.plans[program.plan.digest] = plan
        return self.take(event)

    def know(self, plan: Mapping[str, Any]) -> str:
        """Take note of a plan that was found for a call; return its digest."""
        callee = plan_from_data(plan)
        self.program = self.program.with_callee(callee)
        self.found[callee.digest] = plan
        return callee.digest

    def page(self, ask: JournalAsk) -> Page:
        """Return the part of the journal that a reader lacks, or the beginning of it."""
        is_behind = ask.after < self.base
        after = self.base if is_behind else min(ask.after, self.count)
        texts: list[str] = []
        size = 0
        for text in self.journal[after - self.base :]:
            size += len(text)
            if texts and size > _PAGE_CHARACTERS:
                break
            texts.append(text)
        return Page(
            base=after,
            transactions=tuple(texts),
            count=self.count,
            snapshot=self.snapshot if is_behind else None,
            callees=tuple(self.found.values()),
            plan=None if ask.has_plan and not is_behind else self.plan,
            plans=tuple(self.plans.values()),
        )

    def carried(self, held: Iterable[Command]) -> Carried:
        """Return the run as its next history begins with it.

        A state that no snapshot holds is carried as its events.
        """
        body = encoded(self.run)
        page = Page(
            base=self.base if body is None else self.count,
            transactions=tuple(self.journal) if body is None else (),
            count=self.count,
            snapshot=self.snapshot if body is None else b64encode(body).decode("ascii"),
            callees=tuple(self.found.values()),
            plans=tuple(self.plans.values()) if body is None else (),
        )
        return Carried(page=page, held=tuple(_held(command) for command in held))

    def anew(self, opening: Opening, held: Iterable[Command]) -> Opening:
        """Return what the next history of a run begins with."""
        carried = self.carried(held)
        latest = self.plans.get(self.run.program.plan.digest, self.plan)
        is_behind_all = carried.page.base == self.count
        return Opening(
            plan=latest if is_behind_all else self.plan,
            limits=opening.limits,
            project=opening.project,
            carried=carried,
            shows_gates=opening.shows_gates,
        )


def begun(opening: Opening, at: str) -> tuple[Course, tuple[Command, ...]]:
    """Return a course from its beginning, or from where the history before it stopped.

    Shapes: the commands are what is to be done first.
    Errors: PlanError for a plan that this version cannot run.
    """
    program = Program.of(plan_from_data(opening.plan))
    carried = opening.carried
    if carried is not None:
        reader = Reader(program=program)
        reader.read(carried.page)
        run = reader.state()
        course = Course(
            program=run.program,
            run=run,
            plan=opening.plan,
            journal=list(carried.page.transactions),
            base=carried.page.base,
            snapshot=carried.page.snapshot,
            found=reader.found,
            plans=reader.plans,
        )
        if opening.event is not None:
            return course, _gone_on(course, opening, at)
        return course, tuple(_command(held) for held in carried.held)
    created = event_from_json({**(opening.created or {}), "at": at})
    if not isinstance(created, RunCreated):
        raise ValueError("a run begins with run-created")
    decision = decide(program, None, created)
    course = Course(
        program=program,
        run=decision.run,
        plan=opening.plan,
        journal=[_written(decision.events)],
    )
    return course, decision.commands


def _gone_on(course: Course, opening: Opening, at: str) -> tuple[Command, ...]:
    """Go on with a run that rested when its history ended, by what somebody has asked for."""
    event = event_from_json({**(opening.event or {}), "at": at})
    match event:
        case PlanReplaced():
            return course.take_plan(opening.replacing or {}, event)
        case RunResumed() | RunRewound() | RunForked() | CancelRequested():
            return course.take(event)
        case _:
            raise ValueError("nobody goes on with a run by that")


class Reader(Struct):
    """Somebody who follows a run by the pages of its journal.

    Shapes: `watch` is told of each transaction: its number, its events, the state behind it.
    `texts` are the transactions behind `base`, `plan` is that of the state before them, and
    `plans` are those that replaced it, by their digests.
    """

    program: Program | None = None
    run: Run | None = None
    after: int = 0
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    plans: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    plan: Mapping[str, Any] | None = None
    texts: list[str] = field(default_factory=list)
    base: int = 0
    snapshot: str | None = None
    watch: Callable[[int, tuple[Event, ...], Run], None] | None = None
    _programs: dict[str, Program] = field(default_factory=dict)

    def ask(self) -> JournalAsk:
        """Return what to ask for next."""
        return JournalAsk(after=self.after, has_plan=self.program is not None)

    def read(self, page: Page) -> bool:
        """Read a page; return whether there is more."""
        self._learn(page)
        if page.snapshot is not None and page.base > self.after and self.program is not None:
            self.run = decoded(self.program, b64decode(page.snapshot))
            self.after = self.base = page.base
            self.snapshot = page.snapshot
            self.texts.clear()
        for text in page.transactions[max(0, self.after - page.base) :]:
            self._follow(_read(text))
            self.texts.append(text)
        return self.after < page.count

    def state(self) -> Run:
        """Return the state that was read. Errors: ValueError before anything was."""
        if self.run is None:
            raise ValueError("a run has at least one transaction")
        return self.run

    def carried(self) -> Carried:
        """Return the run for a new history that begins where everything was read."""
        page = Page(
            base=self.base,
            transactions=tuple(self.texts),
            count=self.after,
            snapshot=self.snapshot,
            callees=tuple(self.found.values()),
            plans=tuple(self.plans.values()),
        )
        return Carried(page=page, held=())

    def _learn(self, page: Page) -> None:
        """Take note of the plans that a page is read under."""
        if page.plan is not None or self.program is None:
            self.plan = page.plan or {}
            found = self.program.callees if self.program is not None else {}
            self.program = Program.of(plan_from_data(self.plan)).with_callees(found)
        for plan in page.plans:
            digest = str(plan.get("digest"))
            if digest not in self.plans:
                self._programs[digest] = Program.of(plan_from_data(plan))
                self.plans[digest] = plan
        for plan in page.callees:
            callee = plan_from_data(plan)
            if callee.digest not in self.found:
                self.found[callee.digest] = plan
                self.program = self.program.with_callee(callee)

    def _follow(self, events: Sequence[Event]) -> None:
        program = self.program
        if program is None:
            raise ValueError("a journal is read under a plan")

        def find(digest: str) -> Program:
            if digest == program.plan.digest:
                return program
            return self._programs.get(digest) or program.callees.get(digest, program)

        if self.run is None:
            self.run = replay(program, [events], programs=find)
        else:
            self.run = go_on(self.run, [events], behind=self.after, programs=find)
        self.after += 1
        if self.watch is not None and self.run is not None:
            self.watch(self.after, tuple(events), self.run)


def plan_from_data(data: Mapping[str, Any]) -> Plan:
    """Return a plan from its JSON data. Errors: PlanError."""
    return parse_plan(json.dumps(data).encode())


def plan_to_data(plan: Plan) -> Mapping[str, Any]:
    """Return a plan as JSON data of plain members, in the order of its source."""
    data: Mapping[str, Any] = json.loads(json.dumps(plan_to_json(plan), default=dict))
    return data


def _written(events: Iterable[Event]) -> str:
    found = [event_to_json(event) for event in events]
    return json.dumps(found, default=dict, allow_nan=False, separators=(",", ":"))


def _read(text: str) -> tuple[Event, ...]:
    return tuple(event_from_json(data) for data in json.loads(text))


def _held(command: Command) -> Held:
    match command:
        case Perform():
            return Held(perform=(command.address, command.attempt))
        case StartTimer():
            return Held(timer=(command.address, command.due))
        case ResolveCall():
            return Held(call=(command.address, command.workflow))
        case Continue():
            return Held(is_continue=True)


def _command(held: Held) -> Command:
    if held.perform is not None:
        address, attempt = held.perform
        return Perform(address=address, attempt=attempt)
    if held.timer is not None:
        address, due = held.timer
        return StartTimer(address=address, due=due)
    if held.call is not None:
        address, workflow = held.call
        return ResolveCall(address=address, workflow=workflow)
    return Continue()
