"""The objects that changes to what is installed print with ``--json``."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import Result

from treadle import schemas

SCHEMA = Draft202012Validator(schemas.load("change"))
DIFF = Draft202012Validator(schemas.load("diff"))
LEAF = """\
schema_version: "1.0"
workflow: {id: build, name: Build, version: "1.0.0"}
inputs:
  target: {type: string, default: all}
  token: {type: string, secret: true}
steps:
  - {id: make, type: shell, env: {T: "{{ inputs.target }}", K: "{{ inputs.token }}"}, run: make}
"""
CALLER = """\
schema_version: "1.0"
workflow: {id: deploy, name: Deploy, version: "1.0.0"}
steps: [{id: call, type: workflow, workflow: build, input: {target: web}}]
"""
BREAKS = [{"id": "deploy", "code": "TR330", "line": 3, "column": 46}]

Treadle = Callable[..., Result]
Ask = Callable[..., Any]


@pytest.fixture
def ask(treadle: Treadle) -> Ask:
    """Call the program with ``--json``, and return the object when it is as the schema says."""

    def call(*arguments: str, code: int = 0) -> Any:
        ended = treadle(*arguments, "--json")
        assert code == ended.exit_code, ended.stderr
        data = json.loads(ended.stdout)
        assert [] == list(SCHEMA.iter_errors(data))
        return data

    return call


@pytest.fixture
def installed(project: Path, ask: Ask) -> None:
    """The workflow `build`, and `deploy`, which calls it."""
    for name, text in (("build.yml", LEAF), ("deploy.yml", CALLER)):
        (project / name).write_text(text)
        ask("add", name, "--yes")


def places(data: Any) -> list[dict[str, Any]]:
    return [
        {"id": each["id"], **{key: fault[key] for key in ("code", "line", "column")}}
        for each in data["breaks"]
        for fault in each["faults"]
    ]


def test_add_tells_what_was_installed_and_what_it_does(project: Path, ask: Ask) -> None:
    (project / "build.yml").write_text(LEAF)
    digest = f"sha256:{hashlib.sha256(LEAF.encode()).hexdigest()}"
    data = ask("add", "build.yml", "--yes")
    assert data == {
        "action": "installed",
        "id": "build",
        "name": "Build",
        "version": "1.0.0",
        "old_version": None,
        "changed": True,
        "enabled": True,
        "path": ".specify/workflows/build",
        "source": "build.yml",
        "catalog": None,
        "url": None,
        "package_digest": digest,
        "plan_digest": data["plan_digest"],
        "files": {"workflow.yml": digest},
        "acts": [{"kind": "shell", "path": "/make", "text": "make"}],
        "secrets": [{"name": "token", "readers": ["/make"]}],
        "difference": None,
        "breaks": [],
    }


def test_add_tells_what_differs_and_whom_that_breaks(
    project: Path, ask: Ask, installed: None
) -> None:
    same = ask("add", "build.yml", "--yes")
    assert ("updated", False, []) == (same["action"], same["changed"], same["breaks"])
    (project / "new.yml").write_text(LEAF.replace("target", "goal").replace("1.0.0", "1.1.0"))
    data = ask("add", "new.yml", "--yes")
    assert ("1.0.0", "1.1.0", True) == (data["old_version"], data["version"], data["changed"])
    assert [] == list(DIFF.iter_errors(data["difference"]))
    assert data["difference"]["breaks_callers"]
    assert [{"id": "deploy", "code": "TR336", "line": 3, "column": 61}] == places(data)


def test_what_is_refused_prints_nothing_on_stdout(project: Path, treadle: Treadle) -> None:
    (project / "build.yml").write_text(LEAF)
    (project / "broken.yml").write_text(LEAF.replace("run:", "rum:"))
    for arguments in (("add", "build.yml"), ("add", "broken.yml", "--yes"), ("remove", "gone")):
        ended = treadle(*arguments, "--json")
        assert (2, "") == (ended.exit_code, ended.stdout)


def test_remove_tells_what_was_there_and_whom_that_breaks(ask: Ask, installed: None) -> None:
    data = ask("remove", "build")
    assert ("removed", "1.0.0", "build.yml") == (data["action"], data["version"], data["source"])
    assert (["workflow.yml"], BREAKS) == (list(data["files"]), places(data))


def test_what_is_not_registered_can_be_removed_and_told(project: Path, ask: Ask) -> None:
    folder = project / ".specify" / "workflows" / "mine"
    folder.mkdir(parents=True)
    (folder / "workflow.yml").write_text(LEAF.replace("id: build", "id: mine"))
    (folder / "link").symlink_to("nowhere")
    data = ask("remove", "mine")
    assert (None, "not-a-file") == (data["version"], data["files"]["link"])


def test_disable_and_enable_tell_whether_anything_changed(ask: Ask, installed: None) -> None:
    disabled = BREAKS[0] | {"code": "TR335"}
    for verb, changed, broken in (
        ("disable", True, [disabled]),
        ("disable", False, []),
        ("enable", True, []),
        ("enable", False, []),
    ):
        data = ask(verb, "build")
        assert (f"{verb}d", changed, broken) == (data["action"], data["changed"], places(data))


def test_update_tells_of_each_workflow_what_has_become_of_it(
    project: Path, site: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(*versions: str) -> str:
        listed = {}
        for id, version in zip(("a", "b", "c"), versions, strict=True):
            text = LEAF.replace("id: build", f"id: {id}").replace("1.0.0", version)
            text = text.replace("run:", "rum:") if (id, version) == ("c", "1.1.0") else text
            url = site.put(f"/{id}-{version}.yml", text)
            listed[id] = {"name": id, "version": version, "url": url}
        return str(site.catalog(listed))

    monkeypatch.setenv("SPECKIT_WORKFLOW_CATALOG_URL", publish("1.0.0", "1.0.0", "1.0.0"))
    for id in "abc":
        data = ask("add", id, "--yes")
        assert ("catalog", f"{site.url}/{id}-1.0.0.yml") == (data["source"], data["url"])
    (project / "own.yml").write_text(LEAF.replace("id: build", "id: own"))
    ask("add", "own.yml", "--yes")
    publish("1.1.0", "1.0.0", "1.1.0")
    data = ask("update", "--yes", code=1)
    found = {each["id"]: (each["action"], each["version"]) for each in data["workflows"]}
    assert found == {
        "own": ("skipped", "1.0.0"),
        "a": ("updated", "1.1.0"),
        "b": ("latest", "1.0.0"),
        "c": ("refused", "1.0.0"),
    }
    refused = next(each for each in data["workflows"] if each["id"] == "c")
    assert ["TR955"] == [reason["code"] for reason in refused["reasons"]]
    assert ["refused"] == [w["action"] for w in ask("update", "c", "--yes", code=2)["workflows"]]
    assert ["latest"] == [w["action"] for w in ask("update", "b", "--yes")["workflows"]]
