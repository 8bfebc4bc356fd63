"""A compiled workflow: everything that running it needs, and nothing of the place it came from."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct, field

from treadle.plan.expression import Json, Value
from treadle.plan.steps import Step, walk

PLAN_FORMAT = 1


class Output(Struct, frozen=True, kw_only=True):
    """One declared output of a workflow: its value, and its schema where there is one."""

    value: Value
    schema: Mapping[str, Json] | None = None
    description: str | None = None


class Defaults(Struct, frozen=True, kw_only=True):
    """The workflow's own `integration` and `model` as written, which records of steps repeat."""

    integration: str | None = None
    model: str | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Where a step stands in its source. Units: lines and columns from 1.

    Shapes: `layer` is the id of the overlay whose file it is, None for the workflow's own.
    """

    line: int
    column: int
    layer: str | None = None


class OnConflict(StrEnum):
    """What a new run does when its group is full."""

    WAIT = "wait"  # until another run of the group rests
    REFUSE = "refuse"
    REPLACE = "replace"  # the oldest run of the group is cancelled


class Concurrency(Struct, frozen=True, kw_only=True):
    """How many runs of a group may be at work at the same time, in one project."""

    group: Value
    limit: int = 1
    on_conflict: OnConflict = OnConflict.WAIT


class Requires(Struct, frozen=True, kw_only=True):
    """What a workflow says of its surroundings: a range of versions, and agents it is for."""

    speckit_version: str | None = None
    integrations: tuple[str, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """An immutable tree of steps with the inputs, outputs and digests of a workflow.

    Shapes: `inputs` is one object schema (see treadle.plan.inputs); `step_digests` and
    `source_map` are keyed by `Step.path`. `digest` covers everything but `source_map` and the
    labels for people (`name`, descriptions). `closing` are the steps under `finally`. `callees`
    are the plans of all workflows that are called, at any depth, by their digests; they have
    none themselves.
    Units: seconds of work that a run may take, without the time it was paused.
    """

    id: str
    name: str
    version: str
    description: str | None = None
    inputs: Mapping[str, Json]
    defaults: Defaults
    steps: tuple[Step, ...]
    outputs: Mapping[str, Output]
    step_digests: Mapping[str, str]
    source_map: Mapping[str, Place]
    digest: str
    timeout_s: float | None = None
    closing: tuple[Step, ...] = ()
    concurrency: Concurrency | None = None
    requires: Requires | None = None
    callees: Mapping[str, "Plan"] = field(default_factory=dict)
    format: int = PLAN_FORMAT


def every_step(plan: Plan) -> Iterator[Step]:
    """Yield every step of a plan, parents first, those under `finally` last."""
    return walk((*plan.steps, *plan.closing))
