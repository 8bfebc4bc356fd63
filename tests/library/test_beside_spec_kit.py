"""The life of a workflow with both programs: on copies of one project they do the same.

What differs and is meant to stands in a row of docs/compatibility.md and in `MEANT`, where each
difference is looked for: a new one fails, and so does one that is no longer there.
"""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from ruamel.yaml import YAML

from tests.spec_kit import comparable, needs_spec_kit, specify, told

Treadle = Callable[..., Result]

pytestmark = needs_spec_kit

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
# What one program keeps below .specify and the other does not know.
APART = ("workflows/treadle.lock", "workflows/runs", "workflows/.cache")
# What both write as data: the places of comments and the order of keys are no part of it.
DATA = ("workflows/overlays", "workflow-catalogs.yml")
REGISTRY = "workflows/workflow-registry.json"
GIVES_JSON = ("list", "search", "info", "resolve", "run", "status")
ASKS = ("add", "update")


def flow(id: str = "nightly", version: str = "1.0.0") -> str:
    return FLOW.format(id=id, version=version)


def gives_json(words: tuple[str, ...]) -> bool:
    return words[0] in GIVES_JSON or words[1:2] == ("list",)


class Beside:
    """Two copies of one project, and what is told of each command that both are given.

    With `in_turns` the programs change places after each command, so that every one goes on with
    what the other has left.
    """

    def __init__(
        self, folders: tuple[Path, Path], treadle: Treadle, move: Callable[[Path], None]
    ) -> None:
        self.folders = folders
        self._treadle = treadle
        self._move = move
        self._times: dict[tuple[Path, str, str], tuple[str, int]] = {}
        self._count = 0
        self.in_turns = False

    def same(self, *words: str, answer: str = "", exit: int = 0) -> Any:
        """Give both a command; they end alike, say the same and leave the same files."""
        assert (exit, ()) == self.differences(*words, answer=answer)
        return self.said

    def refused(self, *words: str) -> None:
        """Give both a command that both refuse, and that leaves everything as it was."""
        assert (2, ("exit 2 for 1",)) == self.differences(*words)

    def differences(self, *words: str, answer: str = "") -> tuple[int, tuple[str, ...]]:
        """Give both a command; return the exit status of ours and all that differs."""
        self._count += 1
        is_swapped = self.in_turns and self._count % 2 == 0
        here, there = reversed(self.folders) if is_swapped else self.folders
        code, self.said = self._ours(here, words)
        other, said = self._theirs(there, words, answer)
        found = [f"exit {code} for {other}"] if code != other else []
        found += ["said"] if self.said != said else []
        files, others = self.files(here), self.files(there)
        found += [
            f"file {name}"
            for name in sorted(files.keys() | others.keys())
            if files.get(name, ...) != others.get(name, ...)
        ]
        self.other_said = said
        return code, tuple(found)

    def files(self, folder: Path) -> dict[str, Any]:
        """Return what stands below .specify, as bytes or as data, without times."""
        root = folder / ".specify"
        found: dict[str, Any] = {}
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if not name.startswith(APART):
                found[name] = self._content(folder, path, name)
        return found

    def each(self, name: str, text: str) -> None:
        """Write a file of both copies."""
        for folder in self.folders:
            (folder / name).write_text(text, encoding="utf-8")

    def forget_catalogs(self) -> None:
        """Let the hour pass that a fetched catalog is good for."""
        for folder in self.folders:
            shutil.rmtree(folder / ".specify" / "workflows" / ".cache", ignore_errors=True)

    def _content(self, folder: Path, path: Path, name: str) -> Any:
        if path.is_dir():
            return "a folder"
        if name == REGISTRY:
            return self._registry(folder, json.loads(path.read_bytes()))
        if name.startswith(DATA):
            return YAML(typ="safe").load(path.read_bytes())
        return bool(path.stat().st_mode & 0o100), path.read_bytes()

    def _registry(self, folder: Path, data: Any) -> Any:
        """Return the registry with the number of the command instead of each time."""
        for id, entry in data["workflows"].items():
            for name in ("installed_at", "updated_at"):
                known, since = self._times.get((folder, id, name), (None, 0))
                if known != entry[name]:
                    since = self._count
                self._times[folder, id, name] = entry[name], since
                entry[name] = since
        return data

    def _ours(self, folder: Path, words: tuple[str, ...]) -> tuple[int, Any]:
        self._move(folder)
        more = ["--json"] if gives_json(words) else ["--yes"] if words[0] in ASKS else []
        if words[0] == "run":
            more += ["--run-id", f"run-{self._count}"]
        ended = self._treadle(*words, *more)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        self.talk = ended.stderr
        if ended.exit_code != 0 and not ended.stdout.startswith("{"):
            return ended.exit_code, None
        return ended.exit_code, comparable(words, json.loads(ended.stdout) if ended.stdout else {})

    def _theirs(self, folder: Path, words: tuple[str, ...], answer: str) -> tuple[int, Any]:
        more = ["--json"] if words[0] in ("run", "status") else []
        run = {"SPECKIT_WORKFLOW_RUN_ID": f"run-{self._count}"} if words[0] == "run" else {}
        ended = specify(*words, *more, folder=folder, answer=answer, environment=run)
        self.other_talk = ended.stdout + ended.stderr
        assert "Traceback" not in self.other_talk, self.other_talk
        if ended.returncode != 0 and not ended.stdout.startswith("{"):
            return ended.returncode, None
        return ended.returncode, told(words, ended.stdout)


