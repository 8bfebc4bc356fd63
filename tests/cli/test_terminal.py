"""At a terminal: what is missing is asked for, and a gate is answered where it opens."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
FLOW = (
    HEAD
    + """
inputs:
  env: {type: string, enum: [dev, prod], required: true, prompt: 'Where to?'}
  count: {type: integer, required: true, minimum: 1}
  key: {type: string, required: true, secret: true, prompt: The key}
steps:
  - {id: ask, type: gate, message: 'Ship to {{ inputs.env }}?', show_file: notes.md}
  - id: ship
    type: shell
    run: test "${KEY}-{{ inputs.count }}" = hush-3
    env: {KEY: "{{ inputs.key }}"}
"""
)
GATE = HEAD + "steps:\n  - {id: ask, type: gate, message: 'Go on?'OPTIONS}\n"

Write = Callable[[str, str], Path]


def test_missing_inputs_are_asked_for_until_they_fit_and_a_gate_is_answered(
    terminal, treadle, write: Write
) -> None:
    write("flow.yml", FLOW)
    write("notes.md", "mind the \x1b[31mgap\x1b[0m\n")
    at = terminal("run", "flow.yml", "--run-id", "r1")
    assert "Where to? (env)\n  1 dev\n  2 prod\n" in at.until("choose a number or a value: ")
    at.type("test\n")
    at.until("refused: input 'env' must be one of 'dev', 'prod', not 'test'\n")
    at.until("choose a number or a value: ")
    at.type("2\n")
    at.until("a whole number: ")
    at.type("0\n")
    at.until("refused: input 'count' must be at least 1, not 0\n")
    at.until("a whole number: ")
    at.type("3\n")
    at.until("The key (key)\n")
    at.until("> ")
    at.type("hush\n")
    question = at.until("choose a number or a name: ")
    assert "Ship to prod?" in question
    assert "mind the gap" in question
    assert "hush" not in question
    at.type("APPROVE\n")
    code, shown = at.end()
    assert 0 == code
    assert "✓ ask" in shown
    assert "✓ ship" in shown
    assert {"env": "prod", "count": 3} == treadle("status", "r1", "--json").data["inputs"]


def test_ctrl_c_at_a_gate_leaves_the_run_paused(terminal, treadle, write: Write) -> None:
    write("flow.yml", GATE.replace("OPTIONS", ""))
    at = terminal("run", "flow.yml", "--run-id", "r1")
    at.until("choose a number or a name: ")
    at.type("\x03")
    code, shown = at.end()
    assert 130 == code
    assert "next: treadle resume r1 --choice approve" in shown
    assert "paused" == treadle("status", "r1", "--json").data["status"]


def test_the_end_of_the_input_rejects_where_that_is_an_option(
    terminal, treadle, write: Write
) -> None:
    write("flow.yml", GATE.replace("OPTIONS", ""))
    write("free.yml", GATE.replace("OPTIONS", ", options: [one, two], on_reject: skip"))
    statuses = []
    for name in ("flow", "free"):
        at = terminal("run", f"{name}.yml", "--run-id", name)
        at.until("choose a number or a name: ")
        at.type("\x04")
        at.end()
        statuses.append(treadle("status", name, "--json").data["status"])
    assert ["aborted", "paused"] == statuses


@pytest.mark.parametrize(
    ("options", "typed", "choice"),
    [
        ('["2", "1", reject]', "1\n", "2"),
        ("[Go, go, reject]", "2\n", "go"),
        ("[Go, go, reject]", "go\n", "go"),
        ("[go, abort, reject]", "\x04", "abort"),
    ],
)
def test_a_number_means_the_option_on_the_screen_and_a_name_the_very_same(
    terminal, treadle, write: Write, options: str, typed: str, choice: str
) -> None:
    write("flow.yml", GATE.replace("OPTIONS", f", options: {options}, on_reject: skip"))
    at = terminal("run", "flow.yml", "--run-id", "r1")
    at.until("choose a number or a name: ")
    at.type(typed)
    at.end()
    shown = treadle("status", "r1", "--json").data
    assert choice == shown["results"]["ask"]["output"]["choice"]


def test_a_gate_that_is_asked_again_waits_for_the_next_resume(terminal, write: Write) -> None:
    write("flow.yml", GATE.replace("OPTIONS", ", on_reject: retry"))
    at = terminal("run", "flow.yml", "--run-id", "r1")
    at.until("choose a number or a name: ")
    at.type("2\n")
    code, shown = at.end()
    assert 0 == code
    assert "reject: asks again when the run is resumed" in shown
    at = terminal("resume", "r1")
    at.until("choose a number or a name: ")
    at.type("1\n")
    assert 0 == at.end()[0]


def test_what_is_typed_and_is_no_text_is_refused(
    terminal, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")  # as in most languages' locales
    flow = FLOW.replace("type: integer, required: true, minimum: 1", "type: string, default: '3'")
    write("flow.yml", flow.replace("type: string, enum: [dev, prod]", "type: string"))
    write("notes.md", "")
    at = terminal("run", "flow.yml")
    for answer in ("prod", "hush"):
        at.until("> ")
        at.type("a\udcff\n")
        at.until("holds bytes that are not UTF-8\n")
        at.until("> ")
        at.type(f"{answer}\n")
    at.until("choose a number or a name: ")
    at.type("\udcff\n")
    at.until("is none of them\n")
    at.until("choose a number or a name: ")
    at.type("approve\n")
    assert 0 == at.end()[0]


def test_nothing_is_asked_with_no_input_or_json(terminal, write: Write) -> None:
    write("flow.yml", FLOW)
    code, shown = terminal("run", "flow.yml", "--no-input").end()
    assert 2 == code
    assert "error TR701: input 'env' is required" in shown
    write("gate.yml", GATE.replace("OPTIONS", ""))
    code, shown = terminal("run", "gate.yml", "--json", "-q").end()
    assert (0, "paused") == (code, json.loads(shown)["status"])


def test_a_plan_is_drawn_as_a_tree(terminal, write: Write) -> None:
    write("gate.yml", GATE.replace("OPTIONS", ""))
    code, shown = terminal("plan", "gate.yml").end()
    assert 0 == code
    assert "└── ask  gate\n" in shown
