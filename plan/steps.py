"""The steps of a plan: a closed union, one frozen class a kind.

A step is what the compiler left of an entry under `steps`: every default is filled in, every
text with blocks is a `Value`, and nothing has to be checked again.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from treadle.plan.expression import Json, Value

DEFAULT_CAPTURE_BYTES = 1024 * 1024
NO_CAPTURE_LIMIT = -1


class Kind(StrEnum):
    """The values of `type` in a workflow file."""

    COMMAND = "command"
    PROMPT = "prompt"
    SHELL = "shell"
    INIT = "init"
    GATE = "gate"
    SLOT = "slot"
    GITHUB = "github"
    IF = "if"
    SWITCH = "switch"
    WHILE = "while"
    DO_WHILE = "do-while"
    FAN_OUT = "fan-out"
    FAN_IN = "fan-in"
    WORKFLOW = "workflow"
    CUSTOM = "custom"  # in plans only: in a workflow file its `type` is the name of a step type


class OnReject(StrEnum):
    """What a rejection does to the run."""

    ABORT = "abort"
    SKIP = "skip"
    RETRY = "retry"


# What Spec Kit takes for a rejection, whatever its case.
REJECTIONS = frozenset({"reject", "abort"})


class OnLimit(StrEnum):
    """What a loop does that would go on at its cap."""

    CONTINUE = "continue"
    FAIL = "fail"


class Retry(Struct, frozen=True, kw_only=True):
    """How often and when a step that failed is tried again.

    Shapes: `on_exit_codes` names the exit codes that are worth another attempt, None all failures.
    Units: attempts in all, the first included; seconds; `backoff` multiplies the delay each time.
    """

    max_attempts: int
    delay_s: float = 0.0
    backoff: float = 1.0
    max_delay_s: float | None = None
    on_exit_codes: tuple[int, ...] | None = None


class _Common(Struct, frozen=True, kw_only=True):
    """What every step has.

    Shapes: `path` is the address in the plan, without rounds and items: ``/loop/pick/then/ask``.
    """

    id: str
    path: str
    name: str | None = None
    condition: Value | None = None  # the key `if`: the step is skipped when it is false
    continue_on_error: bool = False


class _Acting(_Common, frozen=True, kw_only=True):
    """What every step has that acts on the world.

    Shapes: `runs_on` is the label of the workers that it runs on, where there are workers.
    Units: seconds an attempt may take.
    """

    timeout_s: float | None = None
    retry: Retry | None = None
    runs_on: str | None = None


class _Process(_Acting, frozen=True, kw_only=True):
    """What every step has that starts a program of the author's.

    Units: bytes of each stream that expressions see (-1: no limit).
    """

    env: Mapping[str, Value]
    cwd: Value | None = None
    output_format: str | None = None
    output_schema: Mapping[str, Json] | None = None
    capture_max_bytes: int = DEFAULT_CAPTURE_BYTES


class ShellStep(_Process, frozen=True, kw_only=True):
    """Runs a line of shell."""

    run: Value
    kind: Kind = Kind.SHELL


class CommandStep(_Process, frozen=True, kw_only=True):
    """Has an agent carry out one of its installed commands."""

    command: Value
    integration: Value
    model: Value
    input: Mapping[str, Value]
    options: Mapping[str, Json]
    integration_args: tuple[Value, ...]
    integration_options: Mapping[str, Value]
    capture: bool = False
    kind: Kind = Kind.COMMAND


class PromptStep(_Process, frozen=True, kw_only=True):
    """Sends an agent a text of the author's."""

    prompt: Value
    integration: Value
    model: Value
    capture: bool = False
    kind: Kind = Kind.PROMPT


class InitStep(_Acting, frozen=True, kw_only=True):
    """Runs ``specify init``; an absent key is absent from `fields`."""

    fields: Mapping[str, Value]
    integration: Value
    kind: Kind = Kind.INIT


class GateStep(_Common, frozen=True, kw_only=True):
    """Asks a person and waits, for `timeout_s` at most.

    Shapes: `on_timeout` is the option that is chosen then, None ends the run as a rejection does.
    """

    message: Value
    options: tuple[str, ...]
    on_reject: OnReject
    verdict_input: str | None = None
    show_file: Value | None = None
    timeout_s: float | None = None
    on_timeout: str | None = None
    kind: Kind = Kind.GATE


class SlotStep(_Common, frozen=True, kw_only=True):
    """A named place that an overlay may fill; unfilled it is skipped."""

    slot: str
    kind: Kind = Kind.SLOT


class GithubStep(_Acting, frozen=True, kw_only=True):
    """Adds a label to an issue or a pull request."""

    operation: str
    target: str
    repository: Value
    number: Value
    label: Value
    kind: Kind = Kind.GITHUB


