"""The verb ``doctor``, the look around of ``run`` and ``resume``, and what 'auto' stands for."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from treadle import schemas

HEAD = 'schema_version: "1.0"\nworkflow: {id: flow, name: Flow, version: "1.0.0"}\n'
AUTO = "inputs: {integration: {type: string, default: auto}}\n"
ASK = 'steps: [{id: ask, type: prompt, prompt: tea, integration: "{{ inputs.integration }}"}]\n'
GATED = (
    HEAD
    + """
steps:
  - {id: first, type: prompt, prompt: tea, integration: codex}
  - {id: see, type: gate, message: "?"}
  - {id: then, type: prompt, prompt: tea, integration: claude}
"""
)
SCHEMA = Draft202012Validator(schemas.load("doctor"))

Treadle = Callable[..., Any]
Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def bare_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is on the PATH but what a test puts there."""
    monkeypatch.setenv("PATH", f"{project / 'bin'}{os.pathsep}/bin-of-nobody")


def install(write: Write, name: str, *, says: str = "1.2.3") -> Path:
    program = write(f"bin/{name}", f"#!/bin/sh\necho '{name} {says}'\n")
    program.chmod(0o755)
    return program


def test_doctor_tells_what_is_here_and_which_version(treadle: Treadle, write: Write) -> None:
    program = install(write, "claude", says="2.1.7 (Claude Code)")
    write("flow.yml", HEAD + AUTO + ASK)

    told = treadle("doctor", "flow.yml", "-i", "integration=claude", "--json")

    assert 0 == told.code
    assert [] == list(SCHEMA.iter_errors(told.data))
    (check,) = told.data["checks"]
    assert ("claude", "found", "2.1.7") == (check["name"], check["status"], check["version"])
    assert (str(program), ["/ask"]) == (check["found"], check["steps"])


def test_doctor_tells_what_is_missing(treadle: Treadle, write: Write, project: Path) -> None:
    write("flow.yml", HEAD + AUTO + ASK)

    told = treadle("doctor", "flow.yml", "-i", "integration=claude")

    assert 1 == told.code
    assert "✗ claude" in told.out
    assert "TR726 step 'ask' (line 4)" in told.out
    assert "1 of 1 is missing: claude" in told.err
    assert not (project / ".treadle").exists()


def test_doctor_leaves_open_what_an_input_decides_that_is_not_given(
    treadle: Treadle, write: Write
) -> None:
    required = "inputs: {integration: {type: string, required: true}}\n"
    write("flow.yml", HEAD + required + ASK)

    told = treadle("doctor", "flow.yml", "--json")

    assert (0, "open") == (told.code, told.data["checks"][0]["status"])


def test_doctor_refuses_a_workflow_that_does_not_compile(treadle: Treadle, write: Write) -> None:
    write("flow.yml", HEAD + "steps: []\n")

    assert 2 == treadle("doctor", "flow.yml").code


def test_doctor_of_a_plain_workflow_has_nothing_to_look_for(treadle: Treadle, write: Write) -> None:
    write("flow.yml", HEAD + "steps: [{id: a, type: shell, run: ls}]\n")

    told = treadle("doctor", "flow.yml")

    assert (0, True) == (told.code, "needs nothing but a shell" in told.out)


def test_doctor_without_a_workflow_looks_at_the_machine(treadle: Treadle, write: Write) -> None:
    install(write, "codex", says="0.30.0")
    write(".specify/integration.json", '{"default_integration": "codex", "version": "1.2.3"}')

    told = treadle("doctor", "--json")

    assert (0, []) == (told.code, list(SCHEMA.iter_errors(told.data)))
    assert (None, "codex") == (told.data["workflow"], told.data["auto_integration"])
    agents = [check for check in told.data["checks"] if check["need"] == "agent"]
    assert [("codex", "0.30.0")] == [(one["name"], one["version"]) for one in agents]


def test_doctor_finds_a_folder_of_runs_that_cannot_be_used(treadle: Treadle, write: Write) -> None:
    write(".treadle", "")

    told = treadle("doctor")

    assert (1, True) == (told.code, "✗ runs" in told.out)


def test_a_program_that_tells_no_version_is_found_all_the_same(
    treadle: Treadle, write: Write
) -> None:
    write("bin/claude", "#!/bin/sh\nexit 3\n").chmod(0o755)
    write("flow.yml", HEAD + AUTO + ASK)

    told = treadle("doctor", "flow.yml", "-i", "integration=claude", "--json")

    assert (0, None) == (told.code, told.data["checks"][0]["version"])


