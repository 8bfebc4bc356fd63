"""What differs between two plans, and which changes break callers."""

from collections.abc import Mapping

import pytest

from treadle.compiler import compile_text
from treadle.plan.contract import input_changes, output_changes
from treadle.plan.diff import PlanDiff, compare
from treadle.plan.expression import Literal
from treadle.plan.plan import Output, Plan
from treadle.plan.tightening import tightenings

HEAD = 'workflow: {id: probe, name: Probe, version: "1.0.0"}\n'
A, B, C = (f"{{id: {name}, type: shell, run: make {name}}}" for name in "abc")
ASK = "{id: ask, type: gate, message: Ok}"
CHOICE = "on_timeout: {choose: approve}"

WIDER = {
    "nothing": ({"type": "string"}, {"type": "string"}),
    "whole numbers are numbers": ({"type": "integer"}, {"type": "number"}),
    "a type more": ({"type": "string"}, {"type": ["string", "null"]}),
    "no type any more": ({"type": "string"}, {}),
    "a value more": ({"enum": ["a"]}, {"enum": ["b", "a"]}),
    "no list of values any more": ({"type": "string", "enum": ["a"]}, {"type": "string"}),
    "one of the values": ({"const": "a"}, {"enum": ["a", "b"]}),
    "a lower bound": ({"minimum": 2}, {"minimum": 1}),
    "a higher bound": ({"maxLength": 2}, {"maxLength": 3}),
    "a bound that says nothing": ({"type": "string"}, {"type": "string", "minLength": 0}),
    "multiples of a factor": ({"multipleOf": 4}, {"multipleOf": 2}),
    "other words": ({"description": "a"}, {"description": "b", "default": 1}),
    "a key less needed": ({"required": ["a", "b"]}, {"required": ["a"]}),
    "a key more": ({"properties": {}}, {"properties": {"a": {"type": "string"}}}),
    "any item": ({"items": {"type": "string"}}, {}),
    "duplicates": ({"uniqueItems": True}, {"uniqueItems": False}),
}
TIGHTER = {
    "another type": ({"type": "string"}, {"type": "boolean"}, "type"),
    "whole numbers only": ({"type": "number"}, {"type": "integer"}, "type"),
    "a type at all": ({}, {"type": "string"}, "type"),
    "a value less": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum"),
    "a list of values": ({"type": "string"}, {"type": "string", "enum": ["a"]}, "enum"),
    "one value": ({"enum": ["a", "b"]}, {"const": "a"}, "const"),
    "a higher minimum": ({"minimum": 1}, {"minimum": 2}, "minimum"),
    "a minimum at all": ({"type": "integer"}, {"type": "integer", "minimum": 0}, "minimum"),
    "a lower maximum": ({"maxItems": 3}, {"maxItems": 2}, "maxItems"),
    "another pattern": ({"pattern": "a"}, {"pattern": "b"}, "pattern"),
    "a format": ({"type": "string"}, {"type": "string", "format": "date"}, "format"),
    "no multiples": ({"multipleOf": 2}, {"multipleOf": 4}, "multipleOf"),
    "a key that is needed": ({"required": ["a"]}, {"required": ["a", "b"]}, "required"),
    "no other keys": ({}, {"additionalProperties": False}, "additionalProperties"),
    "no such key": (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"additionalProperties": False},
        "properties",
    ),
    "items of another type": (
        {"items": {"type": "string"}},
        {"items": {"type": "integer"}},
        "type",
    ),
    "a key of another type": (
        {"properties": {"a": {"type": "string"}}},
        {"properties": {"a": {"type": "integer"}}},
        "type",
    ),
    "what nobody can decide": ({"not": {"const": 1}}, {"not": {"const": 2}}, "not"),
}


@pytest.mark.parametrize("name", WIDER)
def test_a_schema_that_takes_as_much_is_not_tighter(name: str) -> None:
    given, taken = WIDER[name]
    assert () == tightenings(given, taken)


@pytest.mark.parametrize("name", TIGHTER)
def test_a_schema_that_takes_less_is_tighter_by_that_keyword(name: str) -> None:
    given, taken, keyword = TIGHTER[name]
    assert [keyword] == [found.keyword for found in tightenings(given, taken)]


def test_the_place_inside_a_value_is_told() -> None:
    given = {"items": {"properties": {"port": {"type": "integer"}}}}
    taken = {"items": {"properties": {"port": {"type": "integer", "maximum": 9}}}}
    assert [("[]", "port")] == [found.path for found in tightenings(given, taken)]


def test_the_rest_of_an_object_may_be_a_schema_in_both() -> None:
    given = {"additionalProperties": {"type": "integer"}}
    taken = {"additionalProperties": {"type": "string"}}
    assert [("*",)] == [found.path for found in tightenings(given, taken)]