class CustomStep(_Acting, frozen=True, kw_only=True):
    """Is performed by a step type of a package.

    Shapes: `type` is its name, `schemas` the digest of what it takes and gives when the workflow
    was compiled. `package` is the distribution that has it, where that is known.
    """

    type: str
    input: Mapping[str, Value]
    env: Mapping[str, Value]
    output_schema: Mapping[str, Json]
    schemas: str
    package: str | None = None
    kind: Kind = Kind.CUSTOM


class IfStep(_Common, frozen=True, kw_only=True):
    """Runs one of two lists of steps; the condition of the branch is `test`."""

    test: Value
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]
    kind: Kind = Kind.IF


class Case(Struct, frozen=True, kw_only=True):
    """One case of a switch: the text it matches and its steps."""

    key: str
    steps: tuple["Step", ...]


class SwitchStep(_Common, frozen=True, kw_only=True):
    """Runs the list of steps whose key equals the text of a value."""

    expression: Value
    cases: tuple[Case, ...]
    default: tuple["Step", ...]
    kind: Kind = Kind.SWITCH


class LoopStep(_Common, frozen=True, kw_only=True):
    """Repeats its steps while `test` holds: looks before the first round, or (do-while) after.

    `raw_condition` is what the author wrote; it stands in the output of a do-while only.
    """

    test: Value
    max_iterations: int
    steps: tuple["Step", ...]
    raw_condition: Json = None
    on_limit: OnLimit = OnLimit.CONTINUE
    kind: Kind  # Kind.WHILE or Kind.DO_WHILE


class FanOutStep(_Common, frozen=True, kw_only=True):
    """Runs `template` once an item, at most `concurrency` at a time.

    `max_concurrency` is what the author wrote; it stands in the output.
    """

    items: Value
    max_concurrency: Json
    concurrency: int
    template: "Step"
    kind: Kind = Kind.FAN_OUT


class FanInStep(_Common, frozen=True, kw_only=True):
    """Collects the outputs of earlier steps."""

    wait_for: tuple[str, ...]
    output: Mapping[str, Value]
    kind: Kind = Kind.FAN_IN


class WorkflowStep(_Common, frozen=True, kw_only=True):
    """Runs another workflow in a scope of its own.

    Shapes: `workflow` is the id of an installed one; None when `file` says where it is, as the
    author wrote it. `callee` is the digest of its plan among `Plan.callees`, None when it is
    found at run time.
    """

    workflow: Value | None = None
    input: Mapping[str, Value]
    file: str | None = None
    callee: str | None = None
    kind: Kind = Kind.WORKFLOW


ProcessStep: TypeAlias = ShellStep | CommandStep | PromptStep
ActionStep: TypeAlias = ProcessStep | InitStep | GithubStep | CustomStep
Step: TypeAlias = (
    ActionStep
    | GateStep
    | SlotStep
    | IfStep
    | SwitchStep
    | LoopStep
    | FanOutStep
    | FanInStep
    | WorkflowStep
)


class Branch(Struct, frozen=True, kw_only=True):
    """One list of steps inside a step, with its segment of an address.

    Shapes: `segment` is "then", "else", "default", "case:KEY", or "" for a loop's body and a
    fan-out's template, whose segment is the round or the item.
    """

    segment: str
    steps: tuple[Step, ...]


def type_name(step: Step) -> str:
    """Return what people call the kind of a step: the word under `type` in a workflow file."""
    return step.type if isinstance(step, CustomStep) else step.kind.value


def branches(step: Step) -> tuple[Branch, ...]:
    """Return the lists of steps inside a step, in the order in which they are written."""
    match step:
        case IfStep():
            return (
                Branch(segment="then", steps=step.then),
                Branch(segment="else", steps=step.otherwise),
            )
        case SwitchStep():
            return (
                *(Branch(segment=f"case:{case.key}", steps=case.steps) for case in step.cases),
                Branch(segment="default", steps=step.default),
            )
        case LoopStep():
            return (Branch(segment="", steps=step.steps),)
        case FanOutStep():
            return (Branch(segment="", steps=(step.template,)),)
        case _:
            return ()


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Yield every step with the steps inside it, parents first, in source order."""
    pending = list(reversed(steps))
    while pending:
        step = pending.pop()
        yield step
        for branch in reversed(branches(step)):
            pending.extend(reversed(branch.steps))


def match_option(options: tuple[str, ...], choice: str) -> str | None:
    """Return the option that somebody chose, None when none is meant.

    The very same words win over others; else case does not count, nor do blanks around it.
    """
    if choice in options:
        return choice
    word = choice.strip().lower()
    return next((option for option in options if option.strip().lower() == word), None)


def match_verdict(options: tuple[str, ...], verdict: str) -> str | None:
    """Return the first option that a verdict input holds, whatever its case: as Spec Kit does."""
    return next((option for option in options if option.lower() == verdict.lower()), None)
