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


PLACE = (
    "breaks what is installed\n  careless\n      .specify/workflows/careless/workflow.yml:3:46: "
)
REMOVED = "warning TR980: removing 'build' breaks 'careless', 'deploy', 'train'\n"
DISABLED = "warning TR980: disabling 'build' breaks 'careless', 'deploy', 'train'\n"


@pytest.mark.parametrize(
    ("verb", "told", "code"), [("remove", REMOVED, "TR330"), ("disable", DISABLED, "TR335")]
)
def test_whom_a_removal_breaks_is_told_and_a_script_has_its_way(
    treadle: Treadle, update: Callable[[str], str], verb: str, told: str, code: str
) -> None:
    ended = treadle(verb, "build")
    assert (0, "") == (ended.exit_code, ended.stdout)
    assert ended.stderr.startswith(told)
    assert f"{PLACE}{code}: " in ended.stderr
    assert ended.stderr.endswith(f"{verb}d: build\n")


def test_who_is_quiet_is_not_warned(treadle: Treadle, update: Callable[[str], str]) -> None:
    assert "" == treadle("remove", "build", "--quiet").stderr


def test_what_nobody_calls_or_what_was_gone_before_breaks_none(
    treadle: Treadle, update: Callable[[str], str]
) -> None:
    assert "removed: train\n" == treadle("remove", "train").stderr
    treadle("disable", "build")
    assert "already disabled: build\n" == treadle("disable", "build").stderr
    # Whoever calls it is refused already.
    assert "removed: build\n" == treadle("remove", "build").stderr


@pytest.mark.parametrize("verb", ["remove", "disable"])
def test_an_overlay_that_others_depend_on_is_missed(
    project: Path, treadle: Treadle, verb: str
) -> None:
    schema = "{type: object, properties: {n: {type: integer}}, required: [n]}"
    base = (
        LEAF.replace("steps: [", "steps: [{id: count, type: slot, name: how to count}, ")
        + 'outputs: {n: {value: "{{ steps.count.output.data.n }}", schema: {type: integer}}}\n'
    )
    folder = project / ".specify" / "workflows"
    overlay = (
        "id: over\nextends: build\nedits: [{replace: count, step: {id: count, type: shell, "
        f"run: count, output_format: json, output_schema: {schema}}}}}]\n"
    )
    for path, text in (
        ("build/workflow.yml", base),
        ("deploy/workflow.yml", caller("deploy", "build", INPUT)),
        ("overlays/build/over.yml", overlay),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    assert 0 == treadle("validate", "build", "deploy").exit_code
    ended = treadle("overlay", verb, "build", "over")
    assert 0 == ended.exit_code
    doing = {"remove": "removing", "disable": "disabling"}[verb]
    told = f"warning TR980: {doing} the overlay 'over' breaks 'build', 'deploy'\n"
    assert ended.stderr.startswith(told)
    assert 1 == treadle("validate", "build", "deploy").exit_code


def test_an_overlay_that_nobody_needs_goes_without_a_word(
    project: Path, treadle: Treadle, update: Callable[[str], str]
) -> None:
    (project / "over.yml").write_text(
        "id: over\nextends: build\n"
        "edits: [{insert_after: make, step: {id: more, type: shell, run: ls}}]\n"
    )
    treadle("overlay", "add", "over.yml")
    assert "TR980" not in treadle("overlay", "remove", "build", "over").stderr


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
