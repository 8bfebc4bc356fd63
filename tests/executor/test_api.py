"""Running plans from Python that call workflows which only the run can find."""

from pathlib import Path

import pytest
from msgspec import Struct

from treadle.compiler import compile_text
from treadle.executor import Unresolved, cancel, resume, run
from treadle.plan.plan import Plan

HEAD = 'schema_version: "1.0"\nworkflow: {{id: {id}, name: N, version: "1.0.0"}}\n'
ASKING = "steps: [{id: ask, type: gate, message: Go}, {id: say, type: shell, run: echo hi}]\n"
ASKING += 'outputs: {said: {value: "{{ steps.say.output.stdout | trim }}"}}\n'
CALLING = """\
inputs: {which: {type: string, default: asking}}
steps: [{id: first, type: gate, message: Begin}, {id: call, type: workflow, workflow: "%s"}]
outputs: {said: {value: "{{ steps.call.output.said }}"}}
"""


class Shelf(Struct, frozen=True):
    """The workflow 'asking', and what it was asked for."""

    asked: list[str]

    def resolve(self, workflow: str, *, lenient: bool = False) -> Plan:
        """Return the plan of a workflow. Errors: Unresolved."""
        self.asked.append(workflow)
        if workflow != "asking":
            raise Unresolved(f"nobody has '{workflow}'")
        return plan_of("asking", ASKING)


def plan_of(id: str, text: str) -> Plan:
    plan = compile_text(HEAD.format(id=id) + text).plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("target", ["{{ inputs.which }}", "asking"])
def test_a_run_finds_what_it_calls_when_it_comes_there(target: str, tmp_path: Path) -> None:
    shelf = Shelf([])
    paused = run(plan_of("top", CALLING % target), project=tmp_path, plans=shelf)
    assert ("paused", []) == (paused.status, shelf.asked)
    choices = {"first": "approve"}
    inside = resume(paused.run_id, project=tmp_path, choices=choices, plans=shelf)
    assert ("paused", ["asking"]) == (inside.status, shelf.asked)
    # The plan is in the run now.
    done = resume(paused.run_id, project=tmp_path, choices={"/call/w/ask": "approve"})
    assert ("completed", {"said": "hi"}) == (done.status, done.outputs)


def test_what_nobody_has_fails_the_call_with_the_reason(tmp_path: Path) -> None:
    plan = plan_of("top", CALLING.replace("{id: first, type: gate, message: Begin}, ", "") % "no")
    failed = run(plan, project=tmp_path, plans=Shelf([]))
    assert "failed" == failed.status
    assert failed.error is not None and "nobody has 'no'" in failed.error
    without = run(plan, project=tmp_path)
    assert without.error is not None and "no workflow 'no' is installed" in without.error


def test_a_cancelled_run_finds_what_its_finally_calls(tmp_path: Path) -> None:
    closing = "finally: [{id: last, type: workflow, workflow: '{{ inputs.which }}'}]\n"
    steps = "steps: [{id: first, type: gate, message: Begin}]\n"
    head = "inputs: {which: {type: string, default: other}}\n"
    paused = run(plan_of("top", head + steps + closing), project=tmp_path)
    shelf = Shelf([])
    assert "cancelled" == cancel(paused.run_id, project=tmp_path, plans=shelf).status
    assert ["other"] == shelf.asked
