"""The seams between the core and the world: what an action is given and what it gives back."""

import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field

from treadle.executor.step_type import FindStepType, no_step_type
from treadle.plan.catalogue import error_text
from treadle.plan.expression import Json
from treadle.plan.plan import Plan
from treadle.plan.steps import ActionStep


class Outcome(StrEnum):
    """How an action ended; CANCELLED results are never recorded: the action runs again."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ActionResult(Struct, frozen=True, kw_only=True):
    """What an action gives back.

    Shapes: `output` is what the step's record holds. `error` is one sentence for people and
    None exactly when the action completed. `began_at` is given when it could not begin at once.
    Units: an ISO 8601 time in UTC.
    """

    outcome: Outcome
    output: Mapping[str, Json]
    error: str | None = None
    began_at: str | None = None
    secrets_masked: bool = False


# Of an action that was told to end before it had a result.
CANCELLED = ActionResult(outcome=Outcome.CANCELLED, output={}, error="cancelled")


def failed(error: str) -> ActionResult:
    """Return the result of an action that failed and leaves nothing."""
    return ActionResult(outcome=Outcome.FAILED, output={}, error=error)


class PlanSource(Protocol):
    """Where the plans of installed workflows come from when an expression names them."""

    def resolve(self, workflow: str, *, lenient: bool = False) -> Plan:
        """Return the plan of an installed workflow. Errors: Unresolved."""


class Unresolved(Exception):
    """A workflow that cannot be called, with one sentence for people that says why."""


class NoPlans:
    """Stands for the plans of a run that nobody finds any for."""

    def resolve(self, workflow: str, *, lenient: bool = False) -> Plan:
        """Find nothing. Errors: Unresolved."""
        raise Unresolved(error_text("TR330", id=workflow))


class OutputLog(Protocol):
    """Where the raw bytes of an action's streams go, as they come."""

    def write(self, stream: str, data: bytes) -> None:
        """Append bytes of "stdout" or "stderr"."""


class Cancellation(Struct):
    """Set from another thread to end an action; `kill` ends its processes without grace.

    `wake` holds callbacks that interrupt a wait (a write into the poll loop's pipe).
    """

    is_set: bool = False
    is_kill: bool = False
    _wake: list[Callable[[], None]] = field(default_factory=list)
    # Reentrant: a signal handler may cancel in the middle of a cancel of its own thread.
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def cancel(self, *, kill: bool = False) -> None:
        """Ask the action to end; with `kill`, at once."""
        with self._lock:
            self.is_set = True
            self.is_kill = self.is_kill or kill
            callbacks = tuple(self._wake)
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call `callback` when cancelled, at once if that has happened already."""
        with self._lock:
            self._wake.append(callback)
            is_late = self.is_set
        if is_late:
            callback()

    def forget(self, callback: Callable[[], None]) -> None:
        """Drop `callback` once what it would interrupt has ended; it may be running already."""
        with self._lock:
            self._wake.remove(callback)


class ActionRequest(Struct, frozen=True, kw_only=True):
    """One execution of an acting step.

    Shapes: `names` maps the roots of expressions (inputs, steps, item, context) to JSON data;
    `secrets` maps the secret inputs to their texts, for `env` only. `environment` is the
    environment that the process inherits. `echo` gets an agent's output that is not captured.
    `register` is told each process group that starts (+pgid) and ends (-pgid). `find_step_type`
    gives the step types that packages bring.
    """

    step: ActionStep
    address: str
    attempt: int
    run_id: str
    idempotency_key: str
    names: Mapping[str, Json]
    secrets: Mapping[str, str]
    environment: Mapping[str, str]
    project: Path
    workflow_dir: str | None
    log: OutputLog
    echo: Callable[[bytes], None]
    cancellation: Cancellation
    register: Callable[[int], None]
    find_step_type: FindStepType = no_step_type


class Machine(Protocol):
    """What is there before anything runs: programs, folders and files of this machine.

    Shapes: relative paths begin in the project.
    """

    @property
    def environment(self) -> Mapping[str, str]:
        """What processes inherit."""

    def program(self, name: str) -> str | None:
        """Return the absolute path of a program on the PATH, or None."""

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""

    def is_file(self, path: str) -> bool:
        """Whether there is a file of that path."""

    def place(self, places: tuple[str, ...]) -> str | None:
        """Return the first of some files that the project, or the user, has for agents."""

    def speckit_version(self) -> str | None:
        """Return the version of Spec Kit that set the project up, None when nothing tells."""