def plan_of(*steps: str, inputs: str = "{}", outputs: str = "{}") -> Plan:
    listed = "".join(f"  - {step}\n" for step in steps)
    text = f"{HEAD}inputs: {inputs}\noutputs: {outputs}\nsteps:\n{listed}"
    compilation = compile_text(text, lenient=True)
    assert compilation.plan is not None, compilation.errors
    return compilation.plan


def steps_of(found: PlanDiff) -> list[tuple[str, str]]:
    return [(step.change.value, step.path) for step in found.steps]


def test_a_plan_is_the_same_as_itself() -> None:
    plan = plan_of(A, ASK, f"{{id: each, type: fan-out, items: [1], step: {B}}}")
    found = compare(plan, plan)
    assert (True, False) == (found.is_empty, found.breaks_callers)


def test_steps_are_added_and_removed() -> None:
    found = compare(plan_of(A, B), plan_of(A, C))
    assert [("added", "/c"), ("removed", "/b")] == steps_of(found)


def test_of_steps_that_change_places_as_few_as_possible_have_moved() -> None:
    found = compare(plan_of(A, B, C, ASK), plan_of(ASK, A, B, C))
    assert [("moved", "/ask")] == steps_of(found)


def test_a_step_behind_a_new_one_has_not_moved() -> None:
    assert [("added", "/a")] == steps_of(compare(plan_of(B, C), plan_of(A, B, C)))


@pytest.mark.parametrize(
    ("around", "path"),
    [
        ("{id: o, type: if, condition: true, then: [STEP]}", "/o/then/b"),
        ("{id: o, type: while, condition: true, steps: [STEP]}", "/o/b"),
        ("{id: o, type: fan-out, items: [1], step: STEP}", "/o/b"),
    ],
)
def test_a_step_that_is_put_into_another_one_has_moved(around: str, path: str) -> None:
    found = compare(plan_of(A, B), plan_of(A, around.replace("STEP", B)))
    assert [("added", "/o"), ("moved", path)] == steps_of(found)


def test_what_is_inside_a_step_that_moves_has_not_moved_itself() -> None:
    loop = f"{{id: loop, type: while, condition: true, steps: [{B}]}}"
    outer = f"{{id: o, type: if, condition: true, else: [{loop}], then: []}}"
    found = compare(plan_of(A, loop), plan_of(A, outer))
    assert [("added", "/o"), ("moved", "/o/else/loop")] == steps_of(found)


def test_a_step_of_another_kind_is_another_step() -> None:
    found = compare(plan_of(A, "{id: b, type: prompt, prompt: x}"), plan_of(A, B))
    assert [("added", "/b"), ("removed", "/b")] == steps_of(found)


def test_a_changed_field_stands_as_it_was_written() -> None:
    old = "{id: a, type: shell, run: 'x {{ inputs.n }}', env: {A: '1', B: '2'}, timeout: 5}"
    new = "{id: a, type: shell, run: 'y {{ inputs.n }}', env: {A: '1', B: '3'}, timeout: 6}"
    given = "{n: {type: string}}"
    (step,) = compare(plan_of(old, inputs=given), plan_of(new, inputs=given)).steps
    assert {
        "run": ("x {{ inputs.n }}", "y {{ inputs.n }}"),
        "env.B": ("2", "3"),
        "timeout": (5.0, 6.0),
    } == {field.name: (field.old, field.new) for field in step.fields}


def test_cases_of_a_switch_are_told() -> None:
    old = f"{{id: s, type: switch, expression: x, cases: {{x: [{A}]}}}}"
    new = f"{{id: s, type: switch, expression: x, cases: {{x: [{A}], y: []}}}}"
    (step,) = compare(plan_of(old), plan_of(new)).steps
    assert [("cases", ["x"], ["x", "y"])] == [(f.name, f.old, f.new) for f in step.fields]


def test_limits_of_a_step_are_told_by_their_keys() -> None:
    fetch = "{id: a, type: shell, run: x, timeout: 5, retry: {max_attempts: 2, delay: 1}}"
    calmer = fetch.replace("5", "9").replace("delay: 1", "delay: 2, on_exit_codes: [75]")
    (step,) = compare(plan_of(fetch), plan_of(calmer)).steps
    assert [
        ("timeout", 5, 9),
        ("retry.delay", 1, 2),
        ("retry.on_exit_codes", None, [75]),
    ] == [(f.name, f.old, f.new) for f in step.fields]
    (step,) = compare(plan_of(ASK), plan_of(ASK.replace("}", f", timeout: 5, {CHOICE}}}"))).steps
    assert [("timeout", None, 5), ("on_timeout", None, {"choose": "approve"})] == [
        (f.name, f.old, f.new) for f in step.fields
    ]


