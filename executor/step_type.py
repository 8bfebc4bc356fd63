"""Step types of your own in Python: what a package gives treadle, and what it is given for a step.

    from treadle.executor import StepRequest, StepType

    def perform(request: StepRequest) -> dict[str, object]: ...

    notify = StepType(name="notify", input_schema=..., output_schema=..., perform=perform)

A package names the object as an entry point of the group ``treadle.steps``. Nothing here depends
on the place where the step runs.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from treadle.plan.expression import Json
from treadle.plan.step_types import StepSignature, name_fault, schema_fault


class StepFailed(Exception):
    """Raised by a step that has failed, with the sentence that people will read."""


class Stop(Protocol):
    """Whether a step is to stop: its time is up, or the run was cancelled or interrupted."""

    @property
    def is_set(self) -> bool:
        """Whether to stop now."""

    def wait(self, seconds: float) -> bool:
        """Wait, at most so long, and return whether to stop. Units: seconds."""


class StepRequest(Struct, frozen=True, kw_only=True):
    """One attempt of a step.

    Shapes: `input` fits the input schema. `environment` is what a process would inherit, with
    the `env` of the step, where the secrets are. `idempotency_key` is the same for each attempt
    at one result. `log` adds a line to the log of the step; secrets of `env` are masked there.
    Units: `attempt` counts from 1.
    """

    input: Mapping[str, Json]
    environment: Mapping[str, str]
    project: Path
    workflow_dir: str | None
    run_id: str
    address: str
    attempt: int
    idempotency_key: str
    stop: Stop
    log: Callable[[str], None]


class StepType(Struct, frozen=True, kw_only=True):
    """A step type: its name, its schemas, and the function that performs a step.

    Shapes: both schemas are JSON Schemas (2020-12) of objects. What `perform` returns fits
    `output_schema`; whatever it raises fails the step.
    Units: `grace_s` is how long it has to end after it was told to stop.
    """

    name: str
    input_schema: Mapping[str, Json]
    output_schema: Mapping[str, Json]
    # An author's function returns what it likes; it is checked before anything sees it.
    perform: Callable[[StepRequest], Mapping[str, Any]]
    description: str | None = None
    grace_s: float = 5.0

    def signature(self, *, package: str | None = None) -> StepSignature:
        """Return what a plan knows of the type."""
        return StepSignature(
            name=self.name,
            input_schema=self.input_schema,
            output_schema=self.output_schema,
            description=self.description,
            package=package,
        )


# Finds a step type by its name; None when nothing here has it.
# Errors: treadle.executor.Refused with TR747 for one that cannot be used.
FindStepType = Callable[[str], StepType | None]


def no_step_type(name: str) -> StepType | None:
    """Find nothing."""
    return None


def fault_of(found: object, *, name: str) -> str | None:
    """Return why an object cannot be the step type of that name, None when it can."""
    if not isinstance(found, StepType):
        return f"it is no treadle.executor.StepType, but {type(found).__name__}"
    if found.name != name:
        return f"it is called '{found.name}' there"
    if not callable(found.perform):
        return "its 'perform' is no function"
    fault = name_fault(name)
    if fault is not None:
        return fault
    for key in ("input_schema", "output_schema"):
        fault = schema_fault(getattr(found, key))
        if fault is not None:
            return f"'{key}': {fault}"
    return None
