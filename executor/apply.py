"""Applies events to the state of a run.

| event | changes |
|---|---|
| run-created | the run, its root sequence and scope |
| run-resumed | inputs and their versions, answers; error and outputs are cleared |
| run-rewound, run-forked, plan-replaced | the same, for a run that was taken back |
| run-timed-out, cancel-requested | what was put off is dropped |
| action-started | the occurrence is active, its attempt counted |
| retry-scheduled, timer-fired | when another attempt of the occurrence begins |
| action-finished, step-finished, outputs-collected | the occurrence has its record and its names |
| branch-taken, loop-entered, fan-out-started | the same, and what is inside can begin |
| round-started, item-started | a new sequence (for an item: in a scope of its own) |
| call-entered, call-rebound | a new sequence in a scope with inputs of its own; these inputs |
| step-left, step-halted, step-reopened | the phase of a control step |
| closing-started | the sequence of a leg of `finally` |
| run-* | the status of the run |

Replaying a journal is nothing but this, from the first event to the last.
"""

from typing import assert_never

from msgspec.structs import replace
from rpds import HashTrieMap, List

from treadle.executor.address import ROOT
from treadle.executor.attempts import (
    failed_attempt,
    fired,
    in_flight,
    is_retried,
    scheduled,
    tries_before,
    with_result,
)
from treadle.executor.call_events import CallEntered, CallRebound, CallResolved
from treadle.executor.called import call_entered, call_rebound, input_reset
from treadle.executor.ending import closing_started, stopped, used_before
from treadle.executor.events import (
    ActionFinished,
    ActionStarted,
    BranchTaken,
    CancelRequested,
    ClosingStarted,
    Continued,
    Event,
    FanOutStarted,
    Halt,
    InputReset,
    ItemStarted,
    LoopEntered,
    OutputsCollected,
    PlanReplaced,
    PutOff,
    RetryScheduled,
    RoundStarted,
    RunAborted,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunForked,
    RunInterrupted,
    RunPaused,
    RunResumed,
    RunRewound,
    RunTimedOut,
    StepFinished,
    StepHalted,
    StepLeft,
    StepReopened,
    StepStatus,
    TimerFired,
)
from treadle.executor.inside import (
    branch_taken,
    collected,
    control_step,
    fan_out_started,
    item_started,
    round_started,
)
from treadle.executor.open_steps import open_leaves
from treadle.executor.program import Program
from treadle.executor.recording import entered, recorded, with_occurrence
from treadle.executor.rewind import resumption, rewound
from treadle.executor.state import (
    RUN_SCOPE,
    Occurrence,
    Phase,
    Run,
    RunStatus,
    Scope,
    Sequence,
)
from treadle.plan.steps import GateStep


def created(program: Program, event: RunCreated) -> Run:
    """Return the state of a run that has just been created."""
    root = Sequence(address=ROOT, owner=ROOT, body=("", ""), index=0, scope=RUN_SCOPE, prefix="")
    return Run(
        program=program,
        id=event.run_id,
        status=RunStatus.RUNNING,
        inputs=event.inputs,
        secrets=frozenset(event.secrets),
        lenient=event.lenient,
        workflow_dir=event.workflow_dir,
        project=event.project,
        integration=event.integration,
        started_by=event.started_by,
        commit=event.commit,
        created_at=event.at,
        updated_at=event.at,
        working_since=event.at,
        actor=event.started_by,
        versions=HashTrieMap({name: 1 for name in event.inputs}),
        answered=HashTrieMap(),
        answers=HashTrieMap(),
        occurrences=HashTrieMap(),
        sequences=HashTrieMap({ROOT: root}),
        scopes=HashTrieMap({RUN_SCOPE: Scope(names=HashTrieMap())}),
        history=List(),
    )


def apply(run: Run, event: Event) -> Run:
    """Return the state after an event.

    Errors: KeyError or ValueError for an event that cannot follow this state.
    """
    match event:
        case RunCreated():
            raise ValueError("a run is created once")
        case RunResumed() | RunInterrupted() | Continued():
            return _outside(run, event)
        case RunRewound() | RunForked():
            return _outside(rewound(run, event), resumption(event))
        case PlanReplaced():
            raise ValueError("a plan is replaced together with its program, see rebase.py")
        case ActionStarted():
            return _action_started(run, event)
        case ActionFinished():
            return _action_finished(replace(run, updated_at=event.at), event)
        case StepFinished():
            return _step_finished(run, event)
        case OutputsCollected():
            return recorded(run, event.address, output=collected(run, event), phase=Phase.DONE)
        case BranchTaken():
            return branch_taken(run, event)
        case LoopEntered():
            return recorded(run, event.address, output=event.output, phase=Phase.ACTIVE)
        case RoundStarted():
            return round_started(run, event)
        case FanOutStarted():
            return fan_out_started(run, event)
        case ItemStarted():
            return item_started(run, event)
        case StepLeft() | StepHalted() | StepReopened():
            return control_step(run, event)
        case InputReset():
            return input_reset(run, event)
        case CallResolved():
            return replace(run, updated_at=event.at)
        case CallEntered():
            return call_entered(run, event)
        case CallRebound():
            return call_rebound(run, event)
        case PutOff():
            return replace(run, put_off=event.tasks)
        case RetryScheduled():
            return scheduled(run, event)
        case TimerFired():
            return fired(replace(run, updated_at=event.at), event)
        case RunTimedOut() | CancelRequested():
            return stopped(run, event)
        case ClosingStarted():
            return closing_started(run, event)
        case RunPaused() | RunFailed() | RunAborted() | RunCancelled() | RunCompleted():
            return _rested(run, event)
        case _:
            assert_never(event)


