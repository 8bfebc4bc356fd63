"""The events of a run: what happened outside, and what was decided because of it.

| event | from | says |
|---|---|---|
| run-created | outside | a run begins, with its inputs |
| run-resumed | outside | somebody goes on with it: new inputs, answers to gates |
| run-interrupted | outside | a signal stopped it; what was in flight runs again |
| action-finished | outside | an action gave its result |
| continued | outside | the decisions that were put off go on |
| action-started | decided | an attempt of an acting step is in flight |
| branch-taken | decided | an `if` or `switch` chose a list of steps |
| loop-entered, round-started | decided | a loop goes round |
| fan-out-started, item-started | decided | a fan-out has its items, an item runs |
| step-finished | decided | a step ended without an action: gate, slot, skipped, expression error |
| outputs-collected | decided | a fan-in has its results |
| step-left | decided | everything inside a control step is done |
| step-halted | decided | something inside a control step stopped it |
| step-reopened | decided | a stopped control step goes on |
| input-reset | decided | a rejected gate emptied its verdict input |
| run-paused, run-failed, run-aborted, run-completed | decided | the run rests or ends |
| put-off | decided | a thousand decisions are enough for one transaction |

Events are facts: applying them never needs a clock, a file or the workflow's text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A person's answer to a gate. Units: `at` is an ISO 8601 time in UTC."""

    choice: str
    by: str | None
    at: str
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated:
    """A run begins.

    Shapes: `inputs` are the validated values without secrets, `secrets` the names of those that
    were given; `workflow_dir` is the folder of the workflow file; `started_by` and `commit` (of
    the project's git) are for people.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed:
    """Somebody goes on with a run: `inputs` are the new values, `answers` are by gate address."""

    at: str
    by: str | None
    inputs: Mapping[str, Json]
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInterrupted:
    """A signal stopped the run; attempts in flight are lost."""

    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFinished:
    """An action gave its result; COMPLETED or FAILED."""

    at: str
    address: str
    attempt: int
    status: StepStatus
    output: Mapping[str, Json]
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """The decisions that were put off go on."""

    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionStarted:
    """An attempt of an acting step is in flight. Units: attempts count from 1."""

    address: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTaken:
    """An `if` or `switch` chose the branch `segment`, None when there is nothing to run."""

    address: str
    segment: str | None
    output: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopEntered:
    """A loop begins."""

    address: str
    output: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStarted:
    """A round of a loop begins. Units: rounds count from 1."""

    address: str
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutStarted:
    """A fan-out has its items, which stay as they are from now on."""

    address: str
    items: tuple[Json, ...]
    output: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStarted:
    """An item of a fan-out runs. Units: items count from 0."""

    address: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A step ended without an action; `halt` says what that does to its sequence."""

    address: str
    status: StepStatus
    output: Mapping[str, Json] | None
    error: str | None = None
    halt: Halt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputsCollected:
    """A fan-in has its results: the addresses they come from, None where nothing ran."""

    address: str
    sources: tuple[str | None, ...]
    output: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLeft:
    """Everything inside a control step is done; `output` is added to its own."""

    address: str
    output: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHalted:
    """Something inside a control step stopped it."""

    address: str
    halt: Halt
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReopened:
    """A stopped control step goes on."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReset:
    """A rejected gate with `on_reject: retry` emptied its verdict input."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused:
    """Nothing is in flight and somebody has to do something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed:
    """A step failed and nothing tolerated it."""

    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAborted:
    """A gate was rejected: the run is over for good."""

    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompleted:
    """Every step is done; `outputs` are the workflow's own."""

    outputs: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """Work that waits for a `Continued`: tasks as lists of a name and its arguments."""

    tasks: tuple[tuple[str | int, ...], ...]


OutsideEvent: TypeAlias = RunCreated | RunResumed | RunInterrupted | ActionFinished | Continued
DecidedEvent: TypeAlias = (
    ActionStarted
    | BranchTaken
    | LoopEntered
    | RoundStarted
    | FanOutStarted
    | ItemStarted
    | StepFinished
    | OutputsCollected
    | StepLeft
    | StepHalted
    | StepReopened
    | InputReset
    | RunPaused
    | RunFailed
    | RunAborted
    | RunCompleted
    | PutOff
)
Event: TypeAlias = OutsideEvent | DecidedEvent