def test_a_run_that_misses_something_is_refused_before_anything_is_recorded(
    treadle: Treadle, write: Write, project: Path
) -> None:
    write("flow.yml", HEAD + AUTO + ASK)

    told = treadle("run", "flow.yml", "-i", "integration=claude", "--json")

    assert (2, "") == (told.code, told.out)
    assert told.err.startswith("error TR726: step 'ask' (line 4): the program 'claude'")
    assert not (project / ".treadle").exists()


def test_a_lenient_run_warns_and_starts(treadle: Treadle, write: Write) -> None:
    write("flow.yml", HEAD + AUTO + ASK)

    told = treadle("run", "flow.yml", "-i", "integration=claude", "--json", "--lenient")

    assert (1, "failed") == (told.code, told.data["status"])
    assert "warning TR726: step 'ask'" in told.err


def test_a_resume_looks_only_for_what_is_left(
    treadle: Treadle, write: Write, project: Path
) -> None:
    codex, claude = install(write, "codex"), install(write, "claude")
    write("flow.yml", GATED)
    assert 0 == treadle("run", "flow.yml", "--run-id", "r1").code
    codex.unlink()
    claude.unlink()
    before = (project / ".treadle/runs/r1/journal.db").read_bytes()

    told = treadle("resume", "r1", "--choice", "approve")

    assert (2, before) == (told.code, (project / ".treadle/runs/r1/journal.db").read_bytes())
    assert "'claude'" in told.err
    assert "codex" not in told.err.replace("-i", "")
    install(write, "claude")
    assert 0 == treadle("resume", "r1", "--choice", "approve").code


def test_an_edited_plan_is_looked_at_before_the_run_is_touched(
    treadle: Treadle, write: Write, project: Path
) -> None:
    shell = "{id: then, type: shell, run: ls}"
    write(
        "flow.yml",
        GATED.replace(
            "{id: first, type: prompt, prompt: tea, integration: codex}",
            "{id: first, type: slot, name: later}",
        ).replace("{id: then, type: prompt, prompt: tea, integration: claude}", shell),
    )
    assert 0 == treadle("run", "flow.yml", "--run-id", "r1").code
    write(
        "flow.yml",
        (project / "flow.yml")
        .read_text()
        .replace(shell, "{id: then, type: prompt, prompt: tea, integration: claude}"),
    )
    before = (project / ".treadle/runs/r1/journal.db").read_bytes()

    told = treadle("resume", "r1", "--plan", "flow.yml", "--choice", "approve")

    assert (2, before) == (told.code, (project / ".treadle/runs/r1/journal.db").read_bytes())
    assert told.err.startswith("error TR726: step 'then' (line 7)")


def test_going_back_looks_for_what_will_run_again(treadle: Treadle, write: Write) -> None:
    codex = install(write, "codex")
    install(write, "claude")
    write("flow.yml", GATED)
    assert 0 == treadle("run", "flow.yml", "--run-id", "r1").code
    codex.unlink()

    told = treadle("resume", "r1", "--from", "first", "--yes")

    assert (2, True) == (told.code, "error TR726: step 'first'" in told.err)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ('{"default_integration": "codex"}', "'codex'  which 'auto' stands for in this project"),
        ('{"installed_integrations": ["qwen"]}', "'qwen'  which 'auto' stands for"),
        ('{"integration_state_schema": 2, "integration": "x"}', "'auto'  the project names no"),
        ("[]", "'auto'  the project names no integration"),
    ],
)
def test_plan_shows_what_auto_stands_for(
    treadle: Treadle, write: Write, state: str, told: str
) -> None:
    write(".specify/integration.json", state)
    write("flow.yml", HEAD + AUTO + ASK)

    assert f"integration = {told}" in treadle("plan", "flow.yml").out


def test_an_integration_that_is_given_is_not_called_auto(treadle: Treadle, write: Write) -> None:
    write(".specify/integration.json", '{"integration": "codex"}')
    write("flow.yml", HEAD + AUTO + ASK)

    shown = treadle("plan", "flow.yml", "-i", "integration=codex").out

    assert "auto" not in shown


def test_commands_are_found_in_the_project_around_it_and_at_home(
    treadle: Treadle, write: Write, project: Path
) -> None:
    install(write, "claude")
    write("flow.yml", HEAD + "steps: [{id: plan, command: speckit.plan, integration: claude}]\n")
    assert "TR728" in treadle("doctor", "flow.yml").out

    skill = project.parent / ".claude" / "skills" / "speckit-plan" / "SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("Plan it.\n", encoding="utf-8")

    assert 0 == treadle("doctor", "flow.yml").code
