"""Steps as they are read: defaults, what is evaluated, and the place of every expression."""

from textwrap import dedent

import pytest

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading.document import load
from treadle.compiler.shapes.shape import check
from treadle.compiler.steps.read_steps import concurrency
from treadle.compiler.workflow import Workflow, read_workflow
from treadle.plan.expression import ListOf, Literal, ObjectOf, Single, Text
from treadle.plan.steps import (
    CommandStep,
    FanInStep,
    FanOutStep,
    GateStep,
    InitStep,
    LoopStep,
    OnReject,
    PromptStep,
    ShellStep,
    SlotStep,
    WorkflowStep,
)


def read(text: str, *, head: str = "", lenient: bool = True) -> Workflow:
    report = Report(lenient=lenient)
    source = f"workflow: {{id: probe, name: Probe{head}}}\n{dedent(text)}"
    document = load(source.encode(), path="flow.yml", report=report)
    assert document is not None
    shaped = check(document, report)
    assert not report.has_errors, report.diagnostics
    return read_workflow(shaped, report)


def first(text: str, *, head: str = ""):
    return read(f"steps: [{text}]", head=head).steps[0]


def test_a_bare_shell_step_gets_every_default() -> None:
    expected = ShellStep(id="a", path="/a", run=Literal("ls"), timeout_s=300.0, env={})
    assert expected == first("{id: a, type: shell, run: ls}")


def test_a_bare_workflow_gets_every_default() -> None:
    found = read("steps: [{id: a, type: shell, run: ls}]")
    assert ("probe", "Probe", "0.0.0", None) == (
        found.id,
        found.name,
        found.version,
        found.description,
    )
    assert {} == dict(found.outputs)


@pytest.mark.parametrize(
    ("extra", "timeout_s"),
    [
        ("", None),
        (", capture: true", 600.0),
        (", timeout: 20", 20.0),
        (", output_format: json", 600),
    ],
)
def test_a_command_has_a_time_out_when_it_is_captured(extra, timeout_s) -> None:
    step = first(f"{{id: a, command: speckit.plan, integration: claude{extra}}}")
    assert isinstance(step, CommandStep)
    assert timeout_s == step.timeout_s


@pytest.mark.parametrize("extra", ["output_format: json", "output_schema: {type: object}"])
def test_output_that_is_parsed_is_captured(extra) -> None:
    step = first(f"{{id: a, type: prompt, prompt: hi, {extra}}}")
    assert isinstance(step, PromptStep)
    assert (True, 300.0) == (step.capture, step.timeout_s)


@pytest.mark.parametrize("own", ["", ", integration: null", ', integration: ""'])
def test_a_step_without_an_integration_has_the_one_of_the_workflow(own) -> None:
    step = first(f"{{id: a, command: x{own}}}", head=", integration: claude, model: fast")
    assert isinstance(step, CommandStep)
    assert (Literal("claude"), Literal("fast")) == (step.integration, step.model)


def test_every_step_has_a_site_of_its_own_for_the_default_of_the_workflow() -> None:
    found = read(
        """
        inputs: {agent: {}}
        steps:
          - {id: a, type: prompt, prompt: hi}
          - {id: b, type: prompt, prompt: hi}
        """,
        head=', integration: "{{ inputs.agent }}"',
    )
    assert ["a", "b"] == [site.step.id for site in found.sites if site.step is not None]
    assert found.sites[0].span(1, 7) == found.sites[1].span(1, 7)


def test_without_any_integration_there_is_none() -> None:
    step = first("{id: a, type: init}")
    assert isinstance(step, InitStep)
    assert ({}, Literal(None)) == (step.fields, step.integration)


def test_the_options_of_a_command_stand_over_those_of_the_workflow() -> None:
    step = first("{id: a, command: x, options: {b: 3}}", head=", options: {a: 1, b: 2}")
    assert isinstance(step, CommandStep)
    assert {"a": 1, "b": 3} == step.options


def test_the_input_of_a_command_is_evaluated_at_any_depth() -> None:
    step = first("{id: a, command: x, input: {p: [1, {q: '{{ 1 }}'}], r: [2, {s: t}]}}")
    assert isinstance(step, CommandStep)
    nested = step.input["p"]
    assert isinstance(nested, ListOf) and isinstance(nested.items[1], ObjectOf)
    assert isinstance(nested.items[1].members["q"], Single)
    assert Literal([2, {"s": "t"}]) == step.input["r"]


def test_only_direct_texts_of_a_fan_in_are_evaluated() -> None:
    steps = read("""
        steps:
          - {id: a, type: shell, run: ls}
          - {id: b, type: fan-in, wait_for: [a], output: {x: "{{ 1 }}", y: ["{{ 1 }}"], z: 7}}
        """).steps
    join = steps[1]
    assert isinstance(join, FanInStep)
    assert isinstance(join.output["x"], Single)
    assert (Literal(["{{ 1 }}"]), Literal(7)) == (join.output["y"], join.output["z"])


