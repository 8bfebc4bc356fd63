"""TR320: where secrets may be read."""

HINT = "give it to the step as an environment variable"


def test_a_secret_is_legal_in_the_environment_only(findings) -> None:
    assert [("TR320", "token", HINT)] == findings("""
        inputs: {token: {secret: true}, user: {}}
        steps:
          - id: call
            type: shell
            env: {TOKEN: "Bearer {{ inputs.token }}"}
            run: "curl {{ inputs.user }}:{{ inputs.token }}"
        """)


def test_a_secret_is_found_in_quotes_in_a_filter_and_in_outputs(findings) -> None:
    found = findings("""
        inputs: {token: {secret: true}}
        outputs: {used: {value: "{{ inputs.token }}"}}
        steps:
          - {id: a, type: gate, message: "{{ 'x' | default(inputs['token']) }}"}
        """)
    assert [("TR320", "token", HINT)] * 2 == [f for f in found if f[0] == "TR320"]
