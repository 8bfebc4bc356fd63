"""`treadle validate`: which files it checks, what it prints, and with which exit status."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from treadle import schemas

GOOD = """workflow: {id: demo, name: Demo, version: "1.0.0"}
steps:
  - {id: a, type: shell, run: 'true'}
"""
BAD = GOOD.replace("'true'", "'{{ inputs.nope }}'")
WARNED = GOOD.replace("id: a", "id: a, x: 1")

Write = Callable[[str, str], Path]


def test_a_clean_file_exits_with_zero_and_prints_nothing_on_stdout(treadle, write: Write) -> None:
    write("flow.yml", GOOD)
    ended = treadle("validate", "flow.yml")
    assert (0, "", "no problems in 1 file\n") == (ended.code, ended.out, ended.err)


def test_findings_show_place_line_marks_and_hint(treadle, write: Write) -> None:
    write("flow.yml", BAD)
    ended = treadle("validate", "flow.yml")
    assert (1, "1 error in 1 file\n") == (ended.code, ended.err)
    assert [
        "flow.yml:3:42: error TR302: no input is called 'nope'",
        "      - {id: a, type: shell, run: '{{ inputs.nope }}'}",
        "                                             ^^^^",
        "    hint: declare it under 'inputs'",
    ] == ended.out.splitlines()[:4]


def test_the_report_fits_its_schema(treadle, write: Write) -> None:
    write("flow.yml", BAD)
    ended = treadle("validate", "--format", "json")
    jsonschema.validate(ended.data, schemas.load("report"))
    assert {"errors": 1, "warnings": 0, "files": 1} == ended.data["summary"]
    (found,) = ended.data["diagnostics"]
    assert ("flow.yml", "TR302", 3, 42, 46) == (
        found["path"],
        found["code"],
        found["line"],
        found["column"],
        found["end_column"],
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 1),
        (("--lenient",), 0),
        (("--lenient", "--fail-on", "warning"), 1),
        (("--fail-on", "never"), 0),
    ],
)
def test_the_exit_status_follows_the_mode_and_what_counts(
    treadle, write: Write, arguments: tuple[str, ...], code: int
) -> None:
    write("flow.yml", WARNED)
    assert code == treadle("validate", *arguments).code


def test_what_cannot_be_read_exits_with_two(treadle) -> None:
    ended = treadle("validate", "none.yml")
    assert 2 == ended.code
    assert ended.out.startswith("none.yml:1:1: error TR101: cannot read 'none.yml'")


def test_a_named_file_is_always_checked(treadle, write: Write) -> None:
    write("broken.yml", "a: [")
    write("other.txt", "a: b\n")
    assert 1 == treadle("validate", "broken.yml").code
    assert 1 == treadle("validate", "other.txt").code


def test_a_folder_is_searched_for_what_looks_like_a_workflow(treadle, write: Write) -> None:
    for name in ("a.yml", "b/c.YAML", ".venv/d.yml", ".treadle/e.yml", "node_modules/f.yml"):
        write(name, GOOD)
    write("broken.yml", GOOD + "  - [\n")
    write("actions.yml", "on: push\njobs:\n  a:\n    steps: []\n    workflow: x\n")
    write("list.yml", "- workflow\n- steps\n")
    write("flow.yml", '{"workflow": {"id": "x"}, "steps": []}\n')
    checked = treadle("validate", "--format", "json").data["files"]
    assert ["a.yml", "b/c.YAML", "broken.yml", "flow.yml"] == checked


def test_what_git_ignores_is_skipped_unless_it_is_named(
    treadle, write: Write, project: Path
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    write(".gitignore", "out/\n")
    write("a.yml", GOOD)
    write("out/b.yml", GOOD)
    assert ["a.yml"] == treadle("validate", "--format", "json").data["files"]
    named = treadle("validate", "out/b.yml", "a.yml", "--format", "json").data["files"]
    assert ["out/b.yml", "a.yml"] == named


def test_repositories_inside_a_repository_are_looked_through(
    treadle, write: Write, project: Path
) -> None:
    """A clone that git does not track, a submodule, and a submodule that was never fetched."""
    for folder in (".", "clone", "module", "unfetched"):
        write(f"{folder}/.gitignore", "out/\n")
        write(f"{folder}/a.yml", GOOD)
        write(f"{folder}/out/b.yml", GOOD)
        subprocess.run(["git", "init", "-q"], cwd=project / folder, check=True)
    for folder in ("module", "unfetched"):
        name = "-c user.name=a -c user.email=a@example.org".split()
        inside = {"cwd": project / folder, "check": True}
        subprocess.run(["git", "add", "."], **inside)
        subprocess.run(["git", *name, "commit", "-qm", "first"], **inside)
        subprocess.run(["git", "add", folder], cwd=project, check=True, capture_output=True)
    shutil.rmtree(project / "unfetched")
    (project / "unfetched").mkdir()
    (project / "link").symlink_to(".")
    checked = treadle("validate", "--format", "json").data["files"]
    assert ["a.yml", "clone/a.yml", "module/a.yml"] == checked


def test_stdin_is_checked(treadle) -> None:
    ended = treadle("validate", "-", stdin=BAD)
    assert 1 == ended.code
    assert ended.out.startswith("<stdin>:3:42: error TR302")


def test_what_stdin_calls_is_looked_for_in_the_project(treadle, write: Write) -> None:
    write("part.yml", GOOD)
    call = "  - {id: c, type: workflow, path: ./part.yml, input: {nothing: 1}}\n"
    ended = treadle("validate", "-", stdin=GOOD + call)
    assert "TR336: workflow 'demo' has no input 'nothing'" in ended.out
    ended = treadle("validate", "-", stdin=GOOD + call.replace("path: ./part.yml", "workflow: x"))
    assert "TR330: no workflow 'x' is installed" in ended.out


def test_a_plan_file_is_checked_too(treadle, write: Write, project: Path) -> None:
    write("flow.yml", GOOD)
    treadle("plan", "flow.yml", "-o", "good.plan.json")
    plan = (project / "good.plan.json").read_text(encoding="utf-8")
    write("bad.plan.json", plan.replace('"demo"', '"other"'))
    ended = treadle("validate", "--format", "json")
    assert ["bad.plan.json", "flow.yml", "good.plan.json"] == ended.data["files"]
    assert ["TR602"] == [found["code"] for found in ended.data["diagnostics"]]


def test_a_plan_is_told_by_its_content_however_it_is_laid_out(treadle, write: Write) -> None:
    write("flow.yml", GOOD)
    shown = treadle("plan", "flow.yml", "--json").out
    write("shown.json", shown)
    write("marked.json", "\N{ZERO WIDTH NO-BREAK SPACE}" + shown.replace(": ", " :  "))
    write("other.json", shown.replace('"demo"', '"other"'))
    ended = treadle("validate", "shown.json", "marked.json", "other.json", "--format", "json")
    assert ["TR602"] == [found["code"] for found in ended.data["diagnostics"]]
    assert [0, 0] == [treadle("run", name).code for name in ("shown.json", "marked.json")]


@pytest.mark.parametrize("name", ["demo.plan.json", "DEMO.PLAN.JSON"])
def test_a_plan_is_told_by_its_name_whoever_reads_it(
    treadle, write: Write, project: Path, name: str
) -> None:
    write("flow.yml", GOOD)
    treadle("plan", "flow.yml", "-o", name)
    plan = json.loads((project / name).read_text(encoding="utf-8"))
    write(name, json.dumps(plan, sort_keys=True))
    verbs = (("validate",), ("plan",), ("graph",), ("schema",), ("doctor",), ("run",))
    assert [0] * len(verbs) == [treadle(*verb, name).code for verb in verbs]
    assert 0 == treadle("plan", "--diff", name, "flow.yml").code
    for text, code in (('{"a": 1}', "TR603"), ("hi", "TR601")):
        write(name, text)
        for verb in verbs:
            ended = treadle(*verb, name)
            assert code in ended.out + ended.err, verb


def test_a_folder_without_workflows_is_told(treadle) -> None:
    ended = treadle("validate")
    assert (0, "no workflow files below .\n") == (ended.code, ended.err.split("no problems")[0])


def test_colours_are_for_terminals_and_for_who_forces_them(
    treadle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("flow.yml", BAD)
    assert "\x1b" not in treadle("validate").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31merror TR302:\x1b[0m" in treadle("validate").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in treadle("validate").out
