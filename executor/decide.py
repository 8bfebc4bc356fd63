"""Decides what follows from an event: more events, and commands to the world.

| event from outside | what is decided |
|---|---|
| run-created | the first step is entered |
| action-finished | done: the next step is entered; failed: another attempt, or its sequence halts |
| timer-fired | the next attempt of the step begins |
| call-resolved | the workflow that was found for a call begins, or the call has failed |
| run-timed-out, cancel-requested | the run ends, after its `finally` |
| run-resumed | every sequence that is open goes on at the step it stands at |
| run-rewound, run-forked, plan-replaced | the same, from where the run was taken back to |
| run-interrupted | nothing: the run rests |
| continued | what was put off |

| work | done by |
|---|---|
| enter a sequence's next step | enter.py, by the kind of the step |
| enter, leave, halt and reopen a call | call.py |
| leave a control step, halt a sequence, fill a fan-out, reopen | settle.py |
| try again, end the run | retry.py, closing.py |

`decide` has no clock, no randomness, no input or output: the same state and event give the same
decision, in this process and in any other. It makes at most `MAX_DECISIONS` at once.
"""

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.address import ROOT, sequence_of
from treadle.executor.apply import apply, created
from treadle.executor.call import resolved
from treadle.executor.call_events import CallResolved
from treadle.executor.closing import cancel, limit, time_out
from treadle.executor.commands import Command, Continue
from treadle.executor.enter import enter, start_action
from treadle.executor.events import (
    ActionFinished,
    CancelRequested,
    Continued,
    Event,
    OutsideEvent,
    PlanReplaced,
    PutOff,
    RunCreated,
    RunForked,
    RunInterrupted,
    RunResumed,
    RunRewound,
    RunTimedOut,
    TimerFired,
)
from treadle.executor.program import Program
from treadle.executor.rebase import plan_replaced
from treadle.executor.retry import schedule
from treadle.executor.settle import fill, halt, leave, reopen
from treadle.executor.state import Phase, Run
from treadle.executor.turn import Turn, Work

MAX_DECISIONS = 1000


class Decision(Struct, frozen=True, kw_only=True):
    """What follows from an event.

    Shapes: `events` begins with the event itself; `run` is the state after all of them.
    """

    events: tuple[Event, ...]
    commands: tuple[Command, ...]
    run: Run


def decide(program: Program, run: Run | None, event: OutsideEvent) -> Decision:
    """Return everything that follows from an event; `run` is None before there is one.

    Shapes: `program` is that of the plan that a run begins or goes on with.
    Errors: KeyError or ValueError for an event that cannot follow this state.
    """
    turn = Turn(run=after_outside(program, run, event), events=[event])
    _begin(turn, run, event)
    _work_off(turn)
    return Decision(events=tuple(turn.events), commands=tuple(turn.commands), run=turn.run)


def after_outside(program: Program, run: Run | None, event: OutsideEvent) -> Run:
    """Return the state after an event from outside alone, before anything follows from it.

    Errors: as by `decide`.
    """
    if isinstance(event, RunCreated):
        return created(program, event)
    if run is None:
        raise ValueError("the first event of a run is run-created")
    if isinstance(event, PlanReplaced):
        return plan_replaced(program, run, event)
    if isinstance(event, CallResolved):
        run = replace(run, program=run.program.with_callees(program.callees))
    return apply(run, event)


def _begin(turn: Turn, before: Run | None, event: OutsideEvent) -> None:
    match event:
        case RunCreated():
            limit(turn)
            turn.then(Work.ENTER, ROOT)
        case RunResumed() | RunRewound() | RunForked() | PlanReplaced():
            limit(turn)
            turn.then(Work.REOPEN, turn.run.top)
        case ActionFinished(address=address):
            _go_on(turn, address)
        case TimerFired(address=address):
            start_action(turn, address)
        case CallResolved():
            resolved(turn, event)
        case RunTimedOut():
            time_out(turn)
        case CancelRequested():
            cancel(turn, event)
        case Continued():
            tasks = before.put_off if before is not None else ()
            turn.work.extend((Work(work), address) for work, address in tasks)
        case RunInterrupted():
            pass


def _go_on(turn: Turn, address: str) -> None:
    match turn.occurrence(address).phase:
        case Phase.DONE:
            turn.then(Work.ENTER, sequence_of(address))
        case Phase.HALTED:
            turn.then(Work.HALT, sequence_of(address))
        case Phase.ACTIVE:
            schedule(turn, address)


def _work_off(turn: Turn) -> None:
    for _ in range(MAX_DECISIONS):
        if not turn.work:
            return
        work, address = turn.work.popleft()
        match work:
            case Work.ENTER:
                enter(turn, address)
            case Work.LEAVE:
                leave(turn, address)
            case Work.HALT:
                halt(turn, address)
            case Work.FILL:
                fill(turn, address)
            case Work.REOPEN:
                reopen(turn, address)
    if turn.work:
        waiting = tuple((work.value, address) for work, address in turn.work)
        turn.happens(PutOff(tasks=turn.run.put_off + waiting))
        turn.commands.append(Continue())
