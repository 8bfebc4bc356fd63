"""Plan files: a plan as JSON on a disk, checked when it is read back.

Members stand in the order of the source, since an object that is rendered as text shows it; the
digest inside covers everything that running depends on and does not know of any order.
Source: schemas/plan.schema.json.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from treadle.plan.canonical import digest, parse_json
from treadle.plan.catalogue import BY_CODE, message
from treadle.plan.codec import from_json, step_to_json, to_json, value_to_json
from treadle.plan.plan import PLAN_FORMAT, Plan

_LABELS = frozenset({"name"})


class PlanError(Exception):
    """A file that is not a plan that this version can run: TR601, TR602 or TR603."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(message(code, **fields))
        self.code = code
        self.hint = BY_CODE[code].hint


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan so that it is on the disk on return. Errors: OSError."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with os.fdopen(file, "wb") as stream:
        stream.write(plan_bytes(plan))
        stream.flush()
        os.fsync(stream.fileno())


def plan_bytes(plan: Plan) -> bytes:
    """Return a plan as the bytes of its file: the same for the same source, everywhere."""
    text = json.dumps(to_json(plan), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def read_plan(path: Path) -> Plan:
    """Read a plan file. Errors: PlanError; OSError when it cannot be read."""
    return parse_plan(path.read_bytes())


def parse_plan(source: bytes) -> Plan:
    """Read a plan from the bytes of a plan file, and make sure that it is unchanged.

    Errors: PlanError with TR601 (not a plan), TR602 (changed) or TR603 (another format).
    """
    try:
        data = parse_json(source.decode("utf-8"))
    except ValueError as error:
        raise PlanError("TR601", reason=error) from error
    if not isinstance(data, dict):
        raise PlanError("TR601", reason="it is not an object")
    if data.get("format") != PLAN_FORMAT:
        raise PlanError("TR603", found=data.get("format"))
    try:
        plan = from_json(data)
        if plan_digest(plan) != plan.digest:
            raise PlanError("TR602")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError("TR601", reason=f"{type(error).__name__} at {error}") from error
    return plan


def plan_digest(plan: Plan) -> str:
    """Return the digest of everything in a plan that running it depends on."""
    return digest(
        {
            "format": plan.format,
            "id": plan.id,
            "version": plan.version,
            "inputs": dict(plan.inputs),
            "defaults": {"integration": plan.defaults.integration, "model": plan.defaults.model},
            "steps": [_unlabelled(step_to_json(step)) for step in plan.steps],
            "outputs": {
                name: {"value": value_to_json(output.value), "schema": output.schema}
                for name, output in plan.outputs.items()
            },
        }
    )


def _unlabelled(data: Any) -> Any:
    """Return a step's JSON without the labels for people, at every depth."""
    if isinstance(data, Mapping) and "kind" in data and "path" in data:
        return {key: _unlabelled(value) for key, value in data.items() if key not in _LABELS}
    if isinstance(data, Mapping):
        return {key: _unlabelled(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_unlabelled(item) for item in data]
    return data
