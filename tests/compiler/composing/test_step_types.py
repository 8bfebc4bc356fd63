from textwrap import dedent

from treadle.compiler import Compilation, compile_text
from treadle.compiler.composing.step_types import Available
from treadle.compiler.reading.layers import OverlayFile
from treadle.plan.expression import Json, Literal
from treadle.plan.plan_file import parse_plan, plan_bytes
from treadle.plan.step_types import StepSignature
from treadle.plan.steps import CustomStep, WorkflowStep

HEAD = "workflow: {id: probe, name: Probe}\n"
NOTIFY = StepSignature(
    name="notify",
    input_schema={
        "type": "object",
        "properties": {"to": {"type": "string"}, "times": {"type": "integer"}},
        "required": ["to"],
        "additionalProperties": False,
    },
    output_schema={
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "additionalProperties": False,
    },
    package="treadle-notify",
)
INSTALLED = Available(installed={"notify": NOTIFY})


def compiled(text: str, around: Available = INSTALLED, *, lenient: bool = False) -> Compilation:
    return compile_text(HEAD + dedent(text), step_types=around, lenient=lenient)


def codes(compilation: Compilation) -> list[str]:
    return [found.code for found in compilation.diagnostics]


def project(**files: str) -> Available:
    return Available(
        files={
            name: OverlayFile(path=f"{name}.yml", source=dedent(text).encode())
            for name, text in files.items()
        }
    )


def test_a_step_of_an_installed_type_knows_what_it_was_checked_with() -> None:
    plan = compiled("steps: [{id: tell, type: notify, input: {to: ops}, timeout: 9}]").plan
    assert plan is not None
    (step,) = plan.steps
    assert isinstance(step, CustomStep)
    assert {"to": Literal("ops")} == step.input
    assert (NOTIFY.digest, "treadle-notify", 9.0) == (step.schemas, step.package, step.timeout_s)
    assert plan == parse_plan(plan_bytes(plan))


def test_what_a_step_gives_is_typed() -> None:
    found = compiled(
        """
        steps:
          - {id: tell, type: notify, input: {to: ops}}
          - {id: show, type: shell, run: "echo {{ steps.tell.output.idd }}"}
        """
    )
    assert ["TR305"] == codes(found)


def test_inputs_are_checked_as_far_as_their_types_are_known() -> None:
    found = compiled(
        """
        inputs: {count: {type: integer, default: 1}, word: {type: string, default: a}}
        steps:
          - {id: a, type: notify, input: {to: "{{ inputs.count }}"}}
          - {id: b, type: notify, input: {to: "{{ inputs.word }}", times: "{{ inputs.count }}"}}
          - {id: c, type: notify, input: {to: "{{ inputs.word }}", times: "{{ inputs.word }}"}}
          - {id: d, type: notify, input: {to: "to {{ inputs.count }}", times: 1.5}}
        """
    )
    assert [("TR348", 5), ("TR348", 7), ("TR348", 8)] == [
        (each.code, each.span.line) for each in found.diagnostics
    ]


def test_a_type_that_is_declared_needs_no_package() -> None:
    text = """
        step_types:
          tell:
            package: treadle-tell
            input_schema: {type: object, required: [to]}
            output_schema: {type: object}
        steps: [{id: a, type: tell, input: {to: ops}}]
        """
    found = compiled(text, Available())
    assert [] == codes(found)
    assert found.plan is not None


def test_a_declared_type_must_be_the_installed_one() -> None:
    text = """
        step_types:
          notify:
            package: treadle-notify
            input_schema: {type: object}
            output_schema: {type: object}
        steps: [{id: a, type: notify}]
        """
    assert ["TR350"] == codes(compiled(text))


def test_a_broken_package_is_told_at_the_step_that_needs_it() -> None:
    around = Available(installed={"notify": "its module cannot be imported"})
    (found,) = compiled("steps: [{id: tell, type: notify}]", around).diagnostics
    assert "TR349" == found.code
    assert "'notify' cannot be a step type: its module cannot be imported" == found.message


def test_declarations_that_declare_nothing_are_refused() -> None:
    for body, reason in (
        ("{}", "it has neither 'steps' nor the 'package' that performs it"),
        ("{package: p}", "a type that a package performs needs 'input_schema'"),
        (
            "{package: p, inputs: {}}",
            "'inputs' is for types that are made of steps; write 'input_schema'",
        ),
        (
            "{package: p, input_schema: {}, output_schema: {type: object}}",
            "'input_schema' must have 'type: object'",
        ),
        (
            "{package: p, steps: [{id: a, type: shell, run: make}]}",
            "it has both 'steps' and 'package'",
        ),
    ):
        found = compiled(f"step_types: {{tell: {body}}}\nsteps: [{{id: a, type: tell}}]\n")
        messages = [each.message for each in found.diagnostics if each.code == "TR349"]
        assert f"'tell' cannot be a step type: {reason}" == messages[0]


