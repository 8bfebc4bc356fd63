"""Every workflow of examples/ compiles strictly, and runs to what its row of the table says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from treadle.cli.app import build
from treadle.compiler import compile_file
from treadle.executor.api import RunResult, resume, run
from treadle.plan.expression import Json
from treadle.plan.plan import Plan

EXAMPLES = Path(__file__).parent.parent / "examples"
TESTS = sorted(EXAMPLES.glob("*.test.yml"))
FILES = sorted(set(EXAMPLES.glob("*.yml")) - set(TESTS))
SECRET = "s3cret-of-the-example"

FAKE_AGENT = """#!/bin/sh
echo '{"risk": "high", "findings": ["no test", "an odd name"]}'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What an example is given and what comes of it.

    Shapes: `choices` answer its gates, one after the other; `steps` are the statuses of some of
    its steps by public id.
    """

    file: str
    inputs: Mapping[str, Json] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    status: str = "completed"
    outputs: Mapping[str, Json] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the test: the file with its inputs and choices."""
        return "-".join([self.file, *map(str, self.inputs.values()), *self.choices])


NOTES = "build/release/notes-1.4.0.txt"

TABLE = (
    Row(
        file="agent-review.yml",
        choices=("approve",),
        outputs={"risk": "high"},
        steps={"review": "completed", "decide": "completed", "record": "completed"},
    ),
    Row(file="agent-review.yml", choices=("reject",), status="aborted"),
    Row(
        file="call-a-workflow.yml",
        outputs={
            "files": ["build/pages/cats.txt", "build/pages/dogs.txt"],
            "words": 8,
            "cover": "build/pages/animals.txt",
        },
        steps={"cover": "completed", "pages:page:0": "completed"},
    ),
    Row(
        file="fan-out-files.yml",
        outputs={"files": ["a.txt", "b.txt", "c.txt"], "words": 10},
        steps={"count:words:0": "completed", "count:words:2": "completed"},
    ),
    Row(
        file="fix-until-green.yml",
        outputs={"test": "completed"},
        steps={"repair:test:1": "failed", "repair:test:2": "completed", "require-green": "skipped"},
    ),
    Row(
        file="nested-review.yml",
        choices=("reject", "approve", "approve"),
        outputs={"unpublished": []},
    ),
    Row(file="nested-review.yml", inputs={"review": False}, outputs={"unpublished": []}),
    Row(
        file="release.yml",
        inputs={"version": "1.4.0"},
        choices=("approve",),
        outputs={"file": NOTES, "checksum": 116665809},
        steps={"approve": "completed", "publish": "completed"},
    ),
    Row(
        file="release.yml",
        inputs={"version": "1.4.0", "verdict": "approve"},
        outputs={"file": NOTES, "checksum": 116665809},
    ),
    Row(file="release.yml", status="paused", steps={"approve": "paused"}),
    Row(file="release.yml", choices=("reject",), status="aborted"),
    Row(
        file="retry-and-clean-up.yml",
        outputs={"answer": "answered at attempt 3"},
        steps={"fetch": "completed", "give-back": "completed", "tell": "completed"},
    ),
    Row(
        file="retry-and-clean-up.yml",
        inputs={"attempts": 9},
        status="failed",
        steps={"fetch": "failed", "give-back": "completed", "tell": "completed"},
    ),
    Row(
        file="safe-shell.yml",
        outputs={"title": 'It\'s "done"; echo $HOME', "words": "<two words><$PATH><'>"},
    ),
    Row(
        file="secret-token.yml",
        inputs={"token": SECRET},
        outputs={"header": "Authorization: Bearer ***"},
    ),
    Row(
        file="step-types.yml",
        outputs={"badges": "* ADA *, * GRACE *, * EDSGER *"},
        steps={"badges": "completed", "badges:badge:2": "completed"},
    ),
    Row(
        file="switch-on-result.yml",
        outputs={"route": "code"},
        steps={"compile": "completed", "test": "completed"},
    ),
    Row(
        file="switch-on-result.yml",
        inputs={"path": "docs/index.md"},
        outputs={"route": "docs"},
        steps={"spell": "completed"},
    ),
    Row(
        file="switch-on-result.yml",
        inputs={"path": "Makefile"},
        outputs={"route": "__default__"},
        steps={"skip": "completed"},
    ),
    Row(
        file="tolerated-failure.yml",
        outputs={"source": "using the copy from the archive"},
        steps={"fetch": "failed", "fall-back": "completed"},
    ),
    Row(
        file="tolerated-failure.yml",
        inputs={"mirror": "present"},
        outputs={"source": "using the copy from the mirror"},
        steps={"fetch": "completed", "fall-back": "skipped"},
    ),
    Row(
        file="typed-inputs.yml",
        inputs={"replicas": 3, "tags": ["web", "blue"], "target": {"region": "eu"}},
        outputs={
            "summary": "test: 3 in eu, port 443, tags web,blue, due any day (OPS-1)",
            "replicas": 3,
        },
    ),
)


def test_every_example_has_a_row() -> None:
    assert [path.name for path in FILES] == sorted({row.file for row in TABLE})


def test_the_readme_of_the_examples_lists_each_of_them() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [] == [path.name for path in FILES if f"({path.name})" not in text]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_example_compiles_strictly_without_a_finding(path: Path) -> None:
    assert () == compile_file(path).diagnostics


def test_the_examples_have_their_one_form() -> None:
    said = CliRunner().invoke(build(words=["fmt"]), ["fmt", "--check", str(EXAMPLES)])
    assert (0, "") == (said.exit_code, said.stdout)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_example_says_how_to_run_it(path: Path) -> None:
    header = path.read_text(encoding="utf-8").split("schema_version")[0]
    assert f"treadle run examples/{path.name}" in header


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_an_example_runs_to_what_its_row_says(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_agent(tmp_path / "bin", monkeypatch)
    ended = _run(_plan(row.file), row, project=tmp_path)
    assert row.status == ended.status
    assert dict(row.outputs) == dict(ended.outputs)
    assert dict(row.steps) == {name: ended.results[name]["status"] for name in row.steps}


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_the_tests_of_an_example_pass_and_go_through_all_of_it(path: Path) -> None:
    words = ["test", str(path), "--fail-under", "100"]
    tested = CliRunner().invoke(build(words=["test"]), words)
    assert (0, True) == (tested.exit_code, "tests passed" in tested.stderr)


def test_the_secret_of_the_example_is_nowhere_in_the_project(tmp_path: Path) -> None:
    result = run(_plan("secret-token.yml"), {"token": SECRET}, project=tmp_path)
    assert "completed" == result.status
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [] == [path for path in files if SECRET.encode() in path.read_bytes()]


def _plan(file: str) -> Plan:
    plan = compile_file(EXAMPLES / file).plan
    assert plan is not None
    return plan


def _run(plan: Plan, row: Row, *, project: Path) -> RunResult:
    """Run a row, with its choices given one by one to the gate that waits."""
    result = run(plan, row.inputs, project=project)
    for choice in row.choices:
        assert result.gate is not None
        address = str(result.gate["address"])
        result = resume(result.run_id, project=project, choices={address: choice})
    return result


def _install_agent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    agent = folder / "claude"
    agent.write_text(FAKE_AGENT, encoding="utf-8")
    agent.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
