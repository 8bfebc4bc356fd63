"""What plans need, as far as their inputs are known."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from treadle.compiler import compile_text
from treadle.plan.expression import Json, Literal
from treadle.plan.known import Known
from treadle.plan.reach import all_steps
from treadle.plan.requirements import Doubt, Need, Requirement, requirements
from treadle.plan.steps import WorkflowStep

HEAD = """
workflow: {id: flow, name: Flow}
inputs:
  agent: {type: string, default: claude}
  deep: {type: boolean, default: false}
  hosts: {type: array, default: []}
"""


def needs(
    steps: str, inputs: Mapping[str, Json] | None = None, *, missing: tuple[str, ...] = ()
) -> tuple[Requirement, ...]:
    plan = compile_text(HEAD + steps, lenient=True).plan
    assert plan is not None
    values = {"agent": "claude", "deep": False, "hosts": [], **(inputs or {})}
    known = Known(inputs=values, missing=frozenset(missing), workflow_dir="/flows")
    return requirements(plan, all_steps(plan, known))


def told(found: tuple[Requirement, ...]) -> list[tuple[str, str | None, Doubt | None]]:
    return [(one.need.value, one.name, one.doubt) for one in found]


def test_an_agent_is_needed_once_with_all_its_steps() -> None:
    (agent,) = needs("""
steps:
  - {id: a, type: prompt, prompt: x, integration: "{{ inputs.agent }}"}
  - {id: b, type: prompt, prompt: y, integration: claude}
""")

    assert ("claude", ("/a", "/b"), None) == (agent.name, agent.steps, agent.doubt)
    assert ("inputs.agent",) == agent.reads


def test_a_command_is_needed_of_its_agent() -> None:
    _, command = needs("steps: [{id: a, command: speckit.plan, integration: gemini}]")

    expected = Requirement(
        need=Need.COMMAND, name="speckit.plan", steps=("/a",), integration="gemini"
    )
    assert expected == command


def test_an_agent_that_an_open_input_names_is_open() -> None:
    (agent,) = needs(
        'steps: [{id: a, type: prompt, prompt: x, integration: "{{ inputs.agent }}"}]',
        missing=("agent",),
    )

    assert (None, Doubt.OPEN, ("inputs.agent",)) == (agent.name, agent.doubt, agent.reads)


@pytest.mark.parametrize("deep", [True, False])
def test_a_branch_that_is_not_taken_needs_nothing(deep: bool) -> None:
    found = needs(
        """
steps:
  - id: pick
    type: if
    condition: "{{ inputs.deep }}"
    then: [{id: a, type: prompt, prompt: x, integration: codex}]
    else: [{id: b, type: github, operation: add-label, target: issue, repository: a/b, number: 1,
            label: x}]
""",
        {"deep": deep},
    )

    expected = ("agent", "codex", None) if deep else ("program", "gh", None)
    assert [expected] == told(found)


def test_a_step_that_is_skipped_for_certain_needs_nothing() -> None:
    steps = "steps: [{id: a, type: prompt, prompt: x, integration: codex, if: false}]"

    assert () == needs(steps)


@pytest.mark.parametrize(
    "step",
    [
        '{id: b, type: prompt, prompt: x, integration: codex, if: "{{ steps.a.output.stdout }}"}',
        '{id: b, type: if, condition: "{{ steps.a.output.stdout }}", then: [{id: c, type: prompt, '
        "prompt: x, integration: codex}]}",
        '{id: b, type: while, condition: "{{ steps.a.output.stdout }}", steps: [{id: c, '
        "type: prompt, prompt: x, integration: codex}]}",
        '{id: b, type: switch, expression: "{{ steps.a.output.stdout }}", cases: {k: [{id: c, '
        "type: prompt, prompt: x, integration: codex}]}}",
        '{id: b, type: fan-out, items: "{{ steps.a.output.data }}", step: {id: c, type: prompt, '
        "prompt: x, integration: codex}}",
    ],
)
def test_what_stands_behind_an_open_condition_is_doubtful(step: str) -> None:
    found = needs(f"steps:\n  - {{id: a, type: shell, run: ls, output_format: json}}\n  - {step}")

    assert [("agent", "codex", Doubt.BRANCH)] == told(found)


def test_the_items_of_a_fan_out_are_looked_at_one_by_one() -> None:
    found = needs(
        'steps: [{id: f, type: fan-out, items: "{{ inputs.hosts }}", '
        'step: {id: c, type: prompt, prompt: x, integration: "{{ item }}"}}]',
        {"hosts": ["claude", "codex", "claude"]},
    )

    assert [("agent", "claude", None), ("agent", "codex", None)] == told(found)


def test_certainty_wins_where_two_steps_need_the_same() -> None:
    found = needs("""
