"""The life of a step package under both programs: on copies of one project they do the same.

What differs and is meant to stands in a row of docs/custom-steps.md and in `MEANT`, where each
difference is looked for: a new one fails, and so does one that is no longer there.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.beside_spec_kit import Beside, Meant
from tests.spec_kit import needs_spec_kit, specify

Treadle = Callable[..., Result]

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "custom-steps.md"

STEP = """\
schema_version: "1.0"
step:
  type_key: {id}
  name: A step
  version: "{version}"
  description: Looks at it
  author: Ann
"""
CODE = """\
from specify_cli.workflows.base import StepBase, StepResult


class Step(StepBase):
    type_key = "{id}"

    def execute(self, config, context):
        return StepResult(output={{"id": "{id}"}})
"""
TYPE = "steps: [{id: say, type: shell, run: echo hello}]\n"


ADD = "step add review --dev ../review"
REVIEW = (
    "file .step-install.lock",
    "file workflows",
    "file workflows/steps",
    "file workflows/steps/review",
    "file workflows/steps/review/__init__.py",
    "file workflows/steps/review/step.yml",
    "file workflows/steps/step-registry.json",
)
MEANT: Mapping[str, Meant] = {
    "a refusal exits with 2": Meant(
        "refusals", (ADD,), "step remove nope", (2, ("exit 2 for 1",))
    ),
    "the id may be left out": Meant(
        "SOURCE of `step add`", (), "step add ../review", (0, ("exit 0 for 1", *REVIEW))
    ),
    "a type that is made of steps is added": Meant(
        "types that are made of steps", (ADD,), "step add ../greet.yml",
        (0, ("exit 0 for 1", "file workflows/steps/greet.yml")),
    ),
    "everything is agreed to beforehand": Meant(
        "agreeing", (ADD,), "step add audit --from {site}/audit.zip",
        (0, ("exit 0 for 1", "file workflows/steps/audit",
             "file workflows/steps/audit/__init__.py", "file workflows/steps/audit/step.yml",
             "file workflows/steps/step-registry.json")),
    ),
    "a damaged registry is not taken for an empty one": Meant(
        "a damaged registry", (ADD, "damaged"), "step list", (2, ("exit 2 for 0", "said"))
    ),
    "a folder that nobody registered is listed": Meant(
        "a folder that the registry does not know", (ADD, "loose"), "step list", (0, ("said",))
    ),
    "a package is not called like a file of a type": Meant(
        "an id that ends in `.yml`", (ADD,), "step add odd.yml --dev ../odd",
        (2, ("exit 2 for 0", "file workflows/steps/odd.yml",
             "file workflows/steps/odd.yml/__init__.py", "file workflows/steps/odd.yml/step.yml",
             "file workflows/steps/step-registry.json")),
    ),
    "what tools keep in a folder is no part of a package": Meant(
        "`.treadle` in a folder", (ADD,), "step add kept --dev ../kept",
        (0, ("file workflows/steps/kept/.treadle", "file workflows/steps/kept/.treadle/x")),
    ),
}  # fmt: skip
# Rows about what no `Beside` compares.
UNSEEN = ("running", "`treadle.lock`")


def step(id: str, version: str = "1.0.0") -> dict[str, str]:
    named = {"id": id, "version": version}
    return {"step.yml": STEP.format(**named), "__init__.py": CODE.format(**named)}


def lay_out(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def zipped(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"pack/{name}", text)
    return stream.getvalue()


@pytest.fixture
def beside(
    project: Path, tmp_path: Path, site: Any, treadle: Treadle, monkeypatch: pytest.MonkeyPatch
) -> Beside:
    """Two copies of an empty project of Spec Kit, and packages to install from beside them."""
    (tmp_path / "other" / ".specify").mkdir(parents=True)
    lay_out(tmp_path / "review", step("review"))
    lay_out(tmp_path / "later", {**step("review", "2.0.0"), "sub/more.py": "x = 1\n"})
    lay_out(tmp_path / "odd", step("odd.yml"))
    lay_out(tmp_path / "kept", {**step("kept"), ".treadle/x": "", "__pycache__/a.pyc": ""})
    lay_out(tmp_path, {"greet.yml": TYPE})
    site.put("/audit.zip", zipped(step("audit")))
    return Beside((project, tmp_path / "other"), treadle, monkeypatch.chdir)


def offer(site: Any) -> str:
    """Publish a package in a catalog; return the address of the catalog."""
    files = step("deploy")
    entry = {
        "name": "Deploying",
        "version": "1.0.0",
        "description": "Puts it out",
        "url": site.put("/deploy/step.yml", files["step.yml"]),
        "extra_files": {"sub/more.py": site.put("/deploy/more.py", "x = 1\n")},
    }
    site.put("/deploy/__init__.py", files["__init__.py"])
    return str(site.step_catalog({"deploy": entry}))


@needs_spec_kit
@pytest.mark.parametrize("in_turns", [False, True], ids=["side-by-side", "in-turns"])
def test_a_step_package_lives_the_same_life_under_both(
    beside: Beside, site: Any, in_turns: bool
) -> None:
    beside.in_turns = in_turns
    beside.same(*ADD.split())
    beside.same("step", "list")
    beside.same("step", "info", "review")
    beside.refused(*ADD.split())
    beside.refused("step", "add", "shell", "--dev", "../review")
    beside.refused("step", "add", "audit", "--dev", "../review")
    beside.same("step", "add", "review", "--dev", "../later", "--force")
    beside.same("step", "add", "audit", "--from", f"{site.url}/audit.zip", answer="y\n")
    beside.same("step", "catalog", "add", offer(site), "--name", "ours")
    beside.same("step", "catalog", "list")
    beside.same("step", "search")
    assert [] == beside.same("step", "search", "nothing")
    beside.same("step", "info", "deploy")
    beside.same("step", "add", "deploy")
    beside.same("step", "info", "deploy")
    beside.same("step", "list")
    beside.same("step", "catalog", "remove", "0")
    for id in ("review", "audit", "deploy"):
        beside.same("step", "remove", id)
        beside.refused("step", "remove", id)
    assert [] == beside.same("step", "list")["packages"]


@needs_spec_kit
@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_to_differ_does(name: str, beside: Beside, site: Any) -> None:
    meant = MEANT[name]
    for command in meant.before:
        for folder in beside.folders:
            steps = folder / ".specify" / "workflows" / "steps"
            if command == "damaged":
                (steps / "step-registry.json").write_text('{"schema_version": "1.0"}')
            if command == "loose":
                lay_out(steps / "loose", step("loose"))
        if command not in ("damaged", "loose"):
            beside.same(*command.split())
    words = meant.command.format(site=site.url).split()
    assert meant.found == beside.differences(*words)


def test_every_difference_has_its_row_and_every_row_its_difference() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    _, _, text = text.partition("## Step packages of Spec Kit\n")
    text, _, _ = text.partition("\n## ")
    rows = re.findall(r"^\| ([^|]+) \| ", text, re.MULTILINE)
    assert sorted({meant.row for meant in MEANT.values()} | set(UNSEEN)) == sorted(rows)


@needs_spec_kit
def test_a_package_that_treadle_has_kept_runs_under_spec_kit(
    beside: Beside, treadle: Treadle
) -> None:
    here = beside.folders[0]
    assert 0 == treadle("step", "add", "../review", "--yes").exit_code
    (here / "flow.yml").write_text(
        'schema_version: "1.0"\nworkflow: {id: f, name: F, version: "1.0.0"}\n'
        "steps: [{id: look, type: review}]\n"
    )
    ended = specify("run", "flow.yml", "--json", folder=here)
    assert "completed" == json.loads(ended.stdout)["status"]
    assert "TR206" in treadle("run", "flow.yml").stdout + treadle("run", "flow.yml").stderr


@needs_spec_kit
def test_what_the_other_program_has_installed_is_told_by_verify(
    beside: Beside, treadle: Treadle
) -> None:
    ended = specify(*ADD.split(), folder=beside.folders[0])
    assert 0 == ended.returncode
    (found,) = json.loads(treadle("verify", "--json").stdout)["steps"]
    assert ("review", "unlocked") == (found["id"], found["standing"])
