"""TR303, TR304, TR305, TR308, TR317, TR322: what is read from steps."""

import pytest


def test_an_unknown_step_is_marked_with_its_likely_name(findings) -> None:
    assert [("TR303", "run-test", "did you mean 'run-tests'?")] == findings("""
        steps:
          - {id: run-tests, type: shell, run: make}
          - {id: show, type: shell, run: "echo {{ steps.run-test.status }}"}
        """)


def test_a_step_that_comes_later_is_reported_outside_of_loops_only(findings) -> None:
    hint = "it stands behind 'first': move it before"
    assert [("TR304", "second", hint)] == findings("""
        steps:
          - {id: first, type: shell, run: "echo {{ steps.second.status }}"}
          - {id: second, type: shell, run: ls}
          - id: loop
            type: while
            condition: "{{ steps.fourth.status != 'failed' }}"
            steps:
              - {id: third, type: shell, run: "echo {{ steps.fourth.status }}"}
              - {id: fourth, type: shell, run: "echo {{ steps.fourth.status }}"}
        """)


def test_the_other_branch_has_never_run(findings) -> None:
    hint = "it stands in another branch of 'maybe', of which only one is run"
    assert [("TR304", "yes", hint)] == findings("""
        steps:
          - id: maybe
            type: if
            condition: true
            then: [{id: "yes", type: shell, run: ls}]
            else: [{id: "no", type: shell, run: "echo {{ steps.yes.status }}"}]
        """)


def test_a_step_cannot_read_itself(findings) -> None:
    hint = "a step cannot read what it leaves behind itself"
    assert [("TR304", "a", hint)] == findings("""
        steps:
          - {id: a, type: shell, run: "echo {{ steps.a.status }}"}
        """)


def test_the_steps_of_a_template_are_private(findings) -> None:
    hint = "read steps.each.output.results"
    assert [("TR317", "build", hint)] == findings("""
        steps:
          - {id: each, type: fan-out, items: [a], step: {id: build, type: shell, run: make}}
          - {id: show, type: shell, run: "echo {{ steps.build.status }}"}
        """)


def test_generated_ids_are_known_when_their_parts_are(findings) -> None:
    rounds = "the later rounds of 'loop' are 'loop:STEP:1', 'loop:STEP:2' and so on"
    items = "the items of 'each' are 'each:t:0' and so on"
    expected = [
        ("TR303", "loop:a:0", rounds),
        ("TR303", "loop:b:1", rounds),
        ("TR303", "each:t", items),
        ("TR303", "each:t:01", items),
    ]
    assert expected == findings("""
        steps:
          - id: loop
            type: do-while
            condition: false
            steps: [{id: a, type: shell, run: ls}]
          - {id: each, type: fan-out, items: [a], step: {id: t, type: shell, run: ls}}
          - id: show
            type: shell
            run: >-
              {{ steps.loop:a:1.status }} {{ steps.each:t:0.output.stdout }}
              {{ steps.loop:a:0.status }} {{ steps.loop:b:1.status }}
              {{ steps.each:t.status }} {{ steps.each:t:01.status }}
        """)


def test_the_items_of_a_fan_out_cannot_see_each_other(findings) -> None:
    hint = "the items of a fan-out cannot see each other"
    body = """
        steps:
          - id: each
            type: fan-out
            items: [a, b]
            step: {id: t, type: shell, run: "echo {{ steps.each:t:0.status }}"}
        """
    assert [("TR304", "each:t:0", hint)] == findings(body)


def test_a_field_of_the_output_is_suggested_where_a_record_has_none(findings) -> None:
    assert [("TR308", "stdout", "write 'steps.a.output.stdout'")] == findings("""
        steps:
          - {id: a, type: shell, run: ls}
          - {id: b, type: shell, run: "echo {{ steps.a.stdout }}"}
        """)


@pytest.mark.parametrize(
    ("step", "field", "hint"),
    [
        ("{id: a, type: shell, run: ls}", "exitcode", "did you mean 'exit_code'?"),
        ("{id: a, type: gate, message: Go}", "choise", "did you mean 'choice'?"),
        ("{id: a, type: slot, name: x}", "name", "the only one is 'slot'"),
        (
            "{id: a, type: shell, run: ls}",
            "data",
            "with 'output_format: json' at step 'a', what it prints is read as 'output.data'",
        ),
        (
            "{id: a, type: shell, run: ls, output_format: json,"
            " output_schema: {properties: {size: {}}}}",
            "size",
            "write 'output.data.size'",
        ),
        (
            "{id: a, type: prompt, prompt: hi, integration: claude}",
            "timed_out",
            "write 'capture: true' at step 'a'",
        ),
        ("{id: a, type: while, condition: false, steps: []}", "rounds", "its fields are"),
    ],
)
def test_an_unknown_field_of_an_output_says_what_there_is(findings, step, field, hint) -> None:
    body = f"""
        steps:
          - {step}
          - {{id: b, type: shell, run: "echo {{{{ steps.a.output.{field} }}}}"}}
        """
    ((code, words, said),) = findings(body)
    assert ("TR305", field) == (code, words)
    assert said is not None and said.startswith(hint)


def test_parsed_output_is_followed_as_far_as_its_schema_is_closed(findings) -> None:
    expected = [("TR305", "naem", "did you mean 'name'?"), ("TR305", "x", None)]
    assert expected == findings("""
        steps:
          - id: a
            type: shell
            output_format: json
            output_schema:
              type: object
              properties:
                files:
                  type: array
                  items:
                    type: object
                    properties: {name: {type: string}}
                    additionalProperties: false
                free: {type: object}
              additionalProperties: false
            run: ls
          - id: b
            type: shell
            run: >-
              {{ steps.a.output.data.files[0].name }} {{ steps.a.output.data.free.any.thing }}
              {{ steps.a.output.data.files[0].naem }} {{ steps.a.output.data.files[-1].name.x }}
        """)


def test_the_results_of_a_fan_out_and_a_fan_in_are_those_of_their_steps(findings) -> None:
    expected = [
        ("TR305", "stdot", "did you mean 'stdout'?"),
        ("TR305", "reslts", "did you mean 'results'?"),
    ]
    assert expected == findings("""
        steps:
          - {id: each, type: fan-out, items: [a], step: {id: t, type: shell, run: ls}}
          - {id: join, type: fan-in, wait_for: [each], output: {label: x}}
          - id: show
            type: shell
            run: >-
              {{ steps.each.output.results[0].stdot }} {{ steps.join.output.label }}
              {{ steps.join.output.results[0].reslts }}
        """)


def test_what_an_agent_prints_is_empty_unless_it_is_captured(findings) -> None:
    hint = "write 'capture: true' at step 'talk'"
    assert [("TR322", "stdout", hint)] == findings("""
        steps:
          - {id: talk, type: prompt, prompt: hi, integration: claude}
          - {id: kept, type: prompt, prompt: hi, integration: claude, capture: true}
          - id: show
            type: shell
            run: "{{ steps.talk.output.stdout }} {{ steps.kept.output.stdout }}"
        """)


def test_a_computed_member_is_not_judged(findings) -> None:
    assert ["TR407"] == [
        code
        for code, _, _ in findings("""
        inputs: {name: {}}
        steps:
          - {id: a, type: shell, run: "{{ steps[inputs.name].output.anything }}"}
        """)
    ]
