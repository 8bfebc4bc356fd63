"""A compiled workflow: everything that running it needs, and nothing of the place it came from."""

from collections.abc import Mapping

from msgspec import Struct

from treadle.plan.expression import Json, Value
from treadle.plan.steps import Step

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
    """Where a step stands in its source. Units: lines and columns from 1."""

    line: int
    column: int


class Plan(Struct, frozen=True, kw_only=True):
    """An immutable tree of steps with the inputs, outputs and digests of a workflow.

    Shapes: `inputs` is one object schema (see treadle.plan.inputs); `step_digests` and
    `source_map` are keyed by `Step.path`. `digest` covers everything but `source_map` and the
    labels for people (`name`, descriptions).
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
    format: int = PLAN_FORMAT
