"""Plan files: a plan as JSON on a disk, checked when it is read back.

Members stand in the order of the source, since an object that is rendered as text shows it; the
digest inside covers everything that running depends on and does not know of any order.
Source: schemas/plan.schema.json.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from treadle.plan.canonical import digest
from treadle.plan.codec import (
    concurrency_to_json,
    fields_to_json,
    from_json,
    step_alone_to_json,
    to_json,
    value_to_json,
)
from treadle.plan.expression import Json
from treadle.plan.inputs import ORDER_KEY, PROMPT_KEY
from treadle.plan.json_text import parse_json
from treadle.plan.plan import PLAN_FORMAT, Plan, every_step
from treadle.plan.problems import problem
from treadle.plan.steps import Step, WorkflowStep, branches, walk

_LABELS = frozenset({"description", PROMPT_KEY})


class PlanError(Exception):
    """A file that is not a plan that this version can run: TR601, TR602 or TR603."""

    def __init__(self, code: str, **fields: object) -> None:
        self.problem = problem(code, hint=None, **fields)
        super().__init__(self.problem.message)


def write_plan(path: Path, plan: Plan) -> bytes:
    """Write a plan so that it is on the disk on return, and return its bytes. Errors: OSError."""
    content = plan_bytes(plan)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with os.fdopen(file, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return content


def plan_bytes(plan: Plan) -> bytes:
    """Return a plan as the bytes of its file: the same for the same source, everywhere."""
    text = json.dumps(
        to_json(plan), ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=dict
    )
    return text.encode("utf-8") + b"\n"


def read_plan(path: Path) -> Plan:
    """Read a plan file. Errors: PlanError; OSError when it cannot be read."""
    return parse_plan(path.read_bytes())


def parse_known_plan(source: bytes) -> Plan:
    """Read a plan from bytes of which `parse_plan` has made sure before."""
    return from_json(json.loads(source))


def parse_plan(source: bytes) -> Plan:
    """Read a plan from the bytes of a plan file, and make sure that it is unchanged.

    Errors: PlanError with TR601 (not a plan), TR602 (changed) or TR603 (another format).
    """
    try:
        data = parse_json(source.decode("utf-8-sig"))
    except ValueError as error:
        raise PlanError("TR601", reason=error) from error
    if not isinstance(data, dict):
        raise PlanError("TR601", reason="it is not an object")
    if data.get("format") != PLAN_FORMAT:
        raise PlanError("TR603", found=data.get("format"))
    try:
        plan = from_json(data)
        if not _is_unchanged(plan) or not _has_its_callees(plan):
            raise PlanError("TR602")
    except KeyError as error:
        raise PlanError("TR601", reason=f"the member {error} is missing or not known") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise PlanError("TR601", reason=f"a member has the wrong shape ({error})") from error
    return plan


def _is_unchanged(plan: Plan) -> bool:
    every = (*plan.steps, *plan.closing)
    return step_digests(every) == plan.step_digests and plan_digest(plan) == plan.digest


def _has_its_callees(plan: Plan) -> bool:
    """Whether every workflow that is called is there, unchanged, under its digest."""
    called = {
        step.callee
        for each in (plan, *plan.callees.values())
        for step in every_step(each)
        if isinstance(step, WorkflowStep) and step.callee is not None
    }
    return called <= plan.callees.keys() and all(
        callee.digest == key and not callee.callees and _is_unchanged(callee)
        for key, callee in plan.callees.items()
    )


def plan_digest(plan: Plan) -> str:
    """Return the digest of everything in a plan that running it depends on.

    It is made of the digests of the steps, so those must be right (`step_digests`).
    """
    return digest(
        {
            "format": plan.format,
            "id": plan.id,
            "version": plan.version,
            "inputs": _without_labels(plan.inputs),
            "defaults": {"integration": plan.defaults.integration, "model": plan.defaults.model},
            "steps": _placed(plan),
            **({} if plan.timeout_s is None else {"timeout_s": plan.timeout_s}),
            **(
                {}
                if plan.concurrency is None
                else {"concurrency": concurrency_to_json(plan.concurrency)}
            ),
            **({} if plan.requires is None else {"requires": fields_to_json(plan.requires)}),
            "outputs": {
                name: {"value": value_to_json(output.value), "schema": output.schema}
                for name, output in plan.outputs.items()
            },
        }
    )


def step_digests(steps: tuple[Step, ...]) -> dict[str, str]:
    """Return the digest of each step without the steps inside it, by its path."""
    return {step.path: digest(step_alone_to_json(step)) for step in walk(steps)}


def _placed(plan: Plan) -> dict[str, Json]:
    """Return each step's digest with its number in its list, by path.

    The path says which list it is; in which order branches are written makes no difference.
    """
    every = (plan.steps, plan.closing)
    lists = [*every, *(b.steps for top in every for step in walk(top) for b in branches(step))]
    return {
        step.path: [number, plan.step_digests[step.path]]
        for steps in lists
        for number, step in enumerate(steps)
    }


def _without_labels(inputs: Mapping[str, Json]) -> dict[str, Json]:
    """Return the schema of the inputs without what is for people, and without any order."""
    properties = inputs.get("properties")
    declared = properties if isinstance(properties, Mapping) else {}
    listed = inputs.get("required")
    required: list[Json] = []
    required += sorted(str(name) for name in listed) if isinstance(listed, list) else []
    return {
        **{key: value for key, value in inputs.items() if key != ORDER_KEY},
        "required": required,
        "properties": {
            name: {key: value for key, value in schema.items() if key not in _LABELS}
            for name, schema in declared.items()
            if isinstance(schema, Mapping)
        },
    }
