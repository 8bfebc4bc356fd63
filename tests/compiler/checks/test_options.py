"""TR321: options that go nowhere."""

from treadle.compiler import compile_text


def test_an_option_that_an_agent_does_not_know_is_marked_at_its_key(findings) -> None:
    assert [("TR321", "speed", None), ("TR321", "depth", None)] == findings("""
        steps:
          - id: plan
            command: speckit.plan
            integration: claude
            options: {speed: high}
            integration_options: {depth: "2"}
        """)


def test_nothing_is_said_while_the_agent_is_open(findings) -> None:
    assert [] == findings("""
        inputs: {agent: {}}
        steps:
          - {id: a, command: x, options: {speed: high}, integration: "{{ inputs.agent }}"}
          - {id: b, command: x, options: {speed: high}}
        """)


def test_an_option_of_the_workflow_is_marked_once_and_only_a_warning_when_lenient() -> None:
    text = (
        "workflow: {id: p, name: P, integration: claude, options: {speed: high}}\n"
        "steps: [{id: a, command: x}, {id: b, command: y}]\n"
    )
    result = compile_text(text, lenient=True)
    assert (True, ["TR321"]) == (result.ok, [d.code for d in result.diagnostics])
