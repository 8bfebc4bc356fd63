"""The documents: links lead somewhere, examples work, tables agree with the code."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from treadle import schemas
from treadle.cli.app import VERBS, build
from treadle.cli.text.yaml_text import parse_yaml
from treadle.compiler import compile_text
from treadle.compiler.diagnostics import Report
from treadle.compiler.mending.formatting import formatted
from treadle.compiler.reading.document import load
from treadle.plan import formats

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md"))
)
README = ROOT / "README.md"
FORMAT = ROOT / "docs" / "workflow-format.md"

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FAULTY = "# deploy.yml"  # how the one workflow begins that is shown for its mistakes
CODE = re.compile(r"`([^`\n]+)`")


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a language with the pages they stand on."""
    found = ((page.name, BLOCK.findall(page.read_text(encoding="utf-8"))) for page in PAGES)
    return [(name, text) for name, all_ in found for kind, text in all_ if kind == language]


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def section(page: Path, title: str) -> str:
    text = page.read_text(encoding="utf-8")
    return text.split(f"\n### {title}\n", 1)[1].split("\n##", 1)[0]


def names_of_rows(text: str) -> set[str]:
    """Return what stands as code in the first column of the tables of a text."""
    first = (line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    return {name for cell in first for name in CODE.findall(cell)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        linked = (page.parent / file).resolve() if file else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    assert [] == broken


def test_the_index_of_the_documents_lists_all_of_them() -> None:
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert set() == {name for name in pages if f"({name})" not in text}


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_a_whole_workflow_in_a_document_compiles_cleanly_in_its_one_form(
    page: str, text: str
) -> None:
    if re.search(r"^workflow:", text, re.MULTILINE) and not text.startswith(FAULTY):
        assert () == compile_text(text, path=page).diagnostics
        document = load(text.encode(), path=page, report=Report())
        assert document is not None
        assert text == formatted(document)


def test_the_readme_shows_what_is_said_about_the_faulty_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = next(text for page, text in blocks("yaml") if text.startswith(FAULTY))
    shown = next(text for page, text in blocks("text") if "validate deploy.yml" in text)
    (tmp_path / "deploy.yml").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(build(words=["validate"]), ["validate", "deploy.yml"])
    assert 1 == said.exit_code
    assert shown == f"$ treadle validate deploy.yml\n{said.stdout}{said.stderr}"


def test_the_page_about_tests_shows_what_comes_of_its_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = next(text for _, text in blocks("yaml") if text.startswith("# release.test.yml"))
    shown = next(text for _, text in blocks("text") if text.startswith("$ treadle test release"))
    workflow = (ROOT / "examples" / "release.yml").read_text(encoding="utf-8")
    (tmp_path / "release.yml").write_text(workflow, encoding="utf-8")
    (tmp_path / "release.test.yml").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(build(words=["test"]), ["test", "release.yml"])
    assert 1 == said.exit_code
    assert shown == f"$ treadle test release.yml\n{said.stdout}{said.stderr}"


OLD = """workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  scope: {type: string, enum: [full, quick], default: quick}
steps:
  - {id: build, type: shell, env: {SCOPE: "{{ inputs.scope }}"}, run: make}
"""
NEW = """workflow: {id: demo, name: Demo, version: "2.0.0"}
inputs:
  scope: {type: string, enum: [quick], default: quick}
steps:
  - {id: build, type: shell, env: {SCOPE: "{{ inputs.scope }}"}, run: make all}
  - {id: ship, type: shell, run: ./ship}
"""


def test_the_page_about_changes_shows_what_a_difference_looks_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = next(text for _, text in blocks("text") if text.startswith("$ treadle plan --diff"))
    (tmp_path / "main.yml").write_text(OLD, encoding="utf-8")
    (tmp_path / "release.yml").write_text(NEW, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = ["plan", "--diff", "main.yml", "release.yml"]
    said = CliRunner().invoke(build(words=["plan"]), words)
    assert shown == f"$ treadle {' '.join(words)}\n{said.stdout}{said.stderr}"


TRAIN = """workflow: {id: release-train, name: Release train, version: "1.1.0"}
inputs:
  token: {type: string, secret: true, required: true}
  target: {type: string, default: staging}
steps:
  - {id: build, type: shell, env: {TARGET: "{{ inputs.target }}"}, run: make all}
  - {id: publish, type: shell, env: {TOKEN: "{{ inputs.token }}"}, run: './publish "$TOKEN"'}
"""
NEXT_TRAIN = (
    TRAIN.replace("1.1.0", "1.2.0")
    .replace("  target: {type: string, default: staging}\n", "")
    .replace(' env: {TARGET: "{{ inputs.target }}"},', "")
)


def test_the_page_about_sharing_shows_what_is_told_before_an_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = next(text for _, text in blocks("text") if text.startswith("$ treadle add .."))
    package = tmp_path / "release-train"
    for folder in (package, tmp_path / "project" / ".specify"):
        folder.mkdir(parents=True)
    (package / "publish").write_text("#!/bin/sh\nexec ./upload\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "project")
    for text, *options in ((TRAIN, "--yes"), (NEXT_TRAIN, "--no-input")):
        (package / "workflow.yml").write_text(text, encoding="utf-8")
        words = ["add", "../release-train"]
        said = CliRunner().invoke(build(words=["add"]), [*words, *options])
    told = said.output.partition("error TR965")[0]
    assert (
        shown == f"$ treadle add ../release-train\n{told}install it instead of the old one? [y/N]\n"
    )


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_a_python_example_runs(page: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(text, page, "exec"), {"__name__": "example"})
    printed = {"python-api.md": "no input is called 'nmae'\n"}
    assert printed.get(page, "") == capsys.readouterr().out


def test_the_page_about_packages_declares_the_package_that_it_shows() -> None:
    names: dict[str, Any] = {}
    exec(next(text for _, text in blocks("python") if "notify = StepType(" in text), names)
    text = next(text for _, text in blocks("yaml") if text.startswith("step_types:\n  notify:"))
    shown = names["notify"]
    declared = {
        "description": shown.description,
        "input_schema": shown.input_schema,
        "output_schema": shown.output_schema,
        "package": "treadle-notify",
    }
    assert {"step_types": {"notify": declared}} == parse_yaml(text)


def test_the_verbs_and_options_that_the_readme_names_exist() -> None:
    verbs = {verb.name for verb in VERBS}
    lines = re.findall(r"(?:`|/|\$ )treadle ([a-z]+)([^`|\n#;&]*)", README.read_text("utf-8"))
    used = [(verb, set(re.findall(r"(?<=\s)--?[a-z][\w-]*", rest))) for verb, rest in lines]
    assert {"run", "resume", "status", "validate"} <= {verb for verb, _ in used}
    for verb, options in used:
        assert verb in verbs
        shown = CliRunner().invoke(build(words=[verb]), [verb, "--help"]).output
        assert set() == {option for option in options if option not in shown}


def test_the_readme_has_one_command_to_start_and_one_to_test() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("python3 -m venv ")]
    assert ["resume", "pytest"] == [
        "pytest" if "pytest" in line else "resume" if "resume" in line else line
        for line in commands
    ]


def test_every_recorded_divergence_is_explained() -> None:
    cases = ROOT / "tests" / "conformance" / "cases" / "divergence"
    names = {case.name.partition("-")[2] for case in cases.iterdir() if case.is_dir()}
    page = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")}
    assert set() == names - rows
    assert 44 == len(names)


KINDS = schemas.load("workflow")["$defs"]["step"]["properties"]["type"]["anyOf"][0]["enum"]
SHARED = {"id", "type", "name", "if", "continue_on_error"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_the_format_lists_the_keys_of_a_kind(kind: str) -> None:
    keys = set(schemas.load("workflow")["$defs"][kind]["properties"])
    own = {"name"} if kind == "slot" else set()
    assert (keys - SHARED) | own == names_of_rows(section(FORMAT, kind))


def test_the_page_of_inputs_lists_the_formats() -> None:
    text = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
    listed = CODE.findall(text.split("Checked formats:")[1].split(".\n")[0])
    assert sorted(formats.CHECKS) == listed
