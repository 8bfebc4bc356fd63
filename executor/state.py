"""The state of a run: a value that changes only by applying events.

Maps are persistent (a change shares everything else with the state before) and are never
iterated by hash: whatever needs an order walks addresses, sequences or `history`.

Three kinds of things have an address: an *occurrence* is one execution of a step; a *sequence* is
one execution of a list of steps; a *scope* is where the names of steps are looked up: the run,
one item of a fan-out, or one call of another workflow (whose scope has the address of the call).
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct
from rpds import HashTrieMap, List

from treadle.executor.address import ROOT, call, leg
from treadle.executor.events import Answer, Ending, Halt, StepStatus
from treadle.executor.program import Body, Program
from treadle.plan.expression import Json
from treadle.plan.steps import Step

RUN_SCOPE = ROOT


class RunStatus(StrEnum):
    """The status of a run; INTERRUPTED is shown, never stored."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        """Whether a run of this status never goes on."""
        return self in (RunStatus.COMPLETED, RunStatus.ABORTED, RunStatus.CANCELLED)

    @property
    def is_resumable(self) -> bool:
        """Whether a run of this status can go on."""
        return self in (RunStatus.PAUSED, RunStatus.FAILED, RunStatus.INTERRUPTED)


class Phase(StrEnum):
    """How far an occurrence is: at work, done, or stopped by itself or something inside it."""

    ACTIVE = "active"
    DONE = "done"
    HALTED = "halted"


class TryStatus(StrEnum):
    """How an attempt of an action ended; LOST attempts gave no result."""

    COMPLETED = "completed"
    FAILED = "failed"
    LOST = "lost"


class Try(Struct, frozen=True, kw_only=True):
    """One attempt of an action that is over. Units: ISO 8601 times in UTC; numbers from 1."""

    number: int
    started_at: str
    finished_at: str | None
    status: TryStatus
    exit_code: int | None = None
    error: str | None = None


class Closing(Struct, frozen=True, kw_only=True):
    """One leg of `finally`, and how the run ends when it is done."""

    leg: int
    status: Ending
    error: str | None
    outputs: Mapping[str, Json] | None

    @property
    def sequence(self) -> str:
        """The address of the steps of this leg."""
        return leg(self.leg)


class Call(Struct, frozen=True, kw_only=True):
    """What a call of another workflow runs.

    Shapes: `plan` is the digest of its plan, which stays what it was at first; `workflow` is the
    name that the call has for it. `versions` counts how often each of `inputs` was given, as
    `Run.versions` does; `bound` are the versions of the caller's inputs that they were made of.
    `secrets` maps its secret inputs to those of the run.
    """

    plan: str
    workflow: str
    inputs: Mapping[str, Json]
    versions: "HashTrieMap[str, int]"
    bound: "HashTrieMap[str, int]"
    secrets: Mapping[str, str]
    workflow_dir: str | None


class Occurrence(Struct, frozen=True, kw_only=True):
    """One execution of a step.

    Shapes: `local` is its name in its scope, `qualified` the id that Spec Kit reports, `public`
    the id under which results are shown. `status` is None until there is a record. `halt_error`
    is the error of the step, here or inside, that caused `halt`. `shadowed` is the address that
    `step.id` named in the scope before. `tries` are the attempts that are over, once one has
    failed or was lost; `failures` counts those that the budget of `retry` knows. `due` is when
    another attempt begins, or until when a gate waits.
    Units: times are ISO 8601 in UTC; attempts count from 1.
    """

    address: str
    step: Step
    sequence: str
    local: str
    qualified: str
    public: str
    phase: Phase
    status: StepStatus | None = None
    output: Mapping[str, Json] | None = None
    error: str | None = None
    halt: Halt | None = None
    halt_error: str | None = None
    attempts: int = 0
    log: int = 0  # the number of the latest attempt's log files
    shadowed: str | None = None
    started_at: str
    finished_at: str | None = None
    segment: str | None = None  # if, switch: the branch that was taken
    rounds: int = 0  # while, do-while: rounds that have begun
    fan: "Fan | None" = None  # fan-out
    call: Call | None = None  # workflow
    tries: tuple[Try, ...] = ()
    failures: int = 0
    due: str | None = None

    @property
    def waits_for_retry(self) -> bool:
        """Whether an attempt failed, and another one follows when it is due."""
        return self.due is not None and self.failures > 0 and self.phase is Phase.ACTIVE


class Former(Struct, frozen=True, kw_only=True):
    """What is kept of the occurrences that were taken out of a run at one address.

    Units: `attempts` is the highest number used; `generation` counts the results that were final.
    """

    attempts: int = 0
    generation: int = 0


class Fan(Struct, frozen=True, kw_only=True):
    """What a fan-out does.

    Shapes: items before `next` have begun; `again` are those of them that a resume starts
    anew, in order; `active` counts the items at work; `is_halting` forbids new ones.
    """

    items: tuple[Json, ...]
    next: int = 0
    again: tuple[int, ...] = ()
    active: int = 0
    is_halting: bool = False


class Sequence(Struct, frozen=True, kw_only=True, array_like=True):
    """One execution of a list of steps: `index` is the step it stands at.

    Shapes: `body` is its key in `Program.bodies`; `plan` is the digest of the plan that its steps
    are of, "" for that of the run. `prefix` stands before public ids of steps in
    a fan-out's item. `alias` is (public id of the owner, local id of the owner, number) in a
    fan-out's item and in a loop's rounds after the first.
    """

    address: str
    owner: str
    body: tuple[str, str]
    index: int
    scope: str
    prefix: str
    alias: tuple[str, str, int] | None = None
    plan: str = ""

    @property
    def is_item(self) -> bool:
        """Whether this is one item of a fan-out, which has a scope of its own."""
        return self.address == self.scope != RUN_SCOPE


class Scope(Struct, frozen=True, kw_only=True):
    """The names of steps at one place: name → address; and the item there is, if any.

    Shapes: `call` is the address of the call that gives the inputs, None for those of the run.
    """

    names: "HashTrieMap[str, str]"
    parent: str | None = None
    has_item: bool = False
    item: Json = None
    call: str | None = None


class Run(Struct, frozen=True, kw_only=True):
    """Everything that is known of a run, but for its plan, which never changes.

    Shapes: `versions` counts how often each input was given (1: at the start or by default);
    `answered` holds the version of the verdict input that a gate's latest answer saw, by the
    path of the gate (inside a call behind the address of the call); `history` holds addresses in
    the order in which they got a record, latest first; `current` is the qualified id of the step
    that was started last or stopped the run. `closing` is the leg of `finally` at work, `legs`
    how many there were. `used_s` is the time the run had worked when it went on at
    `working_since`. `project` and `integration` are those that calls are made in.
    """

    program: Program
    id: str
    status: RunStatus
    inputs: Mapping[str, Json]
    secrets: frozenset[str]
    lenient: bool
    workflow_dir: str | None
    started_by: str | None
    commit: str | None
    created_at: str
    updated_at: str
    error: str | None = None
    outputs: Mapping[str, Json] | None = None
    current: str | None = None
    actor: str | None = None
    versions: "HashTrieMap[str, int]"
    answered: "HashTrieMap[str, int]"
    answers: "HashTrieMap[str, Answer]"
    occurrences: "HashTrieMap[str, Occurrence]"
    sequences: "HashTrieMap[str, Sequence]"
    scopes: "HashTrieMap[str, Scope]"
    history: "List[str]"
    starts: int = 0  # attempts of actions so far, in all
    former: "HashTrieMap[str, Former]" = HashTrieMap()
    forked_from: str | None = None  # the run whose copy this one began as
    put_off: tuple[tuple[str, str], ...] = ()
    closing: Closing | None = None
    legs: int = 0
    used_s: float = 0.0
    working_since: str
    project: str | None = None  # the folder and the integration of the project, for calls
    integration: str | None = None

    def body(self, sequence: Sequence) -> Body:
        """Return the list of steps that a sequence goes through."""
        return self.program.part(sequence.plan).bodies[sequence.body]

    def open_step(self, sequence: Sequence) -> Step | None:
        """Return the step that a sequence stands at, None at its end."""
        program = self.program if not sequence.plan else self.program.callees[sequence.plan]
        steps = program.bodies[sequence.body].steps
        return steps[sequence.index] if sequence.index < len(steps) else None

    def call(self, scope: str) -> Call | None:
        """Return the call that gives the inputs of a scope, None for those of the run."""
        address = self.scopes[scope].call
        return self.occurrences[address].call if address is not None else None

    def inputs_at(self, scope: str) -> Mapping[str, Json]:
        """Return the inputs that a scope reads."""
        call = self.call(scope)
        return self.inputs if call is None else call.inputs

    def versions_at(self, scope: str) -> "HashTrieMap[str, int]":
        """Return how often each input that a scope reads was given."""
        call = self.call(scope)
        return self.versions if call is None else call.versions

    def gate_key(self, sequence: str, step: Step) -> str:
        """Return the key in `answered` of a gate that stands in a sequence."""
        inside = self.scopes[self.sequences[sequence].scope].call
        return step.path if inside is None else f"{inside}/{step.path}"

    def path_of(self, occurrence: Occurrence) -> str:
        """Return the path of a step: that in its plan, behind those of the calls around it."""
        scope = self.scopes[self.sequences[occurrence.sequence].scope].call
        if scope is None:
            return occurrence.step.path
        return f"{call(self.path_of(self.occurrences[scope]))}{occurrence.step.path}"

    @property
    def top(self) -> str:
        """The address of the sequence that the run works on: its steps, or a leg of `finally`."""
        return self.closing.sequence if self.closing is not None else ROOT

    @property
    def step_index(self) -> int:
        """The index of the top-level step that is being run, the last one at the end."""
        root = self.sequences.get(ROOT)
        return min(root.index, len(self.program.plan.steps) - 1) if root is not None else 0
