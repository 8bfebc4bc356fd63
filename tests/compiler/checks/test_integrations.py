"""TR319: agents that nothing is known about."""

from treadle.compiler import compile_text


def test_an_unknown_integration_is_marked_where_it_is_named(findings) -> None:
    assert [("TR319", "claud", "did you mean 'claude'?")] == findings("""
        steps:
          - {id: plan, command: speckit.plan, integration: claud}
        """)


def test_the_default_of_the_workflow_is_marked_once(findings) -> None:
    (found,) = findings("""
        steps:
          - {id: one, command: speckit.plan, integration: claude}
          - {id: two, type: prompt, prompt: hello, integration: "{{ 'gemni' }}"}
          - {id: three, type: init, integration: gemni}
        """)
    assert ("TR319", "gemni", "did you mean 'gemini'?") == found


def test_a_default_that_no_step_uses_is_not_looked_at() -> None:
    head = "workflow: {id: probe, name: Probe, integration: nobody}\n"
    one = "steps: [{id: a, type: shell, run: ls}]\n"
    two = "steps: [{id: a, type: prompt, prompt: hi}, {id: b, type: prompt, prompt: hi}]\n"
    counts = [len(compile_text(head + steps).diagnostics) for steps in (one, two)]
    assert [0, 1] == counts
