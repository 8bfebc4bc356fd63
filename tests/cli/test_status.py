"""`treadle status` and `treadle logs`: looking at runs, which changes nothing."""

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from treadle import schemas
from treadle.cli.runs.run_summary import next_commands
from treadle.cli.text.paint import plain

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
steps:
  - {id: build, type: shell, run: 'echo built; echo careful >&2'}
  - id: each
    type: fan-out
    items: [a, b]
    step: {id: t, type: shell, run: 'echo {{ item }}'}
  - {id: ask, type: gate, message: "Go\\non?"}
  - {id: ship, type: shell, run: 'true'}
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def paused(treadle, write: Write) -> None:
    """A run `r1` that waits at its gate."""
    write("flow.yml", FLOW)
    treadle("run", "flow.yml", "--run-id", "r1")


def test_a_run_is_shown_as_a_tree_with_its_question_and_the_next_command(
    treadle, paused: None
) -> None:
    ended = treadle("status", "r1")
    lines = [line.split("  ms")[0].rstrip() for line in ended.out.splitlines()]
    assert 0 == ended.code
    assert "run r1  paused" == lines[0]
    names = [line.split()[1] for line in lines if line.lstrip()[:1] in "✓●·" and line.strip()]
    assert ["build", "each", "item", "t", "item", "t", "ask", "ship"] == names
    assert ["gate ask", "  Go", "  on?", "  options: approve, reject"] == lines[-5:-1]
    assert "next: treadle resume r1 --choice approve" == lines[-1]


def test_items_show_their_values_and_a_run_that_ended_how_long_it_took(
    treadle, paused: None
) -> None:
    treadle("resume", "r1", "--choice", "approve")
    lines = treadle("status", "r1").out.splitlines()
    assert [["'a'"], ["'b'"]] == [line.split()[3:] for line in lines if "item" in line.split()]
    ended = next(line for line in lines if line.startswith("ended"))
    assert ", after " in ended


def test_the_object_of_a_run_fits_its_schema(treadle, paused: None) -> None:
    schema = schemas.load("outcome")
    shown = treadle("status", "r1", "--json").data
    jsonschema.validate(shown, {**schema["$defs"]["status"], "$defs": schema["$defs"]})
    steps = {"build", "each", "each:t:0", "each:t:1", "ask"}
    assert (steps, "Go\non?") == (set(shown["steps"]), shown["gate"]["message"])


def test_runs_are_listed_the_latest_first(treadle, paused: None) -> None:
    treadle("run", "flow.yml", "--run-id", "r2")
    listed = treadle("status", "--json").data
    schema = schemas.load("outcome")
    jsonschema.validate(listed, {**schema["$defs"]["runs"], "$defs": schema["$defs"]})
    assert ["r2", "r1"] == [row["run_id"] for row in listed["runs"]]
    rows = [line.split()[:3] for line in treadle("status").out.splitlines()]
    assert [["RUN", "WORKFLOW", "STATUS"], ["r2", "demo", "paused"]] == rows[:2]


def test_looking_creates_nothing(treadle, project: Path) -> None:
    assert (0, {"runs": []}) == ((ended := treadle("status", "--json")).code, ended.data)
    assert "no runs yet\n" == treadle("status").err
    assert [] == list(project.iterdir())


@pytest.mark.parametrize("name", ["nope", "a b", "@latest"])
def test_an_unknown_run_exits_with_two(treadle, name: str) -> None:
    ended = treadle("status", name, "--json")
    assert (2, "") == (ended.code, ended.out)


def test_many_items_that_are_done_take_one_line(treadle, write: Write) -> None:
    write("flow.yml", FLOW.replace("[a, b]", str([str(n) for n in range(30)])))
    treadle("run", "flow.yml", "--run-id", "r1")
    out = treadle("status", "r1").out
    assert "✓ 30 items" in out
    assert "item 3" not in out


def test_a_run_whose_process_died_is_shown_as_interrupted(treadle, paused: None) -> None:
    from treadle.executor.local.store import Store
    from treadle.executor.state import RunStatus

    store = Store(Path.cwd())
    _, run = store.load(store.find("r1"))
    commands = list(next_commands(run, RunStatus.INTERRUPTED, project=Path.cwd()))
    assert ["treadle resume r1"] == commands
    assert "x" == plain("x", None)


def test_logs_are_the_bytes_that_were_printed_with_headings_beside_them(
    treadle, paused: None
) -> None:
    ended = treadle("logs", "r1")
    assert "built\ncareful\na\nb\n" == ended.out
    assert "==> build (attempt 1, stderr) <==" in ended.err
    assert "==> each:t:1 (attempt 1, stdout) <==" in ended.err


@pytest.mark.parametrize("step", ["each:t:1", "/each/i1/t", "/each/i1"])
def test_the_log_of_one_step_has_no_heading(treadle, paused: None, step: str) -> None:
    ended = treadle("logs", "r1", step)
    assert (0, "b\n", "") == (ended.code, ended.out, ended.err)


def test_the_logs_of_all_attempts_are_kept(treadle, write: Write) -> None:
    write("flow.yml", FLOW.replace("'true'", "'echo try; exit 1'"))
    treadle("run", "flow.yml", "--run-id", "r1")
    treadle("resume", "r1", "--choice", "approve")
    treadle("resume", "r1")
    ended = treadle("logs", "r1", "ship")
    assert "try\ntry\n" == ended.out
    assert "(attempt 2, stdout)" in ended.err


def test_the_object_of_logs_fits_its_schema(treadle, paused: None) -> None:
    schema = schemas.load("outcome")
    shown = treadle("logs", "r1", "build", "--json").data
    jsonschema.validate(shown, {**schema["$defs"]["logs"], "$defs": schema["$defs"]})
    assert [("/build", 1, "stdout", 6, "built\n"), ("/build", 1, "stderr", 8, "careful\n")] == [
        (log["address"], log["attempt"], log["stream"], log["bytes"], log["text"])
        for log in shown["logs"]
    ]
    assert b"built\n" == Path(shown["logs"][0]["path"]).read_bytes()


def test_the_object_of_long_logs_has_their_end(treadle, write: Write) -> None:
    write("flow.yml", FLOW.replace("echo built", "seq 200000; printf end"))
    treadle("run", "flow.yml", "--run-id", "r1")
    log = treadle("logs", "r1", "build", "--json").data["logs"][0]
    assert (True, 1024 * 1024, "end") == (log["is_cut"], len(log["text"]), log["text"][-3:])


def test_one_object_cannot_be_followed(treadle, paused: None) -> None:
    assert 2 == treadle("logs", "r1", "--json", "--follow").code


def test_the_log_of_an_unknown_step_is_wrong_usage(treadle, paused: None) -> None:
    ended = treadle("logs", "r1", "nope")
    assert 2 == ended.code
    assert "no step 'nope' of this run has begun" in ended.err
