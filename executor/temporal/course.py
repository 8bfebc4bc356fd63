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
from treadle.executor.events import Event, OutsideEvent, RunCreated
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
    before them. `found` are the plans that were found for calls.
    """

    program: Program
    run: Run
    plan: Mapping[str, Any]
    journal: list[str] = field(default_factory=list)
    base: int = 0
    snapshot: str | None = None
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)

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

    def know(self, plan: Mapping[str, Any]) -> str:
        """Take note of a plan that was found for a call; return its digest."""
        callee = read_plan(plan)
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
            plan=None if ask.has_plan else self.plan,
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
        )
        return Carried(page=page, held=tuple(_held(command) for command in held))


def begun(opening: Opening, at: str) -> tuple[Course, tuple[Command, ...]]:
    """Return a course from its beginning, or from where the history before it stopped.

    Shapes: the commands are what is to be done first.
    Errors: PlanError for a plan that this version cannot run.
    """
    program = Program.of(read_plan(opening.plan))
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
        )
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


class Reader(Struct):
    """Somebody who follows a run by the pages of its journal.

    Shapes: `watch` is told of each transaction: its number, its events, the state behind it.
    """

    program: Program | None = None
    run: Run | None = None
    after: int = 0
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    watch: Callable[[int, tuple[Event, ...], Run], None] | None = None

    def ask(self) -> JournalAsk:
        """Return what to ask for next."""
        return JournalAsk(after=self.after, has_plan=self.program is not None)

    def read(self, page: Page) -> bool:
        """Read a page; return whether there is more."""
        if self.program is None:
            self.program = Program.of(read_plan(page.plan or {}))
        for plan in page.callees:
            callee = read_plan(plan)
            if callee.digest not in self.found:
                self.found[callee.digest] = plan
                self.program = self.program.with_callee(callee)
        if page.snapshot is not None and page.base > self.after:
            self.run = decoded(self.program, b64decode(page.snapshot))
            self.after = page.base
        for text in page.transactions[max(0, self.after - page.base) :]:
            self._follow(_read(text))
        return self.after < page.count

    def state(self) -> Run:
        """Return the state that was read. Errors: ValueError before anything was."""
        if self.run is None:
            raise ValueError("a run has at least one transaction")
        return self.run

    def _follow(self, events: Sequence[Event]) -> None:
        program = self.program
        if program is None:
            raise ValueError("a journal is read under a plan")

        def find(digest: str) -> Program:
            return program.callees.get(digest, program)

        if self.run is None:
            self.run = replay(program, [events], programs=find)
        else:
            self.run = go_on(self.run, [events], behind=self.after, programs=find)
        self.after += 1
        if self.watch is not None and self.run is not None:
            self.watch(self.after, tuple(events), self.run)


def read_plan(data: Mapping[str, Any]) -> Plan:
    """Return a plan from its JSON data. Errors: PlanError."""
    return parse_plan(json.dumps(data).encode())


def write_plan(plan: Plan) -> Mapping[str, Any]:
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