@pytest.fixture
def beside(
    project: Path, tmp_path: Path, treadle: Treadle, monkeypatch: pytest.MonkeyPatch
) -> Beside:
    """Two copies of an empty project of Spec Kit, and files to install from beside them."""
    shutil.copytree(project, tmp_path / "other")
    return Beside((project, tmp_path / "other"), treadle, monkeypatch.chdir)


@pytest.fixture
def offer(beside: Beside, site: Any) -> Callable[..., str]:
    """Publish a version of the workflow in a catalog; return the address of the catalog."""

    def offer_(version: str, **more: Any) -> str:
        url = site.put(f"/nightly-{version}.yml", flow(version=version))
        entry = {"name": "A workflow", "description": "Builds it", "version": version, "url": url}
        beside.forget_catalogs()
        return str(site.catalog({"nightly": {**entry, "author": "Ann", "tags": ["ci"], **more}}))

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


def pack(path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("pack/workflow.yml", flow("packed"))
        archive.writestr("pack/docs/read.md", "read")
    path.write_bytes(stream.getvalue())


@pytest.mark.parametrize("in_turns", [False, True], ids=["side-by-side", "in-turns"])
def test_a_workflow_lives_the_same_life_under_both(
    beside: Beside, tmp_path: Path, offer: Callable[..., str], in_turns: bool
) -> None:
    beside.in_turns = in_turns
    pack(tmp_path / "pack.zip")
    (tmp_path / "flow.yml").write_text(flow("small"))
    for source in ("../flow.yml", "../pack.zip"):
        beside.same("add", source)
    beside.same("catalog", "add", offer("1.0.0"), "--name", "ours")
    beside.same("catalog", "list")
    beside.same("search", "night", "--tag", "ci", "--author", "ann")
    beside.same("add", "nightly")
    beside.same("list")
    beside.same("info", "nightly")
    beside.same("run", "nightly")
    assert {("all\n", "1.0.0\n", "")} == built(beside)
    beside.same("disable", "small")
    beside.same("list")
    beside.refused("run", "small")
    beside.same("enable", "small")
    adapted(beside)
    beside.same("catalog", "add", offer("1.1.0"))
    beside.same("update", "nightly", answer="y\n")
    beside.same("list")
    beside.same("run", "nightly")
    assert {("all\n", "1.1.0\n", "geprüft\n")} == built(beside)
    beside.same("update", answer="y\n")
    beside.same("catalog", "remove", "0")
    for id in ("nightly", "packed", "small"):
        beside.same("remove", id)
    beside.same("list")
    beside.refused("run", "nightly")


def adapted(beside: Beside) -> None:
    """Adapt the workflow by two overlays, and change everything about them."""
    beside.each("strict.yml", OVERLAY)
    beside.each("failing.yml", FAILING)
    beside.same("overlay", "add", "strict.yml", "--priority", "10")
    beside.same("resolve", "nightly")
    beside.same("run", "nightly", "--input", "target=all")
    assert {("all\n", "1.0.0\n", "geprüft\n")} == built(beside)
    beside.same("overlay", "add", "failing.yml", "--priority", "20")
    beside.same("overlay", "list", "nightly")
    beside.same("resolve", "nightly")
    beside.same("run", "nightly", exit=1)
    beside.same("overlay", "set-priority", "nightly", "failing", "5")
    beside.same("resolve", "nightly")
    beside.same("overlay", "disable", "nightly", "failing")
    beside.same("overlay", "list", "nightly")
    beside.same("run", "nightly")
    beside.same("overlay", "enable", "nightly", "failing")
    beside.same("resolve", "nightly")
    beside.same("overlay", "remove", "nightly", "failing")
    beside.refused("overlay", "remove", "nightly", "failing")
    beside.refused("overlay", "enable", "nightly", "failing")
    beside.same("overlay", "list", "nightly")