def test_literal_items_are_taken_as_they_are() -> None:
    step = first("{id: a, type: fan-out, items: ['{{ 1 }}'], step: {id: t, type: shell, run: x}}")
    assert isinstance(step, FanOutStep)
    assert (Literal(["{{ 1 }}"]), 1, 1) == (step.items, step.max_concurrency, step.concurrency)


@pytest.mark.parametrize(
    ("written", "expected"),
    [(4, 4), ("4", 4), (" 4 ", 4), (4.9, 4), (True, 1), (0, 1), (-3, 1), (None, 1), ([4], 1)]
    + [("many", 1), ("{{ inputs.n }}", 1), (1e308, int(1e308)), (float("inf"), 1)],
)
def test_concurrency_is_what_int_makes_of_it_and_at_least_one(written, expected) -> None:
    assert expected == concurrency(written)


@pytest.mark.parametrize(
    ("written", "test"),
    [("true", True), ("' FALSE '", False), ("''", False), ("'True'", True)],
)
def test_a_condition_may_spell_out_a_boolean(written, test) -> None:
    step = first(f"{{id: a, type: while, condition: {written}, steps: []}}")
    assert isinstance(step, LoopStep)
    assert (Literal(test), 10, None) == (step.test, step.max_iterations, step.raw_condition)


def test_a_do_while_keeps_its_condition_as_it_is_written() -> None:
    step = first("{id: a, type: do-while, condition: '{{ 1 > 2 }}', max_iterations: 3, steps: []}")
    assert isinstance(step, LoopStep) and isinstance(step.test, Single)
    assert ("{{ 1 > 2 }}", 3) == (step.raw_condition, step.max_iterations)


def test_a_gate_has_the_usual_options_and_a_message_of_any_type() -> None:
    step = first("{id: a, type: gate, message: [1, '{{ 2 }}'], show_file: null}")
    expected = GateStep(
        id="a",
        path="/a",
        message=Literal([1, "{{ 2 }}"]),
        options=("approve", "reject"),
        on_reject=OnReject.ABORT,
    )
    assert expected == step


def test_the_name_of_a_slot_is_no_label() -> None:
    assert SlotStep(id="a", path="/a", slot="here") == first("{id: a, type: slot, name: here}")


def test_a_malformed_addition_counts_as_absent_in_lenient_mode() -> None:
    step = first("{id: a, type: shell, run: ls, env: [A], cwd: 3, if: maybe, output_schema: 7}")
    assert ShellStep(id="a", path="/a", run=Literal("ls"), timeout_s=300.0, env={}) == step


def test_a_call_that_nobody_looks_for_is_left_to_the_run() -> None:
    report = Report()
    source = (
        b"workflow: {id: probe, name: Probe}\n"
        b"steps:\n"
        b"  - {id: each, type: fan-out, items: [], step: {id: c, type: workflow, workflow: x}}\n"
        b"  - {id: rest, type: shell, run: ls}\n"
    )
    document = load(source, path="flow.yml", report=report)
    assert document is not None
    found = read_workflow(check(document, report), report)
    assert [] == [d.code for d in report.diagnostics]
    call = found.by_path["/each/c"]
    assert isinstance(call, WorkflowStep) and call.callee is None


@pytest.mark.parametrize(
    ("declaration", "codes"),
    [
        ("{type: boolean, default: false}", []),
        ("{type: boolean, required: true}", []),
        ("{type: boolean}", ["TR407"]),
        ("{type: string, required: true}", ["TR407"]),
    ],
)
def test_a_junction_of_booleans_that_are_never_missing_is_a_boolean(declaration, codes) -> None:
    report = Report()
    source = f"""
workflow: {{id: probe, name: Probe}}
inputs: {{a: {{type: boolean, default: true}}, b: {declaration}}}
steps: [{{id: x, type: shell, run: 'echo {{{{ inputs.a and inputs.b }}}}'}}]
"""
    document = load(source.encode(), path="flow.yml", report=report)
    assert document is not None
    read_workflow(check(document, report), report)
    assert codes == [found.code for found in report.diagnostics]


def test_a_site_knows_its_step_its_key_and_its_place() -> None:
    found = read("""
        steps:
          - id: a
            command: x
            input:
              p: ["{{ steps.a }}"]
        outputs:
          done: {value: "yes {{ steps.a }}"}
        """)
    inner, outer = found.sites
    assert ("/a", "input.p.0") == (inner.step.path if inner.step else None, inner.key)
    assert (None, "done.value") == (outer.step, outer.key)
    assert (7, 21) == (inner.span(7, 8).line, inner.span(7, 8).column)
    assert isinstance(found.outputs["done"].value, Text)
