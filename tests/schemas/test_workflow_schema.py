"""The schema of workflow files, as an editor applies it to a whole file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas
from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.document import load
from treadle.compiler.reading.nodes import plain
from treadle.compiler.shapes import shape, shape_rules
from treadle.plan.catalogue import BY_CODE
from treadle.plan.steps import Kind

SCHEMA = schemas.load("workflow")
EDITOR = Draft202012Validator(SCHEMA)
CASES = Path(__file__).parents[1] / "cases" / "bad"
BAD = tuple(path for path in sorted(CASES.glob("tr2*.yml")))
# What an editor cannot see: places in the tree, one key beside another, and 1 beside 1.0.
BEYOND = frozenset({"TR209", "TR217", "TR218", "TR219", "TR224", "TR226", "TR227"})
GOOD = """
schema_version: "1.0"
x-team: platform
workflow: {id: flow, name: Flow, version: "1.0.0", author: [a, b], integration: null, x-a: 1}
requires: {speckit_version: ">=1.2", integrations: [claude]}
timeout: 3600
concurrency: {group: "deploy-{{ inputs.who }}", limit: 2, on_conflict: refuse, x-a: 1}
inputs:
  who: {type: string, default: you, prompt: Who}
  tags: {type: array, items: {type: string}, minItems: 1}
outputs:
  total: {value: "{{ steps.a.output.stdout }}", schema: {type: string}, description: Sum}
steps:
  - {id: plan, command: speckit.plan, input: {args: x}, timeout: 60, env: {CI: true}}
  - {id: ask, type: prompt, prompt: Why, capture: true, capture_max_bytes: 10}
  - {id: a, type: shell, run: make, if: "{{ inputs.who == 'me' }}", output_format: json}
  - {id: start, type: init, here: true, script: sh}
  - {id: ok, type: gate, message: Good, options: [Go, Reject]}
  - id: maybe
    type: if
    condition: "{{ inputs.who }}"
    then: [{id: hole, type: slot, name: Hole}]
    else: null
  - {id: pick, type: switch, expression: x, cases: {a: [{id: s, type: shell, run: x}]}}
  - {id: loop, type: while, condition: true, steps: [], max_iterations: 2}
  - {id: again, type: do-while, condition: "", steps: []}
  - {id: each, type: fan-out, items: [1], step: {id: t, type: shell, run: x}, max_concurrency: 4}
  - {id: all, type: fan-in, wait_for: [each], output: {n: 1}}
  - {id: mark, type: github, operation: add-label, target: issue, repository: o/r, number: 1,
     label: bug}
  - {id: call, type: workflow, workflow: other}
  - {id: in-time, type: gate, message: Good, timeout: 60, on_timeout: {choose: approve, x-a: 1}}
  - {id: late, type: gate, message: Good, timeout: 0.5, on_timeout: abort}
  - {id: strict, type: while, condition: true, steps: [], on_limit: fail}
  - {id: fetch, type: shell, run: x, retry: {max_attempts: 3, delay: 0, backoff: 1.5, max_delay: 9,
     on_exit_codes: [75, -15], x-a: 1}}
  - {id: tag, type: github, operation: add-label, target: issue, repository: o/r, number: 1,
     label: bug, timeout: 5, retry: {max_attempts: 2}}
finally:
  - {id: clean, type: shell, run: make clean}
"""


def _plain(source: str) -> tuple[object, Report]:
    """A file as data, with what the compiler finds in its shape."""
    report = Report()
    document = load(source.encode(), path="flow.yml", report=report)
    assert document is not None
    shape.check(document, report)
    return plain(document.root), report


def _objects() -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of the whole file and of everything in it that has known keys."""
    yield "", SCHEMA
    for name, schema in SCHEMA["$defs"].items():
        if name in shape_rules.kinds() or schema.get("additionalProperties") is False:
            yield name, schema


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert "https://json-schema.org/draft/2020-12/schema" == SCHEMA["$schema"]


def test_every_key_has_a_description() -> None:
    silent = []
    for at, schema in _objects():
        for key, rule in schema.get("properties", {}).items():
            name = rule.get("$ref", "").removeprefix("#/$defs/")
            words = rule.get("description") or SCHEMA["$defs"].get(name, {}).get("description")
            silent += [] if words else [f"{at}/{key}"]
    assert [] == silent


def test_every_object_takes_free_keys_and_no_others() -> None:
    assert {(False, ("^x-",))} == {
        (schema["additionalProperties"], tuple(schema["patternProperties"]))
        for _, schema in _objects()
    }


def test_every_kind_of_step_has_its_definition() -> None:
    named = SCHEMA["$defs"]["step"]["properties"]["type"]["anyOf"][0]["enum"]
    assert {*Kind} - {Kind.CUSTOM} == set(named)
    assert [*named, "custom"] == [
        branch["then"]["$ref"].removeprefix("#/$defs/")
        for branch in SCHEMA["$defs"]["step"]["allOf"]
    ]
    assert set(named) <= set(SCHEMA["$defs"])


def test_every_diagnostic_that_the_schema_names_is_in_the_catalogue() -> None:
    named = set(re.findall(r"\bTR\d{3}\b", str(SCHEMA)))
    assert named and named <= set(BY_CODE)


def test_a_dollar_sign_in_a_pattern_always_means_the_end() -> None:
    assert r"\\$" not in str(SCHEMA)


def test_editor_and_compiler_accept_the_whole_format() -> None:
    value, report = _plain(GOOD)
    assert ((), []) == (report.diagnostics, [e.message for e in EDITOR.iter_errors(value)])


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_editor_and_compiler_agree_about_the_bad_cases(path: Path) -> None:
    value, report = _plain(path.read_text(encoding="utf-8"))
    if path.name[:5].upper() not in BEYOND:
        assert (True, False) == (report.has_errors, EDITOR.is_valid(value))
