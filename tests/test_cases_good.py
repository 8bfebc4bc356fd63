"""Each file of tests/cases/good compiles strictly; its plan is a snapshot.

A snapshot that changes is a change of the language or of the plan's format. Digests and places
are left out: they change with every word of a case.
"""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from syrupy.assertion import SnapshotAssertion

from treadle import schemas
from treadle.compiler import compile_bytes, compile_text
from treadle.plan.codec import to_json
from treadle.plan.plan import Plan
from treadle.plan.plan_file import parse_plan, plan_bytes

ROOT = Path(__file__).parent.parent
CASES = sorted((ROOT / "tests" / "cases" / "good").glob("*.yml"))
SNAPSHOTS = ROOT / "snapshots" / "cases_good"

over_cases = pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)


def plan_of(path: Path) -> Plan:
    compilation = compile_bytes(path.read_bytes(), path=path.name)
    assert () == compilation.errors
    assert compilation.plan is not None
    return compilation.plan


def readable(plan: Plan) -> str:
    data = to_json(plan)
    del data["step_digests"], data["source_map"]
    data["digest"] = "<digest>"
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


@over_cases
def test_a_good_workflow_gets_the_plan_of_its_snapshot(
    path: Path, snapshot: SnapshotAssertion
) -> None:
    assert readable(plan_of(path)) == snapshot


def test_every_snapshot_belongs_to_a_case() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in SNAPSHOTS.iterdir()}


@over_cases
def test_compiling_twice_gives_the_same_bytes(path: Path) -> None:
    assert plan_bytes(plan_of(path)) == plan_bytes(plan_of(path))


@over_cases
def test_a_plan_fits_its_schema(path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schemas.load("plan"))
    data = json.loads(plan_bytes(plan_of(path)))
    assert [] == [error.message for error in validator.iter_errors(data)]


@over_cases
def test_a_plan_survives_its_file(path: Path) -> None:
    plan = plan_of(path)
    read = parse_plan(plan_bytes(plan))
    assert plan == read
    assert plan_bytes(plan) == plan_bytes(read)


@over_cases
def test_the_order_of_keys_does_not_change_the_digest(path: Path) -> None:
    yaml = YAML(typ="safe")
    turned = StringIO()
    yaml.representer.sort_base_mapping_type_on_output = False
    yaml.dump(_turned(yaml.load(path.read_bytes())), turned)
    other = compile_text(turned.getvalue()).plan
    assert other is not None
    assert plan_of(path).digest == other.digest


def _turned(data: Any) -> Any:
    """Return YAML data with the keys of every mapping the other way round."""
    if isinstance(data, dict):
        return {key: _turned(data[key]) for key in reversed(data)}
    if isinstance(data, list):
        return [_turned(item) for item in data]
    return data