def _outside(run: Run, event: RunResumed | RunInterrupted | Continued) -> Run:
    before, run = run, replace(run, updated_at=event.at)
    match event:
        case RunResumed():
            versions = run.versions
            for name in event.inputs:
                versions = versions.insert(name, versions.get(name, 0) + 1)
            return replace(
                run,
                status=RunStatus.RUNNING,
                error=None,
                outputs=None,
                actor=event.by,
                inputs={**run.inputs, **event.inputs},
                versions=versions,
                answers=HashTrieMap(event.answers),
                put_off=(),
                used_s=used_before(before),
                working_since=event.at,
            )
        case RunInterrupted():
            return replace(run, status=RunStatus.PAUSED, current=_open_leaf(run))
        case Continued():
            return replace(run, put_off=())


def _rested(
    run: Run, event: RunPaused | RunFailed | RunAborted | RunCancelled | RunCompleted
) -> Run:
    if isinstance(event, RunPaused):
        return replace(run, status=RunStatus.PAUSED, current=_open_leaf(run))
    run = replace(run, closing=None)
    match event:
        case RunFailed():
            return replace(run, status=RunStatus.FAILED, error=event.error, current=_open_leaf(run))
        case RunAborted():
            return replace(
                run, status=RunStatus.ABORTED, error=event.error, current=_open_leaf(run)
            )
        case RunCancelled():
            return replace(run, status=RunStatus.CANCELLED, error=event.error)
        case RunCompleted():
            return replace(run, status=RunStatus.COMPLETED, outputs=event.outputs)


def _action_started(run: Run, event: ActionStarted) -> Run:
    starts = run.starts + 1
    known = entered(run, event.address)
    occurrence = replace(
        known,
        phase=Phase.ACTIVE,
        halt=None,
        due=None,
        tries=tries_before(known),
        attempts=event.attempt,
        log=starts,
        started_at=run.updated_at,
    )
    return with_occurrence(run, occurrence, current=occurrence.qualified, starts=starts)


def _action_finished(run: Run, event: ActionFinished) -> Run:
    occurrence = run.occurrences[event.address]
    if not in_flight(occurrence, event.attempt):
        raise ValueError(f"attempt {event.attempt} of {event.address} is not in flight")
    if event.began_at is not None:
        run = with_occurrence(run, replace(occurrence, started_at=event.began_at))
    if is_retried(occurrence, event):
        return failed_attempt(run, event)
    run = with_result(run, event)
    is_halting = event.status is StepStatus.FAILED and not occurrence.step.continue_on_error
    return recorded(
        run,
        event.address,
        status=event.status,
        output=event.output,
        error=event.error,
        phase=Phase.HALTED if is_halting else Phase.DONE,
        halt=Halt.FAILED if is_halting else None,
    )


def _step_finished(run: Run, event: StepFinished) -> Run:
    current = run.current
    run = recorded(
        run,
        event.address,
        status=event.status,
        output=event.output,
        error=event.error,
        phase=Phase.HALTED if event.halt is not None else Phase.DONE,
        halt=event.halt,
        due=event.due,
    )
    ended = run.occurrences[event.address]
    if ended.call is not None:
        # The step that was started last is one inside.
        return replace(run, current=current)
    if isinstance(ended.step, GateStep) and (event.output or {}).get("choice") is not None:
        run = _answered(run, ended, ended.step)
    return run


def _answered(run: Run, gate: Occurrence, step: GateStep) -> Run:
    versions = run.versions_at(run.sequences[gate.sequence].scope)
    seen = versions.get(step.verdict_input, 0) if step.verdict_input is not None else 0
    return replace(
        run,
        answered=run.answered.insert(run.gate_key(gate.sequence, step), seen),
        answers=run.answers.discard(gate.address),
    )


def _open_leaf(run: Run) -> str | None:
    """Return the qualified id of the first step that is not done, inner steps first."""
    leaf = next(open_leaves(run), None)
    return leaf.qualified if leaf is not None else run.current
