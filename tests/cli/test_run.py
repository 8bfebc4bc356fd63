"""`treadle run`: what goes in, what comes out, and with which exit status."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from treadle import schemas

HEAD = 'workflow: {id: demo, name: Demo, version: "1.0.0"}\n'
GREET = (
    HEAD
    + """
inputs:
  who: {type: string, required: true}
  count: {type: integer, default: 1}
  hosts: {type: array, items: {type: string}, default: []}
steps:
  - {id: greet, type: shell, run: 'printf %s "{{ inputs.who }}{{ inputs.count }}"'}
  - {id: hosts, type: shell, run: 'true', if: "{{ inputs.hosts }}"}
outputs:
  text: {value: "{{ steps.greet.output.stdout }}"}
"""
)
GATE = HEAD + "steps:\n  - {id: ask, type: gate, message: 'Go on?'}\n"
FAILING = (
    HEAD
    + """
steps:
  - {id: build, type: shell, run: 'echo one; echo two >&2; exit 3'}
"""
)

Write = Callable[[str, str], Path]


def test_a_run_that_completes_exits_with_zero_and_prints_its_object(treadle, write: Write) -> None:
    write("flow.yml", GREET)
    ended = treadle("run", "flow.yml", "-i", "who=Ada", "--json")
    assert 0 == ended.code
    assert ("completed", {"text": "Ada1"}) == (ended.data["status"], ended.data["outputs"])
    jsonschema.validate(ended.data, schemas.load("outcome")["$defs"]["run"] | _defs())


def _defs() -> dict[str, object]:
    return {"$defs": schemas.load("outcome")["$defs"]}


def test_without_json_stdout_stays_empty_and_the_summary_is_told(treadle, write: Write) -> None:
    write("flow.yml", GREET)
    ended = treadle("run", "flow.yml", "-i", "who=Ada", "--run-id", "r1")
    assert "" == ended.out
    assert "completed  1 step done, 1 skipped in " in ended.err
    assert ", run r1\n" in ended.err
    assert "text = 'Ada1'" in ended.err


def test_a_quiet_run_that_completes_says_nothing(treadle, write: Write) -> None:
    write("flow.yml", GREET)
    assert (0, "", "") == _parts(treadle("-q", "run", "flow.yml", "-i", "who=Ada"))
    assert (0, "", "") == _parts(treadle("run", "flow.yml", "-i", "who=Ada", "-q"))


def _parts(ended) -> tuple[int, str, str]:
    return ended.code, ended.out, ended.err


def test_a_run_that_pauses_exits_with_zero_or_in_detail_with_three(treadle, write: Write) -> None:
    write("flow.yml", GATE)
    ended = treadle("run", "flow.yml", "--run-id", "r1")
    assert 0 == ended.code
    assert "next: treadle resume r1 --choice approve\n" in ended.err
    assert 3 == treadle("run", "flow.yml", "--detailed-exitcode").code


def test_a_run_that_fails_exits_with_one_and_shows_what_the_step_printed(
    treadle, write: Write
) -> None:
    write("flow.yml", FAILING)
    ended = treadle("run", "flow.yml", "--run-id", "r1")
    assert 1 == ended.code
    assert "│ one\n" in ended.err
    assert "│ two\n" in ended.err
    assert "next: treadle logs r1 build\nnext: treadle resume r1\n" in ended.err


def test_inputs_come_from_flags_then_the_file_then_the_environment(
    treadle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("flow.yml", GREET)
    write("inputs.yml", "who: file\ncount: 2\n")
    monkeypatch.setenv("TREADLE_INPUT_WHO", "environment")
    monkeypatch.setenv("TREADLE_INPUT_COUNT", "3")
    arguments = ("run", "flow.yml", "--json", "--input-file", "inputs.yml")
    assert {"text": "flag2"} == treadle(*arguments, "-i", "who=flag").data["outputs"]
    assert {"text": "file2"} == treadle(*arguments).data["outputs"]
    assert {"text": "environment3"} == treadle("run", "flow.yml", "--json").data["outputs"]


def test_an_input_can_be_the_text_of_a_file_or_of_stdin(treadle, write: Write) -> None:
    write("flow.yml", GREET)
    write("who.txt", "Grace")
    one = treadle("run", "flow.yml", "--json", "-I", "who=who.txt")
    two = treadle("run", "flow.yml", "--json", "-I", "who=-", stdin="Alan")
    assert ["Grace1", "Alan1"] == [e.data["outputs"]["text"] for e in (one, two)]


def test_a_list_can_be_given_as_yaml(treadle, write: Write) -> None:
    write("flow.yml", GREET)
    treadle("run", "flow.yml", "-i", "who=x", "-i", "hosts=\n- a\n- b", "--run-id", "r1")
    assert ["a", "b"] == treadle("status", "r1", "--json").data["inputs"]["hosts"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "error TR701: input 'who' is required"),
        (("-i", "who"), "error TR707: 'who' is not NAME=VALUE"),
        (("-i", "who=a", "-i", "count=x"), "error TR702: input 'count' must be a whole number"),
        (("-i", "who=a", "-i", "whom=b"), "hint: did you mean 'who'?"),
        (("-I", "who=none.txt"), "error TR708: cannot read the value of 'who'"),
        (("--input-file", "none.yml"), "error TR708: cannot read the value of '--input-file'"),
        (("-I", "who=-", "-I", "count=-"), "value of 'count': stdin is that of 'who' already"),
        (("-I", "who=/dev/zero"), "value of 'who': '/dev/zero': more than 16777216 bytes"),
        (("--input-file", "/dev/zero"), "'--input-file': '/dev/zero': more than 16777216 bytes"),
        (("--answers", "/dev/zero"), "more than 16777216 bytes"),
        (("--input-file", "twice.json"), "value of '--input-file': key 'who' is given twice"),
        (("--input-file", "alike.yml"), "value of '--input-file': key '1' is given twice"),
        (("-i", "who=a", "-i", 'map={"a": 1, "a": 2}'), "error TR702: input 'map' must be"),
        (("-i", "who=a", "-i", "map={null: 1, None: 2}"), "error TR702: input 'map' must be"),
        (("-i", "who=a", "--run-id", "a b"), "error TR907: 'a b' is not a run id"),
    ],
)
def test_what_is_refused_exits_with_two_and_leaves_nothing(
    treadle, write: Write, project: Path, arguments: tuple[str, ...], told: str
) -> None:
    write("flow.yml", GREET.replace("inputs:\n", "inputs:\n  map: {type: object, default: {}}\n"))
    write("twice.json", '{"who": "a", "who": "b"}')
    write("alike.yml", 'map:\n  - {1: a, "1": b}\n')
    ended = treadle("run", "flow.yml", "--json", *arguments)
    assert (2, "") == (ended.code, ended.out)
    assert told in ended.err
    assert [] == treadle("status", "--json").data["runs"]


def test_an_invalid_workflow_is_reported_on_stderr_and_not_run(treadle, write: Write) -> None:
    write("flow.yml", GREET.replace("inputs.who", "inputs.whom"))
    ended = treadle("run", "flow.yml", "-i", "who=a", "--json")
    assert (2, "") == (ended.code, ended.out)
    assert "error TR302: no input is called 'whom'" in ended.err


def test_a_workflow_comes_from_stdin_a_plan_file_or_an_installed_id(treadle, write: Write) -> None:
    write("flow.yml", GREET)
    write(".specify/workflows/demo/workflow.yml", GREET)
    treadle("plan", "flow.yml", "-o", "demo.plan.json")
    codes = [
        treadle("run", "-", "-i", "who=a", stdin=GREET).code,
        treadle("run", "demo.plan.json", "-i", "who=a").code,
        treadle("run", "demo", "-i", "who=a").code,
    ]
    assert [0, 0, 0] == codes


def test_an_unknown_source_is_refused_with_a_suggestion(treadle, write: Write) -> None:
    write(".specify/workflows/deploy/workflow.yml", GREET)
    ended = treadle("run", "deplyo")
    assert 2 == ended.code
    assert "did you mean 'deploy'?" in ended.err


def test_a_run_id_is_used_once(treadle, write: Write) -> None:
    write("flow.yml", GREET)
    treadle("run", "flow.yml", "-i", "who=a", "--run-id", "r1")
    ended = treadle("run", "flow.yml", "-i", "who=b", "--run-id", "r1")
    assert 2 == ended.code
    assert "error TR906: a run called 'r1' exists already" in ended.err


def test_the_project_can_be_named_before_and_behind_the_verb(
    treadle, write: Write, tmp_path: Path
) -> None:
    write("flow.yml", GATE)
    other = tmp_path / "other"
    other.mkdir()
    treadle("--project", str(other), "run", "flow.yml", "--run-id", "r1")
    ended = treadle("run", "flow.yml", "--run-id", "r2", "--project", str(other))
    assert ["r1", "r2"] == sorted(path.name for path in (other / ".treadle" / "runs").iterdir())
    assert f"project: {other}\n" in ended.err
    assert f"resume r2 --choice approve --project {other}\n" in ended.err


def test_a_dry_run_creates_nothing(treadle, write: Write, project: Path) -> None:
    write("flow.yml", GREET)
    ended = treadle("run", "flow.yml", "--dry-run", "-i", "who=Ada")
    assert 0 == ended.code
    assert '$ printf %s "Ada1"' in ended.out
    assert ["flow.yml"] == [path.name for path in project.iterdir()]


def test_what_an_agent_prints_goes_to_stderr(
    treadle, write: Write, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = write("bin/claude", "#!/bin/sh\nprintf 'thinking about %s' \"$2\"\n")
    agent.chmod(0o755)
    monkeypatch.setenv("PATH", f"{agent.parent}{os.pathsep}{os.environ['PATH']}")
    write(
        "flow.yml", HEAD + "steps:\n  - {id: p, type: prompt, prompt: tea, integration: claude}\n"
    )
    ended = treadle("run", "flow.yml", "--json")
    assert "completed" == ended.data["status"]
    assert "thinking about tea\n" in ended.err


def test_ctrl_c_pauses_the_run_and_exits_with_130(project: Path, write: Write) -> None:
    write("flow.yml", HEAD + "steps:\n  - {id: wait, type: shell, run: 'echo up; exec sleep 60'}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "treadle.cli", "run", "flow.yml", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "▸ wait" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert 130 == process.returncode
    assert "paused" == json.loads(out)["status"]
    assert "paused at wait, interrupted" in err
