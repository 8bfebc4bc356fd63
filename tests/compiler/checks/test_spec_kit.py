"""TR620, TR621: what Spec Kit refuses or carries out in another way."""

import pytest

INPUTS = "inputs: {who: {type: string, enum: ['', reject, approve], default: ''}}\nsteps:\n"
WHO = "  - {id: who, type: shell, run: \"echo '{{ inputs.who }}'\"}\n"

FOUND = {
    "{id: a, command: 'do.{{ inputs.who }}'}": [("TR621", " inputs.who ")],
    "{id: a, command: do, input: {n: {m: '{{ inputs.who }}'}}}": [("TR621", " inputs.who ")],
    "{id: a, command: do, timeout: 9}": [("TR621", "timeout")],
    "{id: a, type: do-while, condition: true, steps: ["
    "{id: b, type: gate, message: x, verdict_input: who}]}": [("TR621", "who")],
    "{id: a, type: fan-out, items: [1], step: {id: b, type: fan-in, wait_for: [who]}}": [
        ("TR620", "who")
    ],
}
SILENT = (
    "{id: a, command: do, input: {n: '{{ inputs.who }}'}}",
    "{id: a, command: do, timeout: 9, capture: true}",
    "{id: a, type: prompt, prompt: do, timeout: 9}",
    "{id: a, type: gate, message: x, verdict_input: who}",
    "{id: a, type: do-while, condition: true, steps: [{id: b, type: gate, message: x}]}",
    "{id: a, type: fan-in, wait_for: [who]}",
    "{id: a, type: fan-in, wait_for: [gone]}",
)


def spec_kit(found: list[tuple[str, str, str | None]]) -> list[tuple[str, str]]:
    return [(code, words) for code, words, _ in found if code in ("TR620", "TR621")]


@pytest.mark.parametrize("step", FOUND)
def test_a_step_that_means_something_else_is_a_warning_in_lenient_mode(findings, step: str) -> None:
    body = f"{INPUTS}{WHO}  - {step}\n"
    assert FOUND[step] == spec_kit(findings(body, lenient=True))
    assert [] == spec_kit(findings(body))


@pytest.mark.parametrize("step", SILENT)
def test_a_step_that_means_the_same_is_not_reported(findings, step: str) -> None:
    assert [] == spec_kit(findings(f"{INPUTS}{WHO}  - {step}\n", lenient=True))


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ("{1: {value: x}}", ["1"]),
        ("{a: {value: {1: x}}}", ["1"]),
        ("{a: {value: [{b: {true: x, null: y}}]}}", ["true", "null"]),
        ("{'1': {value: {\"2\": x, b: 3}}, b: {value: 4}}", []),
    ],
)
def test_a_key_in_the_outputs_that_is_no_text_is_a_warning_in_lenient_mode(
    findings, outputs: str, words: list[str]
) -> None:
    body = f"{INPUTS}{WHO}outputs: {outputs}\n"
    assert [("TR620", word) for word in words] == spec_kit(findings(body, lenient=True))
    assert [] == spec_kit(findings(body))
