"""TR301: ids and their spaces."""

from treadle.compiler import compile_text


def test_an_id_in_two_branches_is_a_duplicate_of_the_first() -> None:
    text = (
        "workflow: {id: probe, name: Probe}\n"
        "steps:\n"
        "  - id: choose\n"
        "    type: if\n"
        '    condition: "{{ context.run_id }}"\n'
        "    then: [{id: push, type: shell, run: a}]\n"
        "    else: [{id: push, type: shell, run: b}]\n"
    )
    (found,) = compile_text(text, lenient=True).diagnostics
    assert ("TR301", 7, 6) == (found.code, found.span.line, found.related[0].span.line)


def test_a_template_may_use_an_id_of_the_workflow_again(findings) -> None:
    assert [] == findings("""
        steps:
          - {id: build, type: shell, run: make}
          - {id: each, type: fan-out, items: [a], step: {id: build, type: shell, run: make}}
        """)


def test_two_templates_may_use_the_same_id(findings) -> None:
    assert [] == findings("""
        steps:
          - {id: one, type: fan-out, items: [a], step: {id: x, type: shell, run: make}}
          - {id: two, type: fan-out, items: [a], step: {id: x, type: shell, run: make}}
        """)


def test_an_id_used_twice_inside_one_template_is_a_duplicate(findings) -> None:
    assert [("TR301", "x", None)] == findings("""
        steps:
          - id: each
            type: fan-out
            items: [a]
            step:
              id: x
              type: if
              condition: true
              then: [{id: x, type: shell, run: make}]
        """)
