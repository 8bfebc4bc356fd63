"""`treadle overlay` and `treadle resolve`, and overlays in validate, plan and run."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from treadle import schemas

BASE = """workflow: {id: build, name: Build, version: "1.0.0"}
steps:
  - {id: compile, type: shell, run: echo compiled}
  - {id: checks, type: slot, name: extra-checks}
  - id: maybe
    type: if
    condition: true
    then:
      - {id: lint, type: shell, run: echo linted}
"""
STRICT = """# Ours.
id: strict
extends: build
edits:
  - replace: checks
    step: {id: checks, type: shell, run: echo audited}
  - insert_after: lint
    step: {id: spell, type: shell, run: echo spelt}
"""
HOME = ".specify/workflows/overlays/build"
INSTALLED = ".specify/workflows/build/workflow.yml"

Write = Callable[[str, str], Path]


@pytest.fixture
def installed(write: Write, project: Path) -> Path:
    write(INSTALLED, BASE)
    return project


def test_an_added_overlay_keeps_its_comments_and_is_run(installed, treadle, write: Write) -> None:
    write("mine.yml", STRICT)
    added = treadle("overlay", "add", "mine.yml", "--priority", "5")
    assert (0, "") == (added.code, added.out)
    kept = (installed / HOME / "strict.yml").read_text()
    assert STRICT.replace("build\n", "build\npriority: 5\n", 1) == kept
    run = treadle("run", "build", "--json")
    assert {"compile", "checks", "maybe", "lint", "spell"} == set(
        treadle("status", "@latest", "--json").data["steps"]
    )
    assert (0, "completed") == (run.code, run.data["status"])


def test_an_overlay_with_an_error_is_not_added(installed, treadle, write: Write) -> None:
    write("mine.yml", STRICT.replace("after: lint", "after: lnt"))
    refused = treadle("overlay", "add", "mine.yml")
    assert (2, "") == (refused.code, refused.out)
    assert "mine.yml:7:19: error TR130" in refused.err
    assert not (installed / HOME).exists()


def test_an_overlay_of_a_workflow_that_is_not_there_yet_is_added_with_a_warning(
    installed, treadle, write: Write
) -> None:
    write("mine.yml", STRICT.replace("extends: build", "extends: later"))
    added = treadle("overlay", "add", "mine.yml")
    assert 0 == added.code
    assert "warning TR136: no workflow 'later' is installed" in added.err
    assert (installed / ".specify/workflows/overlays/later/strict.yml").exists()


def test_overlays_are_listed_disabled_and_removed(installed, treadle, write: Write) -> None:
    write(f"{HOME}/strict.yml", STRICT)
    assert 0 == treadle("overlay", "disable", "build", "strict").code
    (listed,) = treadle("overlay", "list", "build", "--json").data["overlays"]
    assert {
        "id": "strict",
        "source": "project:strict",
        "tier": "project-overlay",
        "priority": 10,
        "enabled": False,
        "path": f"{HOME}/strict.yml",
        "valid": True,
    } == listed
    assert "disabled" in treadle("overlay", "list", "build").out
    assert [] == treadle("resolve", "build", "--json").data["layers"][:-1]
    assert 0 == treadle("overlay", "enable", "build", "strict").code
    assert 0 == treadle("overlay", "set-priority", "build", "strict", "3").code
    assert 3 == treadle("overlay", "list", "build", "--json").data["overlays"][0]["priority"]
    assert 0 == treadle("overlay", "remove", "build", "strict").code
    assert [] == list((installed / HOME).iterdir())


def test_resolve_says_whose_each_step_is(installed, treadle, write: Write) -> None:
    write(f"{HOME}/strict.yml", STRICT)
    write(f"{HOME}/slim.yml", "id: slim\nextends: build\nedits: [{remove: compile}]\n")
    data = treadle("resolve", "build", "--json").data
    assert ["project:strict", "project:slim", "base"] == [each["source"] for each in data["layers"]]
    assert [
        ("checks", "project:strict", f"{HOME}/strict.yml", 6),
        ("maybe", "base", INSTALLED, 5),
        ("lint", "base", INSTALLED, 9),
        ("spell", "project:strict", f"{HOME}/strict.yml", 8),
    ] == [(s["step_id"], s["source"], s["path"], s["line"]) for s in data["attribution"]]
    assert {"compile": "overlay 'slim' removes 'compile'"} == data["removed"]
    shown = treadle("resolve", "build").out
    assert "compile is gone: overlay 'slim' removes 'compile'" in shown
    assert "  spell  shell  strict" in shown


def test_resolve_of_a_workflow_that_is_not_installed_names_a_near_one(installed, treadle) -> None:
    refused = treadle("resolve", "biuld")
    assert (2, "") == (refused.code, refused.out)
    assert "error TR957" in refused.err
    assert "did you mean 'build'?" in refused.err


def test_validate_finds_the_overlays_of_the_project(installed, treadle, write: Write) -> None:
    write(f"{HOME}/strict.yml", STRICT.replace("echo spelt", "'{{ steps.lnt.output.stdout }}'"))
    write(f"{HOME}/slim.yml", "id: slim\nextends: build\nenabled: false\nedits: []\n")
    ended = treadle("validate", "--format", "json")
    jsonschema.validate(ended.data, schemas.load("report"))
    assert [INSTALLED, f"{HOME}/slim.yml", f"{HOME}/strict.yml"] == sorted(ended.data["files"])
    assert [
        (f"{HOME}/slim.yml", "TR205", "warning"),
        (f"{HOME}/strict.yml", "TR303", "error"),
    ] == [(d["path"], d["code"], d["severity"]) for d in ended.data["diagnostics"]]


def test_a_named_overlay_is_told_what_it_breaks_elsewhere(installed, treadle, write: Write) -> None:
    write(INSTALLED, BASE.replace("echo linted", "'{{ steps.compile.output.stdout }}'"))
    write("mine.yml", "id: mine\nextends: build\nedits:\n  - remove: compile\n")
    # What is wrong with another overlay is not the fault of this one, and hides nothing in it.
    for other in (STRICT, STRICT.replace("insert_after: lint", "insert_after: lnt")):
        write(f"{HOME}/other.yml", other)
        (found,) = treadle("validate", "mine.yml", "--format", "json").data["diagnostics"]
        assert (INSTALLED, "TR303", [("mine.yml", 4)]) == (
            found["path"],
            found["code"],
            [(each["path"], each["line"]) for each in found["related"]],
        )


def test_a_named_overlay_of_a_broken_workflow_is_told_what_is_wrong_with_that(
    installed, treadle, write: Write
) -> None:
    write(INSTALLED, "workflow: [")
    write("mine.yml", STRICT)
    ended = treadle("validate", "mine.yml", "--format", "json")
    assert ["mine.yml", INSTALLED] == ended.data["files"]
    assert (1, ["TR103"]) == (ended.code, [d["code"] for d in ended.data["diagnostics"]])


def test_a_fix_is_written_into_the_file_that_the_mistake_is_in(
    installed, treadle, write: Write
) -> None:
    write(f"{HOME}/strict.yml", STRICT.replace("edits:", "prority: 5\nedits:"))
    ended = treadle("validate", "--fix")
    assert 0 == ended.code
    assert (
        STRICT.replace("edits:", "priority: 5\nedits:")
        == (installed / HOME / "strict.yml").read_text()
    )
    assert BASE == (installed / INSTALLED).read_text()


@pytest.mark.parametrize("format_name", ["text", "github", "junit", "sarif", "jsonl"])
def test_every_format_names_the_file_of_the_overlay(
    installed, treadle, write: Write, format_name: str
) -> None:
    write(f"{HOME}/strict.yml", STRICT.replace("after: lint", "after: lnt"))
    shown = treadle("validate", "--format", format_name).out
    assert f"{HOME}/strict.yml" in shown
    lines = [line for line in shown.splitlines() if "TR130" in line]
    assert [] == [line for line in lines if INSTALLED in line]


def test_an_ignore_in_an_overlay_is_about_its_own_lines(installed, treadle, write: Write) -> None:
    step = "step: {id: spell, type: shell, run: echo spelt}"
    ignored = f"# treadle: ignore[TR202] ours\n    {step.replace('id:', 'mine: 1, id:')}"
    write(f"{HOME}/strict.yml", STRICT.replace(step, ignored))
    assert (0, "") == (lambda ended: (ended.code, ended.out))(treadle("validate"))


def test_a_plan_file_holds_the_composed_plan(installed, treadle, write: Write) -> None:
    write(f"{HOME}/strict.yml", STRICT)
    assert 0 == treadle("plan", "build", "-o", "x.plan.json").code
    plan = json.loads((installed / "x.plan.json").read_text())
    jsonschema.validate(plan, schemas.load("plan"))
    assert [8, 16, "strict"] == plan["source_map"]["/maybe/then/spell"]
    assert str(installed) not in (installed / "x.plan.json").read_text()


def test_a_workflow_that_is_named_by_its_file_has_no_overlays(
    installed, treadle, write: Write
) -> None:
    write(f"{HOME}/strict.yml", "broken: [")
    assert 0 == treadle("plan", INSTALLED).code
    assert 0 == treadle("validate", INSTALLED).code
    assert 1 == treadle("validate", "build").code
    refused = treadle("plan", "build")
    assert 2 == refused.code
    assert f"{HOME}/strict.yml:1:10: error TR103" in refused.err


def test_the_schema_of_overlays_is_one_object_for_editors(project, treadle) -> None:
    schema = treadle("schema", "--overlay").data
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema)
    step = {"id": "b", "type": "shell", "run": "x"}
    good = {"id": "a", "extends": "b", "edits": [{"remove": "x"}, {"replace": "a", "step": step}]}
    assert [] == list(checker.iter_errors(good))
    bad = {**good, "edits": [{"remove": "x", "step": step}, {"replace": "a"}, {"insert": "a"}]}
    assert [0, 1, 2, 2, 2] == sorted(error.path[1] for error in checker.iter_errors(bad))
