"""TR302, TR307, TR309, TR314, TR315: the names of expressions."""

from treadle.compiler import compile_text


def test_an_unknown_input_is_marked_inside_its_expression(findings) -> None:
    assert [("TR302", "nmae", "did you mean 'name'?")] == findings("""
        inputs: {name: {}}
        steps:
          - {id: a, type: shell, run: "echo {{ inputs.name }} {{ inputs.nmae | upper }}"}
        """)


def test_the_inputs_are_listed_when_none_is_like_the_unknown_one(findings) -> None:
    assert [("TR302", "zzz", "the inputs are 'name' and 'size'")] == findings("""
        inputs: {name: {}, size: {}}
        steps:
          - {id: a, type: shell, run: "echo {{ inputs.zzz }} {{ inputs.name }} {{ inputs.size }}"}
        """)


def test_a_workflow_without_inputs_is_told_to_declare_one(findings) -> None:
    assert [("TR302", "name", "declare it under 'inputs'")] == findings("""
        steps:
          - {id: a, type: shell, run: "echo {{ inputs.name }}"}
        """)


def test_an_unknown_root_points_to_the_input_or_step_of_that_name(findings) -> None:
    expected = [
        ("TR307", "name", "write 'inputs.name'"),
        ("TR307", "build", "write 'steps.build'"),
        ("TR307", "input", "did you mean 'inputs'?"),
    ]
    assert expected == findings("""
        inputs: {name: {}}
        steps:
          - {id: build, type: shell, run: make}
          - {id: a, type: shell, run: "{{ name }} {{ build.status }} {{ input.name }}"}
        """)


def test_names_in_every_part_of_an_expression_are_looked_at(findings) -> None:
    body = """
        steps:
          - id: a
            type: shell
            run: "{{ [p, {'k': q}][r] if s in t else (u ~ v[w:x]) | default(y) }}"
        """
    found = [words for code, words, _ in findings(body) if code == "TR307"]
    assert list("pqrstuvwxy") == sorted(found)


def test_the_context_has_two_fields(findings) -> None:
    assert [("TR309", "runid", "did you mean 'run_id'?")] == findings("""
        steps:
          - {id: a, type: shell, run: "{{ context.run_id }} {{ context.runid }}"}
        """)


def test_an_item_is_known_in_a_template_and_not_in_the_items_of_its_fan_out(findings) -> None:
    assert [("TR314", "item", None)] == findings("""
        steps:
          - id: each
            type: fan-out
            items: "{{ item.parts }}"
            step: {id: t, type: shell, run: "echo {{ item.name }}"}
        """)


def test_the_items_of_an_inner_fan_out_may_come_from_the_outer_item(findings) -> None:
    assert [] == findings("""
        steps:
          - id: outer
            type: fan-out
            items: [[a], [b]]
            step:
              id: inner
              type: fan-out
              items: "{{ item }}"
              step: {id: t, type: shell, run: "echo {{ item }}"}
        """)


def test_fan_in_has_a_value_in_the_output_of_a_fan_in_only(findings) -> None:
    expected = [("TR307", "result", "write 'fan_in.results'"), ("TR315", "fan_in", None)]
    assert expected == findings("""
        steps:
          - {id: scan, type: shell, run: ls}
          - id: join
            type: fan-in
            wait_for: [scan]
            output: {all: "{{ fan_in.results }}", bad: "{{ fan_in.result }}"}
          - {id: show, type: shell, run: "{{ fan_in.results }}"}
        """)


def test_unknown_names_are_warnings_in_lenient_mode() -> None:
    text = (
        "workflow: {id: probe, name: Probe}\n"
        "steps:\n"
        "  - {id: a, type: shell, run: '{{ inputs.x }}{{ steps.y.output.z }}{{ q }}{{ item }}'}\n"
    )
    result = compile_text(text, lenient=True)
    codes = [d.code for d in result.diagnostics]
    assert (True, ["TR302", "TR303", "TR307", "TR314"]) == (result.ok, codes)
