"""Blocks where nothing is evaluated."""

import pytest

from treadle.compiler import compile_text
from treadle.compiler.flows.plain_blocks import plain_blocks

HEAD = "workflow: {id: probe, name: Probe}\ninputs: {a: {default: x}, b: {default: y}}\nsteps:\n"
STEP = "  - {id: s, type: shell, run: 'echo {{ inputs.a }}'}\n"


def found(text: str) -> list[str]:
    workflow = compile_text(HEAD + text, lenient=True).workflow
    assert workflow is not None
    return [block.expression.strip() for block in plain_blocks(workflow)]


@pytest.mark.parametrize(
    ("text", "expressions"),
    [
        ("  - {id: s, command: c, options: {x: ['{{ inputs.a }}']}}\n", ["inputs.a"]),
        (
            "  - {id: s, type: gate, message: m, options: ['{{ inputs.a }}', reject]}\n",
            ["inputs.a"],
        ),
        (STEP + "outputs: {o: {value: [1, 'a {{ steps.s.status }} b']}}\n", ["steps.s.status"]),
        # These are evaluated, or meant for others.
        ("  - {id: s, command: c, input: {x: ['{{ inputs.a }}']}}\n", []),
        ("  - {id: s, type: fan-in, wait_for: [s], output: {x: '{{ fan_in.results }}'}}\n", []),
        (STEP + "outputs: {o: {value: '{{ inputs.a }}'}}\n", []),
        (STEP + "outputs: {o: {value: ['${{ inputs.a }}', '{{ name }}', '{{']}}\n", []),
    ],
)
def test_a_block_stays_text_where_values_are_taken_as_they_are(
    text: str, expressions: list[str]
) -> None:
    assert expressions == found(text)


def test_an_input_that_is_named_in_such_a_block_is_not_called_unused() -> None:
    text = HEAD + STEP + "outputs: {o: {value: ['{{ inputs.b }}']}}\n"
    codes = {each.code for each in compile_text(text).diagnostics}
    assert ("TR434" in codes, "TR501" in codes) == (True, False)
