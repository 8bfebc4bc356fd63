"""TR501: an input that nothing reads."""

import pytest

from treadle.compiler import compile_text

HEADER = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"%s}\n'
INPUTS = 'inputs: {used: {type: string, default: ""}, other: {type: string, default: ""}}\n'


def unused(steps: str, head: str = "") -> list[tuple[str, int]]:
    compiled = compile_text(HEADER % head + INPUTS + steps)
    return [(d.message, d.span.column) for d in compiled.diagnostics if d.code == "TR501"]


def test_an_input_that_nothing_reads_is_reported_at_its_name() -> None:
    steps = 'steps: [{id: a, type: shell, run: "echo {{ inputs.used }}"}]'
    assert unused(steps) == [("nothing reads the input 'other'", 45)]


@pytest.mark.parametrize(
    ("steps", "head"),
    [
        ('steps: [{id: a, type: shell, run: "{{ inputs.used ~ inputs.other }}"}]', ""),
        ("steps: [{id: a, type: shell, run: '{{ inputs.used }} {{ inputs[\"other\"] }}'}]", ""),
        ('steps: [{id: a, type: shell, run: "echo {{ inputs | to_json }}"}]', ""),
        ('steps: [{id: a, type: shell, run: "{{ input.used ~ inpust.other }}"}]', ""),
        (
            "steps: [{id: a, type: gate, message: '{{ inputs.used }}', verdict_input: other}]",
            "",
        ),
        (
            "steps: [{id: a, type: prompt, prompt: '{{ inputs.used }}'}]",
            ", integration: '{{ inputs.other }}'",
        ),
        (
            "outputs: {x: {value: '{{ inputs.other }}'}}\n"
            "steps: [{id: a, type: shell, run: '{{ inputs.used }}'}]",
            "",
        ),
    ],
)
def test_an_input_that_is_read_anywhere_is_fine(steps: str, head: str) -> None:
    assert unused(steps, head) == []
