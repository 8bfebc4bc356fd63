"""The files for people's CI: what they name exists, and their scripts do what they say."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from treadle.cli.app import build
from treadle.plan.catalogue import BY_CODE

ROOT = Path(__file__).parent.parent
CI_PAGE = ROOT / "docs" / "ci.md"
CASES = sorted((ROOT / "tests" / "cases" / "bad").glob("*.yml"))
FLOW = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
BAD = FLOW + "steps: [{id: a, type: shell, run: '{{ inputs.nope }}'}]\n"
GOOD = FLOW + "steps: [{id: a, type: shell, run: make}]\n"


def read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


ACTION = read(ROOT / "action.yml")
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
(MATCHER,) = json.loads((ROOT / "problem-matcher.json").read_text(encoding="utf-8"))[
    "problemMatcher"
]
(PATTERN,) = MATCHER["pattern"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A step of the action that has ended; `outputs` are what it hands on."""

    code: int
    out: str
    outputs: Mapping[str, str]


def validated(*arguments: str, colour: bool = False) -> str:
    environment = {"FORCE_COLOR": "1" if colour else "", "NO_COLOR": ""}
    runner = CliRunner(env=environment)
    return runner.invoke(build(words=["validate"]), ["validate", *arguments]).stdout


@pytest.mark.parametrize("colour", [False, True])
def test_the_problem_matcher_finds_every_finding_of_the_text(
    colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    paths = [str(path.relative_to(ROOT)) for path in CASES]
    text = validated(*paths, colour=colour)
    matches = map(re.compile(PATTERN["regexp"]).match, text.splitlines())
    found = [
        tuple(match[PATTERN[name]] for name in ("file", "line", "column", "severity", "code"))
        for match in matches
        if match is not None
    ]
    expected = [
        (each["path"], str(each["line"]), str(each["column"]), each["severity"], each["code"])
        for each in json.loads(validated("--format", "json", *paths))["diagnostics"]
    ]
    assert len(CASES) <= len(expected)
    assert expected == found


def test_the_problem_matcher_takes_the_message_without_colours() -> None:
    line = "\x1b[1ma b.yml:3:14:\x1b[0m \x1b[1;31merror TR302:\x1b[0m no input is called 'x'"
    match = re.match(PATTERN["regexp"], line)
    assert match is not None
    assert ("a b.yml", "no input is called 'x'") == (match[1], match[PATTERN["message"]])


def test_the_problem_matcher_leaves_excerpts_hints_and_related_places_alone() -> None:
    lines = ("    error TR302: x", "    hint: did you mean 'x'?", "    a.yml:4:10: the first", "")
    assert [] == [line for line in lines if re.match(PATTERN["regexp"], line)]


def test_the_hook_calls_a_command_that_exists() -> None:
    (hook,) = read(ROOT / ".pre-commit-hooks.yaml")
    assert ("treadle-validate", "python") == (hook["id"], hook["language"])
    program, *words = shlex.split(hook["entry"])
    ended = CliRunner().invoke(build(words=words), [*words, "--help"])
    assert ("treadle", 0) == (program, ended.exit_code)


@pytest.mark.parametrize("name", ["install", "sarif", "validate"])
def test_a_script_of_the_action_is_bash_and_gets_inputs_by_its_environment(name: str) -> None:
    script = STEPS[name]["run"]
    assert "${{" not in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_the_action_uses_all_of_its_inputs_and_no_others() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text(encoding="utf-8")))
    assert set(ACTION["inputs"]) == used


@pytest.fixture
def step(tmp_path: Path) -> Callable[..., Ended]:
    """Give a function that carries out a step of the action as a runner would."""
    program = tmp_path / "treadle"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m treadle.cli "$@"\n')
    program.chmod(0o755)
    (tmp_path / "work").mkdir()

    def carry_out(name: str, **inputs: str) -> Ended:
        output = tmp_path / "output"
        output.write_text("")
        values = {key: value.get("default", "") for key, value in ACTION["inputs"].items()}
        values |= {key.replace("_", "-"): value for key, value in inputs.items()}
        own = dict(_environment(STEPS[name]["env"], values, str(program)))
        ended = subprocess.run(
            # How GitHub runs a step whose shell is bash.
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
            cwd=tmp_path / "work",
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "RUNNER_TEMP": str(tmp_path),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_WORKSPACE": str(tmp_path / "work"),
                **own,
            },
            capture_output=True,
            text=True,
        )
        outputs = (line.partition("=") for line in output.read_text().splitlines())
        return Ended(
            code=ended.returncode, out=ended.stdout, outputs={key: text for key, _, text in outputs}
        )

    return carry_out


def _environment(
    declared: Mapping[str, str], inputs: Mapping[str, str], program: str
) -> Iterator[tuple[str, str]]:
    for name, value in declared.items():
        found = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)
        yield name, program if found is None else inputs[found[1]]


def test_the_action_annotates_and_fails(step: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "work" / "flow.yml").write_text(BAD)
    ended = step("validate")
    assert 1 == ended.code
    assert ended.out.startswith("::error file=flow.yml,line=2,col=46,")


@pytest.mark.parametrize(
    ("inputs", "code", "count"),
    [
        ({"paths": "good.yml\n-odd name.yml\n"}, 1, 1),
        ({"paths": "good.yml"}, 0, 0),
        ({"paths": "-odd name.yml", "lenient": "true"}, 0, 1),
        ({"paths": "-odd name.yml", "fail_on": "never"}, 0, 1),
        ({"paths": "-odd name.yml", "ignore": "TR3"}, 0, 0),
        ({"paths": "-odd name.yml", "select": "TR5,TR2"}, 0, 0),
        ({"paths": "none.yml"}, 2, 1),
    ],
)
def test_the_inputs_of_the_action_reach_the_command(
    step: Callable[..., Ended], tmp_path: Path, inputs: dict[str, str], code: int, count: int
) -> None:
    (tmp_path / "work" / "good.yml").write_text(GOOD)
    (tmp_path / "work" / "-odd name.yml").write_text(BAD)
    ended = step("validate", **inputs)
    assert (code, count) == (ended.code, len(ended.out.splitlines()))
    inputs.pop("fail_on", None)
    report = step("sarif", **inputs)
    found = json.loads(Path(report.outputs["file"]).read_text())["runs"][0]["results"]
    assert (0, count) == (report.code, len(found))


def test_the_page_about_ci_names_the_files_and_codes_that_exist() -> None:
    text = CI_PAGE.read_text(encoding="utf-8")
    for name in ("problem-matcher.json", "treadle-validate"):
        assert name in text
    assert set() == set(re.findall(r"TR\d{3}", text)) - set(BY_CODE)
    used = set(re.findall(r"^ +([a-z-]+): .*# input", text, re.MULTILINE))
    assert used and used <= set(ACTION["inputs"])


def test_the_yaml_of_the_page_about_ci_is_yaml() -> None:
    text = CI_PAGE.read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        assert YAML(typ="safe", pure=True).load(block)
