"""The life of a workflow under both programs: on copies of one project they do the same.

What differs and is meant to stands in a row of docs/compatibility.md and in `MEANT`, where each
difference is looked for: a new one fails, and so does one that is no longer there.
"""

import json
import re
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.beside_spec_kit import APART, DATA, Beside, Meant
from tests.spec_kit import needs_spec_kit, specify

Treadle = Callable[..., Result]

COMPATIBILITY = Path(__file__).parent.parent.parent / "docs" / "compatibility.md"

FLOW = """\
schema_version: "1.0"
workflow: {{id: {id}, name: A workflow, version: "{version}", description: Builds it}}
inputs:
  target: {{type: string, default: all}}
steps:
  - {{id: build, type: shell, run: "echo {{{{ inputs.target }}}} > built"}}
  - id: perhaps
    type: if
    condition: "{{{{ inputs.target == 'all' }}}}"
    then:
      - {{id: test, type: shell, run: "echo {version} > tested"}}
    else:
      - {{id: skip, type: shell, run: "false"}}
  - {{id: checks, type: slot, name: checks}}
"""
OVERLAY = """\
# The team's own.
id: strict
extends: nightly
priority: 10
edits:
  - replace: checks   # the slot
    step: {id: checks, type: shell, run: "echo geprüft > checked"}
  - insert_after: test
    step: {id: lint, type: shell, run: "true"}
"""
FAILING = """\
id: failing
extends: nightly
priority: 5
enabled: true
edits:
  - {operation: insert_before, anchor: build, step: {id: first, type: shell, run: exit 3}}
  - operation: insert_after
    anchor: perhaps
    step: {id: then, type: if, condition: true, then: [{id: never, type: shell, run: "true"}]}
"""


INSTALL = "add ../nightly.yml"
MEANT: Mapping[str, Meant] = {
    "a refusal exits with 2": Meant(
        "refusals", (INSTALL,), "remove nope", (2, ("exit 2 for 1",)),
    ),
    "everything is asked for, and what is downloaded is agreed to beforehand": Meant(
        "installing", (INSTALL,), "add nightly --from {site}/nightly-1.0.0.yml",
        (0, ("exit 0 for 1", "file workflows/workflow-registry.json")),
    ),
    "a workflow is compiled before it is installed": Meant(
        "a workflow with errors", (INSTALL,), "add ../typo.yml",
        (2, ("exit 2 for 0", "file workflows/typo", "file workflows/typo/workflow.yml",
             "file workflows/workflow-registry.json")),
    ),
    "a single file takes the place of a whole package": Meant(
        "a single file over a package", (INSTALL, "add ../packed.zip"), "add ../packed.yml",
        (0, ("file workflows/packed/docs", "file workflows/packed/docs/read.md")),
    ),
    "what tools keep in a folder is no part of a package": Meant(
        "`.git`, `.treadle` and `__pycache__` in a folder", (INSTALL,), "add ../folder",
        (0, ("file workflows/folder/.git", "file workflows/folder/.git/HEAD")),
    ),
    "a package may be the first workflow of a project": Meant(
        "a package in a project without workflows", (), "add ../packed.zip",
        (0, ("exit 0 for 1", "file .workflow-install.lock", "file workflows",
             "file workflows/packed", "file workflows/packed/docs",
             "file workflows/packed/docs/read.md", "file workflows/packed/workflow.yml",
             "file workflows/workflow-registry.json")),
    ),
    "no setuid file is unpacked": Meant(
        "archives", (INSTALL,), "add ../setuid.zip",
        (2, ("exit 2 for 0", "file workflows/setuid", "file workflows/setuid/su",
             "file workflows/setuid/workflow.yml", "file workflows/workflow-registry.json")),
    ),
    "an update looks at the catalog of this minute": Meant(
        "catalogs for `add` and `update`",
        ("catalog add {site}/catalog.json", "add nightly", "offer 1.1.0"), "update nightly",
        (0, ("file workflows/nightly/workflow.yml", "file workflows/workflow-registry.json")),
    ),
    "a list of catalogs keeps its comments": Meant(
        "`catalog add`, `catalog remove`", ("listed",), "catalog add {site}/catalog.json",
        (0, ("file workflow-catalogs.yml",)),
    ),
    "a folder that nobody registered is listed": Meant(
        "a folder that the registry does not know", ("loose",), "list", (0, ("said",)),
    ),
    "a folder that nobody registered can be removed": Meant(
        "a folder that the registry does not know", (INSTALL, "loose"), "remove loose",
        (0, ("exit 0 for 1", "file workflows/loose", "file workflows/loose/workflow.yml")),
    ),
    "an added overlay keeps its priority": Meant(
        "`overlay add` of a file", (INSTALL,), "overlay add ../urgent.yml",
        (0, ("file workflows/overlays/nightly/urgent.yml",)),
    ),
    "an added overlay is given no priority": Meant(
        "`overlay add` of a file", (INSTALL,), "overlay add ../usual.yml",
        (0, ("file workflows/overlays/nightly/usual.yml",)),
    ),
    "an overlay that breaks its workflow is not added": Meant(
        "an overlay that breaks its workflow", (INSTALL,), "overlay add ../unfit.yml",
        (2, ("exit 2 for 0", "file workflows/overlays", "file workflows/overlays/nightly",
             "file workflows/overlays/nightly/unfit.yml")),
    ),
    "of equal priorities the one that wins is listed first": Meant(
        "overlays of equal priority",
        (INSTALL, "overlay add ../strict.yml --priority 10",
         "overlay add ../failing.yml --priority 10"),
        "overlay list nightly", (0, ("said",)),
    ),
    "of equal priorities the one that wins is resolved first": Meant(
        "overlays of equal priority",
        (INSTALL, "overlay add ../strict.yml --priority 10",
         "overlay add ../failing.yml --priority 10"),
        "resolve nightly", (0, ("said",)),
    ),
    "an overlay that is broken is listed": Meant(
        "a broken overlay", (INSTALL, "broken"), "overlay list nightly",
        (0, ("exit 0 for 1", "said")),
    ),
    "an overlay that is broken can be disabled": Meant(
        "a broken overlay", (INSTALL, "broken"), "overlay disable nightly broken",
        (0, ("exit 0 for 1", "file workflows/overlays/nightly/broken.yml")),
    ),
}  # fmt: skip
# Rows that need what no suite has, private files on GitHub, or that are about words.
UNSEEN = (
    "private files",
    "an entry of a catalog that is no entry",
    "an overlay without effect, or with unknown keys",
    "steps under `finally`",
    "errors of a run",
    "`remove`, `disable` of what others call",
    "a run whose workflow is disabled meanwhile",
    "the file of a disabled workflow, by its path",
)