steps:
  - {id: a, type: prompt, prompt: x, integration: codex, continue_on_error: true}
  - {id: b, type: prompt, prompt: x, integration: codex}
""")

    assert [("agent", "codex", None)] == told(found)


def test_a_failure_that_is_tolerated_makes_a_need_doubtful() -> None:
    found = needs(
        "steps: [{id: a, type: prompt, prompt: x, integration: codex, continue_on_error: true}]"
    )

    assert [("agent", "codex", Doubt.TOLERATED)] == told(found)


def test_folders_and_files_may_be_made_by_an_earlier_step() -> None:
    found = needs("""
steps:
  - {id: a, type: shell, run: ls, cwd: src}
  - {id: b, type: shell, run: ls, cwd: build}
  - {id: c, type: gate, message: "?", show_file: report.md}
""")

    assert [
        ("folder", "src", None),
        ("folder", "build", Doubt.MADE),
        ("file", "report.md", Doubt.MADE),
    ] == told(found)


def test_a_project_that_is_set_up_on_the_way_needs_no_commands_before() -> None:
    found = needs("""
steps:
  - {id: a, type: init, here: true, integration: claude}
  - {id: b, command: speckit.plan, integration: claude}
""")

    assert [
        ("program", "specify", None),
        ("agent", "claude", None),
        ("command", "speckit.plan", Doubt.MADE),
    ] == told(found)


def test_steps_under_finally_need_their_things_as_well() -> None:
    found = needs("""
steps: [{id: a, type: shell, run: ls}]
finally: [{id: b, type: prompt, prompt: x, integration: codex}]
""")

    assert [("agent", "codex", None)] == told(found)


def test_a_workflow_that_is_called_needs_what_its_inputs_decide() -> None:
    callee = compile_text(
        HEAD
        + """
requires: {speckit_version: ">=1"}
steps:
  - {id: a, type: prompt, prompt: x, integration: "{{ inputs.agent }}"}
  - {id: b, type: prompt, prompt: x, integration: gemini, if: "{{ inputs.deep }}"}
"""
    ).plan
    caller = compile_text(HEAD + "steps: [{id: first, type: shell, run: ls}]").plan
    assert callee is not None
    assert caller is not None
    call = WorkflowStep(
        id="call",
        path="/call",
        input={"agent": Literal("qwen"), "hosts": Literal([])},
        callee=callee.digest,
    )
    plan = replace(caller, steps=(*caller.steps, call), callees={callee.digest: callee})
    known = Known(inputs={"agent": "claude"}, missing=frozenset(), workflow_dir="/flows")

    found = requirements(plan, all_steps(plan, known))

    assert [("agent", "qwen", None), ("spec-kit", ">=1", None)] == told(found)
    assert ("/call/w/a",) == found[0].steps


def test_the_versions_under_requires_are_needed() -> None:
    found = needs("""
requires: {speckit_version: ">=0.8.5", integrations: {any: [claude]}}
steps: [{id: a, type: shell, run: ls}]
""")

    assert [("spec-kit", ">=0.8.5", None)] == told(found)
