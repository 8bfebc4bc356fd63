"""The events of a run: what happened outside, and what was decided because of it.

| event | from | says |
|---|---|---|
| run-created | outside | a run begins, with its inputs |
| run-resumed | outside | somebody goes on with it: new inputs, answers to gates |
| run-rewound | outside | somebody went back to a step: it and all behind it run again |
| run-forked | outside | the same, in a copy of the run that has an id of its own |
| plan-replaced | outside | somebody goes on with it under an edited plan |
| run-interrupted | outside | a signal stopped it; what was in flight runs again |
| run-timed-out | outside | the time limit of the run is over; what was in flight is lost |
| cancel-requested | outside | somebody ends the run for good |
| action-finished | outside | an action gave its result |
| timer-fired | outside | the wait before another attempt is over |
| call-resolved | outside | a workflow that an expression names was found, or was not |
| continued | outside | the decisions that were put off go on |
| action-started | decided | an attempt of an acting step is in flight |
| retry-scheduled | decided | an attempt failed, another one follows at its time |
| branch-taken | decided | an `if` or `switch` chose a list of steps |
| loop-entered, round-started | decided | a loop goes round |
| fan-out-started, item-started | decided | a fan-out has its items, an item runs |
| call-entered | decided | the workflow of a call begins, with its inputs |
| call-rebound | decided | a call that goes on has its inputs made anew |
| step-finished | decided | a step ended without an action: gate, slot, call, skipped, error |
| outputs-collected | decided | a fan-in has its results |
| step-left | decided | everything inside a control step is done |
| step-halted | decided | something inside a control step stopped it |
| step-reopened | decided | a stopped control step goes on |
| input-reset | decided | a rejected gate emptied its verdict input |
| closing-started | decided | the run is about to end: its `finally` runs first |
| run-paused, run-failed, run-aborted, run-cancelled, run-completed | decided | it rests or ends |
| put-off | decided | a thousand decisions are enough for one transaction |

Events are facts: applying them never needs a clock, a file or the workflow's text.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from treadle.executor.call_events import CallEntered as CallEntered
from treadle.executor.call_events import CallRebound as CallRebound
from treadle.executor.call_events import CallResolved as CallResolved
from treadle.executor.fact import Fact
from treadle.plan.expression import Json


class StepStatus(StrEnum):
    """What the record of a step says."""

    COMPLETED = "completed"
    FAILED = "failed"
    PAUSED = "paused"
    SKIPPED = "skipped"


class Halt(StrEnum):
    """Why a sequence of steps does not go on."""

    PAUSED = "paused"
    FAILED = "failed"
    ABORTED = "aborted"


class Ending(StrEnum):
    """How a run ends, when its `finally` is done."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's answer to a gate. Units: `at` is an ISO 8601 time in UTC."""

    choice: str
    by: str | None = None
    at: str
    comment: str | None = None


class RunCreated(Fact, frozen=True, kw_only=True):
    """A run begins.

    Shapes: `inputs` are the validated values without secrets, `secrets` the names of those that
    were given; `workflow_dir` is the folder of the workflow file; `started_by` and `commit` (of
    the project's git) are for people; `project` (its folder) and `integration` (that it was set
    up with) are for the workflows that it calls, if it calls any.
    """

    run_id: str
    at: str
    plan_digest: str
    inputs: Mapping[str, Json]
    lenient: bool
    secrets: tuple[str, ...] = ()
    workflow_dir: str | None = None
    started_by: str | None = None
    commit: str | None = None
    project: str | None = None
    integration: str | None = None


class RunResumed(Fact, frozen=True, kw_only=True):
    """Somebody goes on with a run: `inputs` are the new values, `answers` are by gate address."""

    at: str
    by: str | None
    inputs: Mapping[str, Json]
    answers: Mapping[str, Answer]


class RunRewound(Fact, frozen=True, kw_only=True):
    """Somebody went back to the step at `address`, which runs again with all that is behind it."""

    at: str
    by: str | None
    address: str
    inputs: Mapping[str, Json]
    answers: Mapping[str, Answer]


class RunForked(Fact, frozen=True, kw_only=True):
    """A copy of a run goes its own way under the id `run_id`, from the step at `address` on."""

    run_id: str
    at: str
    by: str | None
    address: str
    inputs: Mapping[str, Json]
    answers: Mapping[str, Answer]
    commit: str | None = None


class PlanReplaced(Fact, frozen=True, kw_only=True):
    """Somebody goes on with a run under an edited plan.

    Shapes: the steps at `addresses` run again with all that is behind them. `inputs` are all
    values under the new plan, `given` the names of those that are new, `secrets` the names of the
    secrets that were given.
    """

    at: str
    by: str | None
    plan_digest: str
    addresses: tuple[str, ...]
    inputs: Mapping[str, Json]
    given: tuple[str, ...]
    answers: Mapping[str, Answer]
    secrets: tuple[str, ...] = ()


class RunInterrupted(Fact, frozen=True, kw_only=True):
    """A signal stopped the run; attempts in flight are lost."""

    at: str
    reason: str


class RunTimedOut(Fact, frozen=True, kw_only=True):
    """The time limit of the run is over; attempts in flight are lost."""

    at: str


