from collections.abc import Callable
from pathlib import Path

import pytest

GREET = """\
description: Says hello.
inputs:
  name: {type: string, required: true, description: Whom to greet}
steps:
  - {id: say, type: shell, run: "echo hello {{ inputs.name | shquote }}"}
outputs:
  text: {value: "{{ steps.say.output.stdout }}", schema: {type: string}}
"""
FLOW = """\
workflow: {id: flow, name: Flow}
steps:
  - {id: hello, type: greet, input: {name: you}}
  - {id: show, type: shell, run: "cat", env: {A: "{{ steps.hello.output.text }}"}}
"""
KEPT = ".specify/workflows/steps/greet.yml"

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def no_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECKIT_STEP_CATALOG_URL", "http://127.0.0.1:9/catalog.json")


@pytest.fixture
def added(treadle, write: Write, project: Path) -> Path:
    write("greet.yml", GREET)
    assert 0 == treadle("step", "add", "greet.yml", "--yes").code
    return project / KEPT


def test_a_type_is_shown_before_it_is_added(treadle, write: Write, project: Path) -> None:
    write("greet.yml", GREET)
    ended = treadle("step", "add", "greet.yml", "--no-input")
    assert 2 == ended.code
    assert "echo hello {{ inputs.name | shquote }}" in ended.err
    assert "error TR965" in ended.err
    assert not (project / KEPT).exists()


def test_an_added_type_is_used_by_the_workflows_of_the_project(
    treadle, write: Write, added: Path
) -> None:
    assert GREET == added.read_text(encoding="utf-8")
    write("flow.yml", FLOW)
    assert 0 == treadle("validate", "flow.yml").code
    ended = treadle("run", "flow.yml", "--json")
    assert (0, "completed") == (ended.code, ended.data["status"])
    shown = treadle("status", "@latest", "--json").data
    assert "hello you\n" == shown["results"]["hello"]["output"]["text"]


def test_a_type_with_errors_is_not_added(treadle, write: Write, project: Path) -> None:
    write("greet.yml", GREET.replace("inputs.name", "inputs.nam"))
    ended = treadle("step", "add", "greet.yml", "--yes")
    assert 2 == ended.code
    assert "greet.yml:5:" in ended.err
    assert "error TR302" in ended.err
    assert "error TR748: 'greet.yml' cannot be added: it has errors" in ended.err
    assert not (project / KEPT).exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [("Greet.yml", "TR748"), ("shell.yml", "TR748"), ("greet.yaml", "TR954"), ("no.yml", "TR950")],
)
def test_a_file_of_another_name_is_no_type(treadle, write: Write, name: str, code: str) -> None:
    if name != "no.yml":
        write(name, GREET)
    ended = treadle("step", "add", name, "--yes")
    assert 2 == ended.code
    assert f"error {code}" in ended.err


def test_a_type_is_written_through_no_link(
    treadle, write: Write, project: Path, tmp_path: Path
) -> None:
    write("greet.yml", GREET)
    (project / ".specify").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (project / ".specify" / "workflows").symlink_to(tmp_path / "elsewhere")
    ended = treadle("step", "add", "greet.yml", "--yes")
    assert (2, True) == (ended.code, "error TR960" in ended.err)
    assert [] == list((tmp_path / "elsewhere").iterdir())


def test_a_finding_in_a_type_is_told_with_the_workflow_that_uses_it(
    treadle, write: Write, added: Path
) -> None:
    write("flow.yml", FLOW)
    added.write_text(GREET.replace("inputs.name", "inputs.nam"), encoding="utf-8")
    ended = treadle("validate", "flow.yml")
    assert 1 == ended.code
    assert f"{KEPT}:5:" in ended.out
    assert "1 error" in ended.err


def test_types_are_listed_with_what_is_wrong_with_them(treadle, write: Write, added: Path) -> None:
    write(".specify/workflows/steps/review/step.yml", "step: {type_key: review}\n")
    write(".specify/workflows/steps/review/__init__.py", "raise SystemExit\n")
    listed = treadle("step", "list", "--json").data["step_types"]
    assert [("greet", "project", True), ("review", "spec-kit", False)] == [
        (each["name"], each["origin"], each["is_usable"]) for each in listed
    ]
    shown = treadle("step", "list").out
    assert "Says hello." in shown
    assert "its Python code is not run by treadle" in shown


def test_info_shows_what_a_type_takes_gives_and_does(treadle, added: Path) -> None:
    shown = treadle("step", "info", "greet").out
    for text in ("name  string, required: Whom to greet", "text  string", "runs commands"):
        assert text in shown
    data = treadle("step", "info", "greet", "--json").data
    assert ["name"] == data["input_schema"]["required"]
    assert 2 == treadle("step", "info", "gret").code


def test_a_removed_type_is_gone(treadle, added: Path) -> None:
    assert 0 == treadle("step", "remove", "greet").code
    assert not added.exists()
    assert 2 == treadle("step", "remove", "greet").code
    assert 2 == treadle("step", "remove", "../../workflow-registry").code


def test_the_doctor_names_the_package_that_is_missing(treadle, write: Write) -> None:
    write(
        "flow.yml",
        """\
workflow: {id: flow, name: Flow}
step_types:
  notify:
    package: treadle-notify
    input_schema: {type: object}
    output_schema: {type: object}
steps:
  - {id: tell, type: notify}
""",
    )
    ended = treadle("doctor", "flow.yml", "--json")
    assert 1 == ended.code
    (check,) = ended.data["checks"]
    assert ("step-type", "notify", "missing", "TR745", "install the package 'treadle-notify'") == (
        check["need"],
        check["name"],
        check["status"],
        check["code"],
        check["hint"],
    )


def test_what_the_types_inside_a_type_do_is_shown_as_well(treadle, write: Write, added) -> None:
    write("outer.yml", "steps: [{id: inner, type: greet, input: {name: you}}]\n")
    assert "echo hello" in treadle("step", "add", "outer.yml", "--no-input").err


def test_a_workflow_that_uses_a_type_of_the_project_can_be_installed(
    treadle, write: Write, added: Path
) -> None:
    write(
        "flow.yml", FLOW.replace("{id: flow, name: Flow}", '{id: flow, name: F, version: "1.0.0"}')
    )
    ended = treadle("add", "flow.yml", "--yes")
    assert (0, True) == (ended.code, "echo hello" in ended.err)
