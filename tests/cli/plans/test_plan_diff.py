"""`treadle plan --diff OLD NEW`: lines for people, an object for programs, a status for CI."""

from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas

OLD = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  scope: {type: string, enum: [full, quick], default: quick}
outputs: {made: {value: "{{ steps.build.output.stdout }}"}}
steps:
  - {id: build, type: shell, run: make, env: {SCOPE: "{{ inputs.scope }}"}}
  - {id: test, type: shell, run: make test}
  - {id: ask, type: gate, message: Ship}
"""
CHANGES = (
    ('"1.0.0"', '"2.0.0"'),
    ("[full, quick]", "[quick]"),
    ("made:", "built:"),
    ("run: make,", "run: make all,"),
    ("  - {id: test, type: shell, run: make test}\n", ""),
    ("Ship}\n", "Ship}\n  - {id: ship, type: shell, run: ./ship}\n"),
)
EXPECTED = """\
demo 1.0.0 → 2.0.0
  workflow
    ~ version: '1.0.0' → '2.0.0'
  inputs
    ~ scope
        enum: ["full","quick"] → ["quick"]
        breaks callers: 'enum' was ["full","quick"], is ["quick"]
  outputs
    + built
        value '{{ steps.build.output.stdout }}'
    - made
        breaks callers: whoever reads it gets nothing
  steps
    ~ build  shell
        run: 'make' → 'make all'
    + ship  shell
    - test  shell
"""
SUMMARY = (
    "1 input changed, 1 output added, 1 output removed, 1 step added, 1 step removed,"
    " 1 step changed; 2 changes break callers\n"
)
SCHEMA = Draft202012Validator(schemas.load("diff"))

Write = Callable[[str, str], Path]


def changed(*changes: tuple[str, str]) -> str:
    text = OLD
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


@pytest.fixture
def compare(treadle, write: Write):
    def call(new: str, *options: str):
        write("old.yml", OLD)
        write("new.yml", new)
        return treadle("plan", "--diff", "old.yml", "new.yml", *options)

    return call


def test_what_differs_is_told_line_by_line(compare) -> None:
    ended = compare(changed(*CHANGES))
    assert (0, EXPECTED, SUMMARY) == (ended.code, ended.out, ended.err)


def test_nothing_differs_from_itself(compare) -> None:
    ended = compare(OLD, "--detailed-exitcode")
    assert (0, "demo 1.0.0\n", "no differences\n") == (ended.code, ended.out, ended.err)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("Ship}", "Really ship}"), 3),
        (("[full, quick]", "[full, quick, none]"), 3),
        (("[full, quick]", "[quick]"), 1),
        (("made:", "built:"), 1),
        (("type: gate", "type: gait"), 2),
    ],
)
def test_a_detailed_status_tells_what_came_out(compare, change: tuple[str, str], code: int) -> None:
    assert code == compare(changed(change), "--detailed-exitcode").code


def test_json_fits_its_schema(compare) -> None:
    data = compare(changed(*CHANGES), "--json").data
    assert [] == [error.message for error in SCHEMA.iter_errors(data)]
    assert (False, True) == (data["is_same"], data["breaks_callers"])


def test_plan_files_can_be_compared_with_workflows(treadle, write: Write) -> None:
    write("old.yml", OLD)
    treadle("plan", "old.yml", "-o", "old.plan.json")
    ended = treadle("plan", "--diff", "old.plan.json", "old.yml", "--detailed-exitcode")
    assert (0, "no differences\n") == (ended.code, ended.err)


def test_a_move_tells_where_from(compare) -> None:
    step = "  - {id: test, type: shell, run: make test}\n"
    inside = f"  - {{id: maybe, type: if, condition: true, then: [{step.strip()[2:]}]}}\n"
    ended = compare(changed((step, inside)))
    assert "    + maybe  if\n    ~ test  shell  /maybe/then/test\n        moved from /test\n" in (
        ended.out
    )