class CancelRequested(Fact, frozen=True, kw_only=True):
    """Somebody ends the run for good; attempts in flight are lost."""

    at: str
    by: str | None
    reason: str | None = None


class ActionFinished(Fact, frozen=True, kw_only=True):
    """An action gave its result; COMPLETED or FAILED.

    Units: `began_at` is an ISO 8601 time in UTC, None when the attempt did not wait for its turn.
    """

    at: str
    address: str
    attempt: int
    status: StepStatus
    output: Mapping[str, Json]
    error: str | None = None
    began_at: str | None = None


class TimerFired(Fact, frozen=True, kw_only=True):
    """The wait before another attempt of the step at `address` is over."""

    at: str
    address: str


class Continued(Fact, frozen=True, kw_only=True):
    """The decisions that were put off go on."""

    at: str


class ActionStarted(Fact, frozen=True, kw_only=True):
    """An attempt of an acting step is in flight. Units: attempts count from 1."""

    address: str
    attempt: int


class RetryScheduled(Fact, frozen=True, kw_only=True):
    """Another attempt follows on one that failed. Units: `due` is an ISO 8601 time in UTC."""

    address: str
    attempt: int
    due: str


class BranchTaken(Fact, frozen=True, kw_only=True):
    """An `if` or `switch` chose the branch `segment`, None when there is nothing to run."""

    address: str
    segment: str | None
    output: Mapping[str, Json]


class LoopEntered(Fact, frozen=True, kw_only=True):
    """A loop begins."""

    address: str
    output: Mapping[str, Json]


class RoundStarted(Fact, frozen=True, kw_only=True):
    """A round of a loop begins. Units: rounds count from 1."""

    address: str
    round: int


class FanOutStarted(Fact, frozen=True, kw_only=True):
    """A fan-out has its items, which stay as they are from now on."""

    address: str
    items: tuple[Json, ...]
    output: Mapping[str, Json]


class ItemStarted(Fact, frozen=True, kw_only=True):
    """An item of a fan-out runs. Units: items count from 0."""

    address: str
    index: int


class StepFinished(Fact, frozen=True, kw_only=True):
    """A step ended without an action; `halt` says what that does to its sequence.

    Shapes: `due` is the moment until which a gate waits for an answer, None for ever.
    """

    address: str
    status: StepStatus
    output: Mapping[str, Json] | None
    error: str | None = None
    halt: Halt | None = None
    due: str | None = None


class OutputsCollected(Fact, frozen=True, kw_only=True):
    """A fan-in has its results: the addresses they come from, None where nothing ran."""

    address: str
    sources: tuple[str | None, ...]
    output: Mapping[str, Json]


class StepLeft(Fact, frozen=True, kw_only=True):
    """Everything inside a control step is done; `output` is added to its own."""

    address: str
    output: Mapping[str, Json]


class StepHalted(Fact, frozen=True, kw_only=True):
    """Something inside a control step stopped it."""

    address: str
    halt: Halt
    error: str | None = None


class StepReopened(Fact, frozen=True, kw_only=True):
    """A stopped control step goes on."""

    address: str


class InputReset(Fact, frozen=True, kw_only=True):
    """A rejected gate with `on_reject: retry` emptied its verdict input.

    Shapes: `call` is the address of the call whose input it is, None for one of the run.
    """

    name: str
    call: str | None = None


class ClosingStarted(Fact, frozen=True, kw_only=True):
    """The run is about to end: its `finally` runs, and then it ends as is said here.

    Units: legs count from 1; a resumed run that ends again has another one.
    """

    leg: int
    status: Ending
    error: str | None = None
    outputs: Mapping[str, Json] | None = None


class RunPaused(Fact, frozen=True, kw_only=True):
    """Nothing is in flight and somebody has to do something."""


class RunFailed(Fact, frozen=True, kw_only=True):
    """A step failed and nothing tolerated it."""

    error: str | None


class RunAborted(Fact, frozen=True, kw_only=True):
    """A gate was rejected: the run is over for good."""

    error: str | None


class RunCancelled(Fact, frozen=True, kw_only=True):
    """Somebody ended the run for good."""

    error: str | None


class RunCompleted(Fact, frozen=True, kw_only=True):
    """Every step is done; `outputs` are the workflow's own."""

    outputs: Mapping[str, Json]


class PutOff(Fact, frozen=True, kw_only=True):
    """Work that waits for a `Continued`: each task as its name and the address it is about."""

    tasks: tuple[tuple[str, str], ...]


OutsideEvent: TypeAlias = (
    RunCreated
    | RunResumed
    | RunRewound
    | RunForked
    | PlanReplaced
    | RunInterrupted
    | RunTimedOut
    | CancelRequested
    | ActionFinished
    | TimerFired
    | CallResolved
    | Continued
)
DecidedEvent: TypeAlias = (
    ActionStarted
    | RetryScheduled
    | BranchTaken
    | LoopEntered
    | RoundStarted
    | FanOutStarted
    | ItemStarted
    | CallEntered
    | CallRebound
    | StepFinished
    | OutputsCollected
    | StepLeft
    | StepHalted
    | StepReopened
    | InputReset
    | ClosingStarted
    | RunPaused
    | RunFailed
    | RunAborted
    | RunCancelled
    | RunCompleted
    | PutOff
)
Event: TypeAlias = OutsideEvent | DecidedEvent
