"""The life of an installed workflow: added, updated, disabled, verified, removed."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from treadle.library.appraise import compiled
from treadle.library.credentials import NO_CREDENTIALS
from treadle.library.install import Installation, install
from treadle.library.installed import find_installed, verify
from treadle.library.lockfile import Standing
from treadle.library.obtain import Request, obtain
from treadle.library.places import Places
from treadle.library.refusal import Refused
from treadle.library.registry import read_registry

Treadle = Callable[..., Result]

FLOW = """\
schema_version: "1.0"
workflow: {{id: {id}, name: A workflow, version: "{version}", description: Builds}}
inputs:
  {input}: {{type: string, default: all}}
steps:
  - {{id: build, type: shell, run: "echo {{{{ inputs.{input} | shquote }}}}"}}
"""
NOW = "2026-01-02T03:04:05+00:00"


def flow(id: str = "nightly", *, version: str = "1.0.0", input: str = "target") -> str:
    return FLOW.format(id=id, version=version, input=input)


def registered(project: Path) -> dict[str, Any]:
    path = project / ".specify" / "workflows" / "workflow-registry.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["workflows"]
    return found


def files_of(project: Path) -> dict[str, bytes]:
    folder = project / ".specify" / "workflows"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def listing(site: Any, content: bytes | str, *, version: str = "1.0.0", **more: Any) -> str:
    """Publish a workflow and a catalog that lists it; return the address of the catalog."""
    url = site.put(f"/nightly-{version}.yml", content)
    return str(site.catalog({"nightly": {"name": "N", "version": version, "url": url, **more}}))


def test_a_file_a_folder_and_archives_install_the_same_files(
    project: Path, tmp_path: Path, treadle: Treadle
) -> None:
    folder = tmp_path / "pack"
    (folder / "scripts").mkdir(parents=True)
    (folder / "workflow.yml").write_text(flow())
    (folder / "scripts" / "x.sh").write_text("true\n")
    (folder / "scripts" / "x.sh").chmod(0o755)
    shutil.make_archive(str(tmp_path / "flat"), "gztar", folder)
    shutil.make_archive(str(tmp_path / "nested"), "zip", tmp_path, "pack")
    script = project / ".specify" / "workflows" / "nightly" / "scripts" / "x.sh"
    for source in ("pack", "flat.tar.gz", "nested.zip"):
        assert 0 == treadle("add", str(tmp_path / source), "--yes").exit_code
        assert {"workflow.yml", "scripts/x.sh"} == {
            name.removeprefix("nightly/") for name in files_of(project) if "nightly/" in name
        }
        assert (str(tmp_path / source), True) == (
            registered(project)["nightly"]["source"],
            os.access(script, os.X_OK),
        )
        treadle("remove", "nightly")


def test_without_a_yes_nothing_is_installed_and_everything_is_shown(
    project: Path, treadle: Treadle
) -> None:
    (project / "flow.yml").write_text(flow())
    ended = treadle("add", "flow.yml")
    assert (2, {}) == (ended.exit_code, files_of(project))
    assert "echo {{ inputs.target | shquote }}" in ended.stderr
    assert "TR965" in ended.stderr


def test_a_command_that_hides_from_a_terminal_is_spelled_out(
    project: Path, treadle: Treadle
) -> None:
    text = flow().replace('"echo ', '"rm -rf ~ \\u202e; echo ')
    (project / "flow.yml").write_text(text)
    assert "rm -rf ~ \\u202e; echo" in treadle("add", "flow.yml").stderr


def test_a_workflow_of_a_catalog_is_checked_against_what_the_catalog_says(
    project: Path, site: Any, treadle: Treadle, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = flow()
    digest = hashlib.sha256(text.encode()).hexdigest()
    for more, content, code in (
        ({"sha256": f"sha256:{digest}"}, text, 0),
        ({"sha256": "0" * 64}, text, 2),
        ({}, flow(version="1.0.1"), 2),
        ({}, flow("other"), 2),
    ):
        monkeypatch.setenv("SPECKIT_WORKFLOW_CATALOG_URL", listing(site, content, **more))
        assert code == treadle("add", "nightly", "--yes").exit_code
        treadle("remove", "nightly")


def test_an_update_shows_what_it_breaks_and_needs_a_yes(
    project: Path, site: Any, treadle: Treadle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECKIT_WORKFLOW_CATALOG_URL", listing(site, flow()))
    treadle("add", "nightly", "--yes")
    listing(site, flow(version="1.1.0", input="goal"), version="1.1.0")
    before = registered(project)
    refused = treadle("update")
    assert (2, before) == (refused.exit_code, registered(project))
    assert "this update breaks callers of 'nightly'" in refused.stderr
    assert 0 == treadle("update", "--yes").exit_code
    assert "1.1.0" == registered(project)["nightly"]["version"]
    assert "1.1.0 is the latest" in treadle("update").stderr


def test_an_update_that_does_not_compile_leaves_the_old_workflow(
    project: Path, site: Any, treadle: Treadle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECKIT_WORKFLOW_CATALOG_URL", listing(site, flow()))
    treadle("add", "nightly", "--yes")
    before = {name: text for name, text in files_of(project).items() if ".cache" not in name}
    broken = flow(version="1.1.0").replace("run:", "rum:")
    listing(site, broken, version="1.1.0")
    assert 2 == treadle("update", "--yes").exit_code
    after = {name: text for name, text in files_of(project).items() if ".cache" not in name}
    assert before == after


@pytest.mark.parametrize(
    ("old", "new", "is_offered"),
    [("run:", "rum:", False), ("type: shell", "type: shell, x: 1", True)],
)
def test_lenient_is_offered_only_where_it_would_help(
    project: Path, treadle: Treadle, old: str, new: str, is_offered: bool
) -> None:
    (project / "flow.yml").write_text(flow().replace(old, new))
    ended = treadle("add", "flow.yml", "--yes")
    assert (2, is_offered) == (ended.exit_code, "'--lenient' lets these" in ended.stderr)
    assert is_offered is (treadle("add", "flow.yml", "--yes", "--lenient").exit_code == 0)


def test_a_disabled_workflow_is_refused_and_stays_disabled_when_updated(
    project: Path, treadle: Treadle
) -> None:
    (project / "flow.yml").write_text(flow())
    treadle("add", "flow.yml", "--yes")
    treadle("disable", "nightly")
    for verb in ("run", "plan", "schema", "graph"):
        ended = treadle(verb, "nightly")
        assert (2, True) == (ended.exit_code, "TR958" in ended.stderr)
    assert 0 == treadle("validate", "nightly").exit_code
    (project / "flow.yml").write_text(flow(version="1.0.1"))
    treadle("add", "flow.yml", "--yes")
    assert registered(project)["nightly"]["enabled"] is False


def test_verify_tells_each_file_that_differs(project: Path, treadle: Treadle) -> None:
    (project / "flow.yml").write_text(flow())
    treadle("add", "flow.yml", "--yes")
    assert 0 == treadle("verify").exit_code
    folder = project / ".specify" / "workflows" / "nightly"
    (folder / "workflow.yml").write_text("x")
    (folder / "more.sh").write_text("x")
    ended = treadle("verify", "--json")
    assert 1 == ended.exit_code
    assert json.loads(ended.stdout) == {
        "ok": False,
        "workflows": [
            {
                "id": "nightly",
                "standing": "changed",
                "changed": ["workflow.yml"],
                "added": ["more.sh"],
                "missing": [],
            }
        ],
        "steps": [],
    }
    assert 0 == treadle("verify", "--accept").exit_code


def installation(version: str) -> Installation:
    path = Path("flow.yml")
    path.write_text(flow(version=version))
    request = Request(source="flow.yml")
    obtained = obtain(
        request, lambda: pytest.fail("no catalog is needed"), credentials=lambda: NO_CREDENTIALS
    )
    plan = compiled(obtained.package, places=Places(project=Path.cwd()), lenient=False).plan
    assert plan is not None
    return Installation.of_workflow(obtained.package, plan, origin=obtained.origin, now=NOW)


def test_what_a_killed_installation_left_behind_is_put_in_order(project: Path) -> None:
    places = Places(project=project)
    install(places, installation("1.0.0"), replaces=None)
    before = files_of(project)
    places.of("nightly").rename(places.folder / ".treadle-old.nightly")
    (places.folder / ".treadle-new.x1").mkdir()
    (places.folder / ".treadle-new.x1" / "workflow.yml").write_text("half")
    other = installation("1.0.0")
    entry = read_registry(places).entry("nightly")
    install(places, other, replaces=entry)
    assert before.keys() == files_of(project).keys()
    assert [Standing.SAME] == [verdict.standing for verdict in verify(places)]


def test_an_installation_that_cannot_be_recorded_is_undone(project: Path) -> None:
    places = Places(project=project)
    install(places, installation("1.0.0"), replaces=None)
    before = files_of(project)
    places.lock.unlink()
    places.lock.mkdir()
    entry = read_registry(places).entry("nightly")
    with pytest.raises(Refused):
        install(places, installation("2.0.0"), replaces=entry)
    places.lock.rmdir()
    kept = {name: text for name, text in before.items() if name != "treadle.lock"}
    assert kept == files_of(project)


def test_a_link_out_of_the_project_is_never_followed(
    project: Path, tmp_path: Path, treadle: Treadle
) -> None:
    (project / "flow.yml").write_text(flow())
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in (".specify", ".specify/workflows", ".specify/workflows/nightly"):
        path = project / name
        shutil.rmtree(project / ".specify", ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(outside)
        ended = treadle("add", "flow.yml", "--yes")
        assert (2, []) == (ended.exit_code, list(outside.iterdir()))
        assert "TR960" in ended.stderr
        path.unlink()


def test_search_finds_by_text_tag_and_author(project: Path, site: Any, treadle: Treadle) -> None:
    entry = {"version": "1.0.0", "url": "https://example.com/a.yml"}
    address = site.catalog(
        {
            "nightly": {**entry, "name": "Night", "tags": ["Build"], "author": "Ann"},
            "weekly": {**entry, "name": "Week", "description": "Every night of a week"},
        }
    )
    assert 0 == treadle("catalog", "add", address, "--name", "ours").exit_code

    def ids(*arguments: str) -> list[str]:
        found = json.loads(treadle("search", *arguments, "--json").stdout)["workflows"]
        return [each["id"] for each in found]

    assert ["nightly", "weekly"] == ids("night")
    assert ["nightly"] == ids("--tag", "build")
    assert ["nightly"] == ids("--author", "ann")
    assert 1 == site.asked.count("/catalog.json")
    assert ["weekly"] == ids("week", "--refresh")
    assert 2 == site.asked.count("/catalog.json")


def test_a_redirect_obeys_the_same_rules_and_a_download_its_limits(
    project: Path, site: Any, treadle: Treadle
) -> None:
    target = site.put("/flow.yml", flow())
    site.put("/moved", b"", 302, Location=target)
    site.put("/away", b"", 302, Location="http://example.com/flow.yml")
    site.put("/file", b"", 302, Location="file:///etc/passwd")
    site.put("/round", b"", 302, Location="/round")
    site.put("/short", flow()[:20], Content_Length="4000")
    assert 0 == treadle("add", f"{site.url}/moved", "--yes").exit_code
    for path, code in (
        ("/away", "TR951"),
        ("/file", "TR951"),
        ("/round", "TR952"),
        ("/short", "TR952"),
        ("/none", "TR952"),
    ):
        ended = treadle("add", site.url + path, "--yes")
        assert (2, True) == (ended.exit_code, code in ended.stderr), path


def test_an_installed_workflow_is_found_by_its_id(project: Path, treadle: Treadle) -> None:
    (project / "flow.yml").write_text(flow())
    treadle("add", "flow.yml", "--yes")
    file = find_installed(project, "nightly")
    assert file == project / ".specify" / "workflows" / "nightly" / "workflow.yml"
    assert find_installed(project, "../nightly") is None


def test_what_is_not_installed_cannot_be_changed_and_nothing_is_made(
    project: Path, treadle: Treadle
) -> None:
    for verb in ("remove", "enable", "disable"):
        ended = treadle(verb, "nightly")
        assert (2, True) == (ended.exit_code, "TR957" in ended.stderr)
    assert [] == list((project / ".specify").iterdir())
