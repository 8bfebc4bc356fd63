"""Says which events from outside can follow a state: what replaying a journal asks of each.

| event | can follow when |
|---|---|
| run-created | nothing has happened, and it belongs to this plan |
| run-resumed | the run is at work (its process was killed) or can be resumed |
| run-rewound, run-forked | always: it is for `apply` to say whether the step has begun |
| plan-replaced | what is done under the old plan can stay under the new one |
| run-interrupted, action-finished, timer-fired, call-resolved | the run is at work |
| run-timed-out | the same, and its workflow has a limit |
| cancel-requested | the run is at work, paused or failed |
| continued | something was put off |

Whether an action is in flight is for `apply` to say, and what follows from an event for `decide`.
"""

from treadle.executor.call_events import CallResolved
from treadle.executor.events import (
    ActionFinished,
    Answer,
    CancelRequested,
    Continued,
    Event,
    PlanReplaced,
    RunCreated,
    RunForked,
    RunInterrupted,
    RunResumed,
    RunRewound,
    RunTimedOut,
    TimerFired,
)
from treadle.executor.open_steps import open_gates
from treadle.executor.program import Program
from treadle.executor.rewind import cut
from treadle.executor.state import Run, RunStatus
from treadle.executor.verdict import judge
from treadle.plan.steps import GateStep, match_option


def objection(program: Program, run: Run | None, event: Event) -> str | None:
    """Return why an event from outside cannot follow a state, None when it can.

    Shapes: `run` is None before the first event; the reason is a clause for people.
    """
    if run is None:
        return _to_beginning(program, event)
    match event:
        case ActionFinished() | RunInterrupted() | TimerFired() | CallResolved():
            return None if run.status is RunStatus.RUNNING else f"the run is {run.status.value}"
        case RunCreated():
            return "the run has begun before"
        case RunResumed():
            if run.status.is_final:
                return f"the run is {run.status.value}"
            return _to_resuming(program, run, event)
        case RunRewound() | RunForked():
            return _to_inputs(program, event)
        case PlanReplaced():
            return _to_inputs(program, event) or _to_plan(program, run, event)
        case RunTimedOut() if program.plan.timeout_s is None:
            return "the workflow has no time limit"
        case RunTimedOut() if run.closing is not None:
            return "a finally has no time limit"
        case RunTimedOut():
            return None if run.status is RunStatus.RUNNING else f"the run is {run.status.value}"
        case CancelRequested():
            return f"the run is {run.status.value}" if run.status.is_final else None
        case Continued():
            return None if run.put_off else "nothing was put off"
        case _:
            return None


def _to_beginning(program: Program, event: Event) -> str | None:
    if not isinstance(event, RunCreated):
        return "a journal begins with run-created"
    if event.plan_digest != program.plan.digest:
        return f"it began with another plan, {event.plan_digest[:19]}"
    return None


def _to_resuming(program: Program, run: Run, event: RunResumed) -> str | None:
    unknown = _to_inputs(program, event)
    if unknown is not None or not event.answers:
        return unknown
    options = {
        gate.address: gate.step.options
        for gate in open_gates(run)
        if isinstance(gate.step, GateStep)
    }
    for address, answer in event.answers.items():
        if not _is_option(options.get(address, ()), answer):
            return f"'{answer.choice}' answers no open gate at {address}"
    return None


def _to_inputs(
    program: Program, event: RunResumed | RunRewound | RunForked | PlanReplaced
) -> str | None:
    declared = program.plan.inputs.get("properties", {})
    unknown = [name for name in event.inputs if name not in _names(declared)]
    return f"no input is called '{unknown[0]}'" if unknown else None


def _to_plan(program: Program, run: Run, event: PlanReplaced) -> str | None:
    try:
        conflicts = judge(cut(run, event.addresses).run, program).conflicts
    except (KeyError, ValueError) as error:
        return str(error)
    return f"the plan does not fit what is done at {conflicts[0].address}" if conflicts else None


def _names(declared: object) -> tuple[str, ...]:
    return tuple(declared) if isinstance(declared, dict) else ()


def _is_option(options: tuple[str, ...], answer: Answer) -> bool:
    return match_option(options, answer.choice) is not None