def flow(id: str = "nightly", version: str = "1.0.0") -> str:
    return FLOW.format(id=id, version=version)


def lay_out(folder: Path) -> None:
    """Put beside the copies what is installed from."""
    for id in ("nightly", "packed"):
        (folder / f"{id}.yml").write_text(flow(id))
    (folder / "typo.yml").write_text(flow("typo").replace("inputs.target", "inputs.tarket"))
    for name in ("usual", "urgent", "strict"):
        text = OVERLAY.replace("id: strict", f"id: {name}")
        text = text.replace("priority: 10\n", "priority: 5\n" if name == "urgent" else "")
        (folder / f"{name}.yml").write_text(text)
    (folder / "failing.yml").write_text(FAILING)
    (folder / "unfit.yml").write_text("id: unfit\nextends: nightly\nedits: [{remove: biuld}]\n")
    (folder / "folder" / ".git").mkdir(parents=True)
    (folder / "folder" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "folder" / "workflow.yml").write_text(flow("folder"))
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("pack/workflow.yml", flow("packed"))
        archive.writestr("pack/docs/read.md", "read")
    with zipfile.ZipFile(folder / "setuid.zip", "w") as archive:
        archive.writestr("workflow.yml", flow("setuid"))
        su = zipfile.ZipInfo("su")
        su.external_attr = (stat.S_IFREG | stat.S_ISUID | 0o755) << 16
        archive.writestr(su, "true\n")


def put(beside: Beside, name: str, text: str) -> None:
    """Write a file below .specify/workflows of both copies."""
    for folder in beside.folders:
        path = folder / ".specify" / "workflows" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def beside(
    project: Path, tmp_path: Path, treadle: Treadle, monkeypatch: pytest.MonkeyPatch
) -> Beside:
    """Two copies of an empty project of Spec Kit, and files to install from beside them."""
    (tmp_path / "other" / ".specify").mkdir(parents=True)
    lay_out(tmp_path)
    return Beside((project, tmp_path / "other"), treadle, monkeypatch.chdir)


@pytest.fixture
def offer(beside: Beside, site: Any) -> Callable[..., str]:
    """Publish a version of the workflow in a catalog; return the address of the catalog."""

    def offer_(version: str) -> str:
        url = site.put(f"/nightly-{version}.yml", flow(version=version))
        entry = {"name": "A workflow", "description": "Builds it", "author": "Ann", "tags": ["ci"]}
        return str(site.catalog({"nightly": {**entry, "version": version, "url": url}}))

    return offer_


def built(beside: Beside) -> set[tuple[str, ...]]:
    """Return what the commands of the workflow have written, in each copy."""
    return {
        tuple(
            (folder / name).read_text() if (folder / name).exists() else ""
            for name in ("built", "tested", "checked")
        )
        for folder in beside.folders
    }


