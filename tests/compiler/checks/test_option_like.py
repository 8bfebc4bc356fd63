"""TR534: values that could be taken for an option of an agent."""

import pytest

from treadle.compiler import compile_text

HEAD = """\
schema_version: "1.0"
workflow: {id: probe, name: Probe}
inputs:
  task: {type: string, required: true}
  kind: {type: string, enum: [-a, -b]}
  ruled: {type: string, pattern: "^[a-z]"}
steps:
"""


def reported(step: str) -> list[tuple[str, int]]:
    compiled = compile_text(f"{HEAD}  - {step}\n")
    found = [d for d in compiled.diagnostics if d.code == "TR534"]
    return [(d.message.partition(" may ")[0], d.related[0].span.line) for d in found]


@pytest.mark.parametrize(
    "step",
    [
        "{id: a, type: prompt, integration: codex, prompt: '{{ inputs.task }}'}",
        "{id: a, type: prompt, integration: bob, prompt: '{{ inputs.task | trim }} and more'}",
        "{id: a, command: speckit.plan, integration: opencode, input: {args: '{{ inputs.task }}'}}",
    ],
)
def test_a_value_where_an_option_could_stand_is_reported(step: str) -> None:
    assert [("the input 'task'", 4)] == reported(step)


@pytest.mark.parametrize(
    "step",
    [
        "{id: a, type: prompt, integration: codex, prompt: 'Do {{ inputs.task }}'}",
        "{id: a, type: prompt, integration: codex, prompt: '{{ inputs.kind }}'}",
        "{id: a, type: prompt, integration: codex, prompt: '{{ inputs.ruled }}'}",
        "{id: a, type: prompt, integration: claude, prompt: '{{ inputs.task }}'}",
        "{id: a, type: prompt, integration: goose, prompt: '{{ inputs.task }}'}",
        "{id: a, type: prompt, integration: docker-agent, prompt: '{{ inputs.task }}'}",
        "{id: a, type: prompt, integration: '{{ inputs.kind }}', prompt: '{{ inputs.task }}'}",
        "{id: a, command: speckit.plan, integration: codex, input: {args: '{{ inputs.task }}'}}",
        "{id: a, command: speckit.plan, integration: opencode, input: {x: '{{ inputs.task }}'}}",
    ],
)
def test_a_value_that_is_certainly_no_option_or_not_certainly_one_is_fine(step: str) -> None:
    assert [] == reported(step)
