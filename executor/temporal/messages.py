"""What crosses between a client, the workflow on Temporal and a worker, as JSON.

Everything is data of treadle's own: events and plans are written by their codecs.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

JOURNAL, STATUS = "journal", "status"
RESUME, CANCEL, GO_BACK, REPLACE_PLAN = "resume", "cancel", "go-back", "replace-plan"
REFUSED = "refused"
CALL_ACTIVITY = "find called workflow"

# The search attributes of a run, which a namespace has to know.
OF_WORKFLOW, OF_STATUS, OF_STEP = "TreadleWorkflow", "TreadleStatus", "TreadleStep"
ATTRIBUTES = (OF_WORKFLOW, OF_STATUS, OF_STEP)

# Raised with everything that a worker which does not know it would do otherwise.
OPENING_FORMAT = 1
DAY_S = 86_400.0


def queue_of(task_queue: str, label: str | None) -> str:
    """Return the task queue of the workers that have a label."""
    return task_queue if label is None else f"{task_queue}/{label}"


_T = TypeVar("_T", bound=Struct)


class Limits(Struct, frozen=True, kw_only=True):
    """How a run is kept on Temporal.

    Shapes: `has_attributes` says whether the server knows treadle's search attributes.
    Units: `heartbeat_s` is how long a worker may be silent before another one takes its step over;
    `history_events` is the length of a history after which it is begun anew; `open_s` is how long
    a run that failed can be resumed; `infrastructure_attempts` is how often a step is handed out
    when its worker is lost.
    """

    heartbeat_s: float = 30.0
    history_events: int = 9_000
    open_s: float = 30 * DAY_S
    infrastructure_attempts: int = 10
    has_attributes: bool = False


class Opening(Struct, frozen=True, kw_only=True):
    """What a workflow on Temporal begins with.

    Shapes: `plan` is a plan as its codec writes it, `created` the event that a run begins with;
    a history that goes on where another one stopped has `carried` instead. `project` is the folder
    that the run was started in. `event` is what a run that is carried goes on by, when somebody
    goes on with one whose workflow was closed, or with a copy; `replacing` is the plan it goes on
    under when that is another one. `shows_gates` is left out by releases whose workflows did not
    put open gates into the memo: a history that began so is replayed so.
    """

    plan: Mapping[str, Any]
    limits: Limits
    project: str
    created: Mapping[str, Any] | None = None
    carried: "Carried | None" = None
    event: Mapping[str, Any] | None = None
    replacing: Mapping[str, Any] | None = None
    shows_gates: bool = False
    format: int = OPENING_FORMAT


class Page(Struct, frozen=True, kw_only=True):
    """A part of a run's journal: enough to bring a reader's state nearer to the run's.

    Shapes: `snapshot` is the state after `base` transactions (see snapshot.py) in base64, given
    where the transactions before it are gone; `transactions` are those behind `base`, each as JSON
    text; `callees` are the plans that were found for calls. `plan` is the one that holds at
    `base`, left out for a reader that has it; `plans` are those that have replaced it since.
    Units: `count` is the number of all transactions.
    """

    base: int
    transactions: tuple[str, ...]
    count: int
    snapshot: str | None = None
    callees: tuple[Mapping[str, Any], ...] = ()
    plan: Mapping[str, Any] | None = None
    plans: tuple[Mapping[str, Any], ...] = ()


class Held(Struct, frozen=True, kw_only=True):
    """A command that was not carried out any more: exactly one of its kinds is given."""

    perform: tuple[str, int] | None = None  # address, attempt
    timer: tuple[str, str] | None = None  # address, due
    call: tuple[str, str] | None = None  # address, workflow
    is_continue: bool = False


class Carried(Struct, frozen=True, kw_only=True):
    """A run on its way from one history to the next, with what is still to be done."""

    page: Page
    held: tuple[Held, ...]


class JournalAsk(Struct, frozen=True, kw_only=True):
    """Which part of the journal a reader lacks: what is behind `after` transactions."""

    after: int = 0
    has_plan: bool = False


class Value(Struct, frozen=True, kw_only=True):
    """A value of an input as it is given, see `treadle.plan.inputs.Given`."""

    value: Any = None
    is_text: bool


class ResumeAsk(Struct, frozen=True, kw_only=True):
    """How somebody wants to go on with a run; the fields are those of the command."""

    given: Mapping[str, "Value"]
    environment: Mapping[str, "Value"]
    choices: tuple[str, ...] = ()
    comment: str | None = None
    lenient: bool = False
    by: str | None = None
    integration: str | None = None


class MendAsk(Struct, frozen=True, kw_only=True):
    """How somebody goes on with a run from a step that it has come to, or under another plan.

    Shapes: `addresses` are the steps that it goes back to, `plan` is the one it goes on under.
    Units: `seen` is the number of transactions that whoever asks has looked at.
    """

    going_on: ResumeAsk
    seen: int
    addresses: tuple[str, ...] = ()
    plan: Mapping[str, Any] | None = None


class CancelAsk(Struct, frozen=True, kw_only=True):
    """Who wants to end a run for good, and why."""

    by: str | None = None
    reason: str | None = None


class Accepted(Struct, frozen=True, kw_only=True):
    """What a request that was not refused has become: the transaction of that number."""

    transaction: int


class Secret(Struct, frozen=True, kw_only=True):
    """A secret that a step reads: its name in the run, and whether it cannot be left out."""

    source: str
    is_required: bool


class Order(Struct, frozen=True, kw_only=True):
    """One execution of a step, for whichever worker takes it.

    Shapes: `step` is written by the plan's codec; `names` is what its expressions read; `log` is
    the number of its log files. `project` is where the run was started, `secrets` are by the
    names that the step has for them.
    """

    run_id: str
    address: str
    attempt: int
    log: int
    idempotency_key: str
    step: Mapping[str, Any]
    names: Mapping[str, Any]
    secrets: Mapping[str, Secret]
    project: str
    workflow_dir: str | None = None


class Done(Struct, frozen=True, kw_only=True):
    """The result of a step, as the core is told of it."""

    status: str
    output: Mapping[str, Any]
    error: str | None = None


class Beat(Struct, frozen=True, kw_only=True):
    """What a step at work has written so far.

    Shapes: `folder` on `host` holds the log files of that number; `streams` has the size of each
    stream in bytes, and the end of it in base64.
    """

    host: str
    folder: str
    log: int
    streams: Mapping[str, tuple[int, str]]


class CallOrder(Struct, frozen=True, kw_only=True):
    """The name of an installed workflow that a call is for."""

    workflow: str
    project: str


class Found(Struct, frozen=True, kw_only=True):
    """The plan of a workflow that is called, or why there is none."""

    plan: Mapping[str, Any] | None = None
    error: str | None = None


class Reasons(Struct, frozen=True, kw_only=True):
    """A refusal on its way to whoever asked: code, message, hint and field of each reason."""

    reasons: tuple[tuple[str, str, str | None, str | None], ...]


def plain(message: Struct) -> Any:
    """Return a message as JSON data that every encoder takes; what is not given is left out."""
    return json.loads(json.dumps(_filled(message), default=_plain, allow_nan=False))


def read(kind: type[_T], data: object) -> _T:
    """Read a message from JSON data. Errors: ValueError for data that does not fit."""
    message = msgspec.convert(data, kind)
    return message


def _plain(value: object) -> Any:
    if isinstance(value, Struct):
        return _filled(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no part of a message")


def _filled(message: Struct) -> dict[str, Any]:
    return {
        field.name: value
        for field in msgspec.structs.fields(message)
        if (value := getattr(message, field.name)) is not None
    }