@needs_spec_kit
@pytest.mark.parametrize("in_turns", [False, True], ids=["side-by-side", "in-turns"])
def test_a_workflow_lives_the_same_life_under_both(
    beside: Beside, offer: Callable[..., str], in_turns: bool
) -> None:
    beside.in_turns = in_turns
    for source in ("../packed.yml", "../packed.zip"):
        beside.same("add", source)
    beside.same("catalog", "add", offer("1.0.0"), "--name", "ours")
    beside.same("catalog", "list")
    beside.same("search", "night", "--tag", "ci", "--author", "ann")
    beside.same("add", "nightly")
    beside.same("list")
    beside.same("info", "nightly")
    ran(beside)
    assert {("all\n", "1.0.0\n", "")} == built(beside)
    beside.same("disable", "packed")
    beside.same("list")
    beside.refused("run", "packed")
    beside.same("enable", "packed")
    adapted(beside)
    offer("1.1.0")
    beside.forget_catalogs()
    beside.same("search")
    beside.same("update", "nightly", answer="y\n")
    beside.same("list")
    ran(beside)
    assert {("all\n", "1.1.0\n", "geprüft\n")} == built(beside)
    beside.same("update", answer="y\n")
    beside.same("catalog", "remove", "0")
    for id in ("nightly", "packed"):
        beside.same("remove", id)
    assert [] == beside.same("list")
    beside.refused("run", "nightly")


def ran(beside: Beside, *words: str, exit: int = 0) -> None:
    """Run the workflow, and look at the run where each program has made its own."""
    run = beside.same("run", "nightly", *words, exit=exit)
    if not beside.in_turns:
        beside.same("status", run["run_id"])


def adapted(beside: Beside) -> None:
    """Adapt the workflow by two overlays, and change everything about them."""
    beside.same("overlay", "add", "../strict.yml", "--priority", "10")
    beside.same("resolve", "nightly")
    ran(beside, "--input", "target=all")
    assert {("all\n", "1.0.0\n", "geprüft\n")} == built(beside)
    beside.same("overlay", "add", "../failing.yml", "--priority", "20")
    beside.same("overlay", "list", "nightly")
    beside.same("resolve", "nightly")
    ran(beside, exit=1)
    beside.same("overlay", "set-priority", "nightly", "failing", "5")
    beside.same("resolve", "nightly")
    beside.same("overlay", "disable", "nightly", "failing")
    beside.same("overlay", "list", "nightly")
    ran(beside)
    beside.same("overlay", "enable", "nightly", "failing")
    beside.same("resolve", "nightly")
    beside.same("overlay", "remove", "nightly", "failing")
    beside.refused("overlay", "remove", "nightly", "failing")
    beside.refused("overlay", "enable", "nightly", "failing")
    beside.same("overlay", "list", "nightly")


@needs_spec_kit
@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_to_differ_does(
    name: str, beside: Beside, site: Any, offer: Callable[..., str]
) -> None:
    meant = MEANT[name]
    offer("1.0.0")
    for command in meant.before:
        match command.split():
            case ["offer", version]:
                offer(version)
            case ["loose"]:
                put(beside, "loose/workflow.yml", flow("loose"))
            case ["listed"]:
                text = "catalogs:  # ours\n- {name: a, url: 'https://example.com/c.json'}\n"
                put(beside, "../workflow-catalogs.yml", text)
            case ["broken"]:
                text = "id: broken\nextends: nightly\nedits: []\n"
                put(beside, "overlays/nightly/broken.yml", text)
            case words:
                beside.same(*(word.format(site=site.url) for word in words))
    words = meant.command.format(site=site.url).split()
    assert meant.found == beside.differences(*words)


def test_every_difference_has_its_row_and_every_row_its_difference() -> None:
    text = COMPATIBILITY.read_text(encoding="utf-8")
    _, _, text = text.partition("## Installed workflows\n")
    text, _, _ = text.partition("\n## What treadle adds")
    rows = re.findall(r"^\| ([^|]+) \| ", text, re.MULTILINE)
    found = {meant.row for meant in MEANT.values()} | {*APART.values(), *DATA.values(), *UNSEEN}
    assert sorted(found) == sorted(rows)


@needs_spec_kit
def test_what_the_other_program_has_installed_is_told_by_verify(
    beside: Beside, treadle: Treadle
) -> None:
    ended = specify("add", "../nightly.yml", folder=beside.folders[0])
    assert 0 == ended.returncode
    (found,) = json.loads(treadle("verify", "--json").stdout)["workflows"]
    assert ("nightly", "unlocked") == (found["id"], found["standing"])
