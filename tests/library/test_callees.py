"""Packages that call: what is installed, their own files, and themselves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from treadle.library.appraise import compiled
from treadle.library.kinds import WORKFLOWS
from treadle.library.package import package_of_path
from treadle.library.places import Places

Treadle = Callable[..., Result]

LEAF = """\
schema_version: "1.0"
workflow: {id: build, name: Build, version: "1.0.0"}
inputs: {target: {type: string, default: all}}
steps: [{id: make, type: shell, env: {T: "{{ inputs.target }}"}, run: 'make "$T"'}]
outputs: {log: {value: "{{ steps.make.output.stdout }}"}}
"""
CALLER = """\
schema_version: "1.0"
workflow: {id: deploy, name: Deploy, version: "1.0.0"}
steps:
  - {id: b, type: workflow, workflow: build, input: {target: web}}
  - {id: c, type: workflow, path: ./parts/tell.yml, input: {log: "{{ steps.b.output.log }}"}}
"""
PART = """\
schema_version: "1.0"
workflow: {id: tell, name: Tell, version: "1.0.0"}
inputs: {log: {type: string, required: true}}
steps: [{id: t, type: shell, env: {LOG: "{{ inputs.log }}"}, run: 'echo "$LOG"'}]
"""


@pytest.fixture
def installed(project: Path, treadle: Treadle) -> Path:
    """A project with `build` installed, and the package `pack` that calls it beside."""
    (project / "build.yml").write_text(LEAF)
    (project / "pack" / "parts").mkdir(parents=True)
    (project / "pack" / "workflow.yml").write_text(CALLER)
    (project / "pack" / "parts" / "tell.yml").write_text(PART)
    assert 0 == treadle("add", "build.yml", "--yes").exit_code
    return project


def found(project: Path, *, package: str = "pack") -> list[tuple[str, int, str]]:
    """Return the errors of a package by code and line, and the files that belong to them."""
    label = Path(package)
    compilation = compiled(
        package_of_path(label, label=package, kind=WORKFLOWS, wanted=None),
        places=Places(project=project),
        lenient=False,
    )
    assert str(Path(package) / "workflow.yml" if label.is_dir() else label) == compilation.path
    return [
        (each.code, each.span.line, ",".join(place.path or "" for place in each.related))
        for each in compilation.errors
    ]


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_a_package_calls_is_part_of_what_is_shown(installed: Path, treadle: Treadle) -> None:
    told = treadle("add", "pack").stderr
    assert 'make "$T"' in told and 'echo "$LOG"' in told


def test_a_package_is_checked_against_what_is_installed(installed: Path, treadle: Treadle) -> None:
    edited(installed / "pack" / "workflow.yml", "target: web", "goal: web")
    edited(installed / "pack" / "workflow.yml", "output.log", "output.lgo")
    there = ".specify/workflows/build/workflow.yml"
    assert [("TR336", 4, there), ("TR305", 5, there)] == [
        each for each in found(installed) if each[0] != "TR338"
    ]
    assert 2 == treadle("add", "pack", "--yes").exit_code
    assert not (installed / ".specify" / "workflows" / "deploy").exists()


def test_a_package_that_calls_what_is_not_installed_is_refused(
    installed: Path, treadle: Treadle
) -> None:
    treadle("remove", "build")
    assert ["TR330"] == [code for code, _, _ in found(installed)]
    assert 0 == treadle("add", "pack", "--yes", "--lenient").exit_code


def test_the_files_of_a_package_are_told_by_the_paths_they_came_by(installed: Path) -> None:
    edited(installed / "pack" / "parts" / "tell.yml", "inputs.log", "inputs.lgo")
    assert [("TR334", 5, "pack/parts/tell.yml")] == found(installed)


def test_no_path_of_a_package_leads_out_of_it(installed: Path) -> None:
    (installed / "near.yml").write_text(PART)
    for path in ("../near.yml", "../../near.yml", "./parts/none.yml"):
        (installed / "pack" / "workflow.yml").write_text(CALLER.replace("./parts/tell.yml", path))
        assert [("TR331", 5, "")] == found(installed)


def test_a_file_of_a_package_calls_other_files_of_it(installed: Path) -> None:
    call = "steps: [{id: u, type: workflow, path: ../under.yml, input: {lg: x}}, "
    edited(installed / "pack" / "parts" / "tell.yml", "steps: [", call)
    (installed / "pack" / "under.yml").write_text(PART.replace("id: tell", "id: under"))
    assert [("TR334", 5, "pack/parts/tell.yml")] == [
        (code, line, path.split(",")[0]) for code, line, path in found(installed)
    ]
    edited(installed / "pack" / "parts" / "tell.yml", "lg: x", "log: x")
    assert [] == found(installed)


@pytest.mark.parametrize("called", ["build", "deploy"])
def test_a_package_that_would_call_itself_once_it_is_installed_is_refused(
    called: str, installed: Path, treadle: Treadle
) -> None:
    treadle("add", "pack", "--yes")
    call = f"steps: [{{id: again, type: workflow, workflow: {called}}}, "
    (installed / "new.yml").write_text(LEAF.replace("steps: [", call))
    assert [("TR332", 4)] == [(code, line) for code, line, _ in found(installed, package="new.yml")]


def test_info_shows_the_plan_that_a_run_would_have(installed: Path, treadle: Treadle) -> None:
    treadle("add", "pack", "--yes")
    shown = json.loads(treadle("info", "deploy", "--json").stdout)
    planned = json.loads(treadle("plan", "deploy", "--json").stdout)
    assert shown["plan_digest"] == planned["digest"]
    assert 'make "$T"' in [act["text"].strip() for act in shown["acts"]]
    assert 0 == treadle("resolve", "deploy").exit_code
