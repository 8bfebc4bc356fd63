"""`treadle plan --needs`: every question that a run may ask."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  env: {type: string, enum: [dev, prod], required: true, prompt: 'Where to?'}
  fast: {type: boolean, default: false}
  verdict: {type: string, default: ''}
  hosts: {type: array, items: {type: string}, default: [a, b]}
steps:
  - {id: build, type: shell, run: 'make {{ inputs.env | shquote }}'}
  - id: pick
    type: if
    condition: "{{ steps.build.output.exit_code == 0 }}"
    then: [{id: good, type: gate, message: 'Ship to {{ inputs.env }}?'}]
  - id: maybe
    type: if
    condition: "{{ inputs.fast }}"
    then: [{id: hasty, type: gate, message: Sure}]
    else: [{id: calm, type: gate, message: Calm, verdict_input: verdict}]
  - id: loop
    type: do-while
    condition: "{{ steps.again.output.choice == 'more' }}"
    max_iterations: 3
    steps: [{id: again, type: gate, message: Again, options: [more, done], on_reject: skip}]
  - id: each
    type: fan-out
    items: "{{ inputs.hosts }}"
    step: {id: one, type: gate, message: 'Host {{ item }}?'}
"""
EXPECTED = """\
demo 1.0.0  Demo
  inputs
    env  string, will be asked for
        Where to?
        one of 'dev', 'prod'
    fast  boolean, false
    verdict  string, ''
    hosts  array, ["a","b"]
  gates
    good  /pick/then/good
        Ship to {{ inputs.env }}?
        approve, reject: may be asked
        when pick: steps.build.output.exit_code == 0, then
    calm  /maybe/else/calm
        Calm
        approve, reject: may be asked
    again  /loop/again
        Again
        more, done: may be asked
        for each round of loop, 3 at most
    one  /each/one
        Host {{ item }}?
        approve, reject: may be asked
        for each item of each, 2 at most
"""
SCHEMA = Draft202012Validator(schemas.load("needs"))

Write = Callable[[str, str], Path]


@pytest.fixture
def needs(treadle, write: Write):
    def call(*options: str, flow: str = FLOW):
        write("flow.yml", flow)
        return treadle("plan", "flow.yml", "--needs", *options)

    return call


def test_questions_are_listed_with_what_is_known_about_them(needs) -> None:
    ended = needs()
    assert (0, EXPECTED) == (ended.code, ended.out)


def test_inputs_that_are_given_decide_which_gates_ask(needs) -> None:
    data = needs("--json", "-i", "fast=yes", "-i", "env=dev", "-i", "hosts=[]").data
    assert ["good", "hasty", "again"] == [gate["id"] for gate in data["gates"]]
    assert [] == [given["name"] for given in data["inputs"] if given["is_asked"]]


def test_a_verdict_answers_its_gate(needs) -> None:
    gates = needs("--json", "-i", "verdict=approve").data["gates"]
    answered = {gate["id"]: gate["answered_by"] for gate in gates}
    assert {"good": None, "calm": "verdict", "again": None, "one": None} == answered


def test_json_fits_its_schema(needs) -> None:
    assert [] == [error.message for error in SCHEMA.iter_errors(needs("--json").data)]


def test_a_file_of_answers_has_a_schema_of_its_own(needs) -> None:
    schema = needs("--json").data["answers"]
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    whole = {
        "inputs": {"env": "dev"},
        "gates": {"good": "approve", "calm": "reject", "again": ["more", "done"], "one": "approve"},
    }
    assert validator.is_valid(whole)
    assert not validator.is_valid({"gates": whole["gates"]})
    assert not validator.is_valid({**whole, "inputs": {"env": "test"}})


@pytest.mark.parametrize(
    ("gates", "is_taken"),
    [
        ({}, True),
        ({"good": "approve"}, True),
        ({"/pick/then/good": "approve", "/loop/again": ["more", "done"]}, True),
        ({"hasty": "approve"}, True),
        ({"godo": "approve"}, False),
        ({"good": "maybe"}, False),
        ({"again": []}, False),
    ],
)
def test_the_schema_of_answers_takes_what_a_run_takes(
    treadle, needs, write: Write, gates: dict[str, object], is_taken: bool
) -> None:
    answers = {"inputs": {"env": "dev"}, "gates": gates}
    schema = needs("--json", flow=FLOW.replace("make", "echo")).data["answers"]
    assert is_taken == Draft202012Validator(schema).is_valid(answers)
    write("answers.json", json.dumps(answers))
    ended = treadle("run", "flow.yml", "--answers", "answers.json", "--no-input")
    assert (0 if is_taken else 2) == ended.code


def test_a_workflow_without_questions_asks_nothing(needs) -> None:
    flow = 'workflow: {id: a, name: A}\nsteps: [{id: b, type: shell, run: "true"}]\n'
    assert "a 0.0.0  A\n    asks nothing\n" == needs(flow=flow).out


def test_gates_of_the_same_id_are_answered_by_their_paths(needs) -> None:
    gate = "{id: ok, type: gate, message: Ok}"
    flow = f"""
workflow: {{id: demo, name: Demo}}
steps:
  - {{id: x, type: fan-out, items: [1], step: {gate}}}
  - {{id: y, type: fan-out, items: [1], step: {gate}}}
"""
    schema = needs("--json", flow=flow).data["answers"]
    assert ["/x/ok", "/y/ok"] == list(schema["properties"]["gates"]["properties"])
