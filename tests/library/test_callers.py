"""Updates that break installed workflows: told before anybody agrees."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Treadle = Callable[..., Result]

LEAF = """\
schema_version: "1.0"
workflow: {id: build, name: Build, version: "1.0.0"}
inputs: {target: {type: string, default: all}}
steps: [{id: make, type: shell, env: {T: "{{ inputs.target }}"}, run: 'make "$T"'}]
"""
CALLER = """\
schema_version: "1.0"
workflow: {{id: {id}, name: A caller, version: "1.0.0"}}
steps: [{{id: call, type: workflow, workflow: {called}{more}}}]
"""
INPUT = ", input: {target: web}"
BREAKS = "this update breaks what is installed: "


def caller(id: str, called: str, more: str = "") -> str:
    return CALLER.format(id=id, called=called, more=more)


@pytest.fixture
def update(project: Path, treadle: Treadle) -> Callable[[str], str]:
    """Offer a new version of `build`, which four others call, and return what is told."""
    for text in (
        LEAF,
        caller("careless", "build"),
        caller("deploy", "build", INPUT),
        caller("train", "deploy"),
        caller("gone", "build", INPUT),
    ):
        (project / "flow.yml").write_text(text)
        assert 0 == treadle("add", "flow.yml", "--yes").exit_code
    treadle("disable", "gone")

    def told(text: str, *options: str) -> str:
        (project / "flow.yml").write_text(text.replace("1.0.0", "1.1.0"))
        return treadle("add", "flow.yml", *options).stderr

    return told


def test_whom_an_update_breaks_is_told_with_the_places(update: Callable[[str], str]) -> None:
    told = update(LEAF.replace("target", "goal"))
    assert f"{BREAKS}'deploy', 'train'\n" in told
    place = ".specify/workflows/deploy/workflow.yml:3:61"
    assert f"{place}: TR336: workflow 'build' has no input 'target'" in told
    assert "TR334: workflow 'deploy' has errors" in told
    assert "TR965" in told


def test_an_update_that_every_caller_can_live_with_breaks_none(
    update: Callable[[str], str],
) -> None:
    told = update(LEAF.replace("default: all", "enum: [all, web], default: all"))
    assert BREAKS not in told
    assert "this update breaks callers of 'build'" in told


def test_what_was_wrong_before_is_not_the_fault_of_an_update(
    project: Path, update: Callable[[str], str]
) -> None:
    broken = project / ".specify" / "workflows" / "deploy" / "workflow.yml"
    broken.write_text(broken.read_text().replace("target: web", "goal: web"))
    assert BREAKS not in update(LEAF.replace("make ", "make -k "))


def test_an_overlay_that_no_longer_fits_breaks_whoever_calls_through_it(
    project: Path, treadle: Treadle, update: Callable[[str], str]
) -> None:
    (project / "over.yml").write_text(
        "id: over\nextends: build\n"
        "edits: [{insert_after: make, step: {id: more, type: shell, run: ls}}]\n"
    )
    assert 0 == treadle("overlay", "add", "over.yml").exit_code
    told = update(LEAF.replace("id: make", "id: do"))
    assert f"{BREAKS}'careless', 'deploy', 'train'\n" in told


def test_who_agrees_beforehand_gets_the_update_all_the_same(
    project: Path, update: Callable[..., str]
) -> None:
    told = update(LEAF.replace("target", "goal"), "--yes")
    assert f"{BREAKS}'deploy', 'train'\n" in told
    assert "updated: build 1.1.0" in told


def test_callees_are_updated_before_their_callers(
    project: Path, site: Any, treadle: Treadle, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"build": LEAF, "all": caller("all", "build", INPUT), "a": caller("a", "all")}

    def publish(version: str, input: str) -> str:
        listed = {}
        for id, text in texts.items():
            content = text.replace("1.0.0", version).replace("target", input)
            url = site.put(f"/{id}-{version}.yml", content)
            listed[id] = {"name": id, "version": version, "url": url}
        return str(site.catalog(listed))

    monkeypatch.setenv("SPECKIT_WORKFLOW_CATALOG_URL", publish("1.0.0", "target"))
    for id in texts:
        assert 0 == treadle("add", id, "--yes").exit_code
    publish("2.0.0", "goal")
    ended = treadle("update", "--yes")
    assert 0 == ended.exit_code
    updated = [line for line in ended.stderr.splitlines() if line.startswith("updated")]
    assert ["build", "all", "a"] == [line.split()[1] for line in updated]