def test_limits_of_a_workflow_are_told() -> None:
    old = compile_text(f"{HEAD}timeout: 60\nsteps: [{A}]\n").plan
    new = compile_text(f"{HEAD}concurrency: {{group: a, limit: 2}}\nsteps: [{A}]\n").plan
    assert old is not None and new is not None
    found = compare(old, new).workflow
    assert [
        ("timeout", 60, None),
        ("concurrency.group", None, "a"),
        ("concurrency.limit", None, 2),
    ] == [(f.name, f.old, f.new) for f in found]


def test_steps_at_the_end_are_compared_and_move_there() -> None:
    old = compile_text(f"{HEAD}steps: [{A}, {B}]\n").plan
    new = compile_text(f"{HEAD}steps: [{A}]\nfinally: [{B}, {C}]\n").plan
    assert old is not None and new is not None
    assert [("moved", "/finally/b"), ("added", "/finally/c")] == steps_of(compare(old, new))
    assert [("moved", "/b"), ("removed", "/finally/c")] == steps_of(compare(new, old))


def test_labels_of_the_workflow_are_told() -> None:
    plan = plan_of(A)
    other = compile_text(f"{HEAD.replace('Probe', 'Other')}steps: [{A}]\n").plan
    assert other is not None
    found = compare(plan, other).workflow
    assert [("name", "Probe", "Other")] == [(f.name, f.old, f.new) for f in found]


BREAKING = {
    "a new required input": ("{}", "{n: {type: string, required: true}}"),
    "an input that is gone": ("{n: {type: string}}", "{}"),
    "a narrowed enum": (
        "{n: {type: string, enum: [a, b], default: a}}",
        "{n: {type: string, enum: [a], default: a}}",
    ),
    "an input that became required": (
        "{n: {type: string}}",
        "{n: {type: string, required: true}}",
    ),
    "a required input without its default": (
        "{n: {type: string, required: true, default: a}}",
        "{n: {type: string, required: true}}",
    ),
    "another type": ("{n: {type: string}}", "{n: {type: number}}"),
    "a secret": ("{n: {type: string}}", "{n: {type: string, secret: true}}"),
}
HARMLESS = {
    "a new input with a default": ("{}", "{n: {type: string, default: a}}"),
    "a new input that may be left out": ("{}", "{n: {type: string}}"),
    "another default": ("{n: {type: string, default: a}}", "{n: {type: string, default: b}}"),
    "an input that need not be given": (
        "{n: {type: string, required: true}}",
        "{n: {type: string}}",
    ),
    "another question": ("{n: {type: string, prompt: A}}", "{n: {type: string, prompt: B}}"),
    "a wider enum": ("{n: {type: string, enum: [a]}}", "{n: {type: string, enum: [a, b]}}"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_of_an_input_breaks_callers(name: str) -> None:
    old, new = (plan_of(A, inputs=inputs) for inputs in BREAKING[name])
    found = compare(old, new)
    assert ([1], True) == ([len(i.breaks) for i in found.inputs], found.breaks_callers)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_of_an_input_breaks_nobody(name: str) -> None:
    old, new = (plan_of(A, inputs=inputs) for inputs in HARMLESS[name])
    found = compare(old, new)
    assert ([()], False) == ([i.breaks for i in found.inputs], found.breaks_callers)


def test_the_order_of_inputs_makes_no_difference() -> None:
    one = plan_of(A, inputs="{a: {type: string}, b: {type: string}}")
    other = plan_of(A, inputs="{b: {type: string}, a: {type: string}}")
    assert () == input_changes(one.inputs, other.inputs)


def output(schema: Mapping[str, object] | None) -> Mapping[str, Output]:
    return {"n": Output(value=Literal(1), schema=schema)}  # type: ignore[arg-type]  # JSON data


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        ({"type": "integer"}, {"type": "number"}, 1),
        ({"type": "number"}, {"type": "integer"}, 0),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, 1),
        ({"type": "string"}, None, 1),
        (None, {"type": "string"}, 0),
        ({"required": ["a"]}, {"required": []}, 1),
    ],
)
def test_an_output_breaks_readers_when_it_may_be_more_than_before(
    old: Mapping[str, object] | None, new: Mapping[str, object] | None, breaks: int
) -> None:
    (change,) = output_changes(output(old), output(new))
    assert breaks == len(change.breaks)


def test_an_output_that_is_gone_breaks_readers_and_a_new_one_does_not() -> None:
    gone, new = output_changes(output(None), {}), output_changes({}, output(None))
    assert (1, 0) == (len(gone[0].breaks), len(new[0].breaks))


def test_many_steps_are_compared_in_reasonable_time() -> None:
    steps = [f"{{id: s{n}, type: shell, run: x}}" for n in range(2000)]
    found = compare(plan_of(*steps), plan_of(*reversed(steps)))
    assert 1999 == len(found.steps)