def test_a_misspelt_type_is_guessed() -> None:
    (found,) = compiled(
        """
        step_types:
          review: {steps: [{id: look, type: shell, run: make lint}]}
        steps: [{id: a, type: reveiw}, {id: b, type: review}]
        """
    ).diagnostics
    assert ("TR206", "did you mean 'review'?") == (found.code, found.hint)


GREET = """
    inputs: {name: {type: string, required: true}}
    steps: [{id: say, type: shell, run: "echo {{ inputs.name | shquote }}"}]
    outputs: {text: {value: "{{ steps.say.output.stdout }}"}}
    """


def test_a_type_that_is_made_of_steps_is_a_call() -> None:
    plan = compiled(
        f"""
        step_types:
          greet: {{{", ".join(line.strip() for line in GREET.strip().splitlines())}}}
        steps:
          - {{id: hello, type: greet, input: {{name: you}}}}
          - {{id: show, type: shell, run: "echo {{{{ steps.hello.output.text | shquote }}}}"}}
        """
    ).plan
    assert plan is not None
    call = plan.steps[0]
    assert isinstance(call, WorkflowStep)
    assert call.callee is not None
    assert ("greet", ("say",)) == (
        plan.callees[call.callee].id,
        tuple(step.id for step in plan.callees[call.callee].steps),
    )


def test_a_type_of_the_project_is_brought_in_with_those_inside_it() -> None:
    around = project(
        greet=GREET,
        twice="steps: [{id: a, type: greet, input: {name: a}}, {id: b, type: greet, input: {}}]\n",
        unused="steps: 1\n",
    )
    found = compiled("steps: [{id: x, type: twice}]", around)
    assert [("twice.yml", "TR337")] == [
        (file.path, each.code) for file in found.files for each in file.diagnostics
    ]


def test_what_is_wrong_in_a_type_of_the_project_is_told_in_its_file() -> None:
    around = project(greet=GREET.replace("inputs.name", "inputs.nam"))
    found = compiled("steps: [{id: x, type: greet, input: {name: a}}]", around)
    own, other = found.files
    assert () == own.diagnostics
    assert [("TR302", 3)] == sorted((each.code, each.span.line) for each in other.diagnostics)


def test_a_type_inside_a_fan_out_and_a_loop_is_compiled_once() -> None:
    plan = compiled(
        """
        steps:
          - id: each
            type: fan-out
            items: [a, b]
            step: {id: hello, type: greet, input: {name: "{{ item }}"}}
          - id: again
            type: while
            condition: "{{ steps.look.output.exit_code == 0 }}"
            steps:
              - {id: look, type: shell, run: "false", continue_on_error: true}
              - {id: greeting, type: greet, input: {name: "{{ steps.look.output.stdout }}"}}
        """,
        project(greet=GREET),
    ).plan
    assert plan is not None
    assert 1 == len(plan.callees)


def test_spec_kit_knows_no_type_of_somebodys_own() -> None:
    found = compiled("steps: [{id: a, type: notify, name: Tell, input: {to: b}}]", lenient=True)
    assert [("TR217", "Spec Kit refuses this type")] == [
        (each.code, each.hint) for each in found.diagnostics
    ]


def test_what_stands_under_type_elsewhere_is_looked_up_nowhere() -> None:
    asked: list[str] = []

    class Asked(dict[str, OverlayFile]):
        def __contains__(self, name: object) -> bool:
            asked.append(str(name))
            return False

    schema: Json = "inputs: {a: {type: string, default: b}}\n"
    text = f"{schema}steps: [{{id: a, type: shell, run: 'echo {{{{ inputs.a | shquote }}}}'}}]"
    assert [] == codes(compiled(text, Available(files=Asked())))
    assert [] == asked


def test_exit_codes_are_of_no_use_to_a_step_that_has_none() -> None:
    found = compiled(
        """
        steps:
          - id: tell
            type: notify
            input: {to: ops}
            retry: {max_attempts: 3, on_exit_codes: [1]}
        """
    )
    assert ["TR522"] == codes(found)
