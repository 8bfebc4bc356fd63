"""Runs on this machine: start, resume, refuse, kill; with real processes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.executor.local.plans import plan_of
from tests.executor.local.processes import wait_for
from treadle.executor import Refused, resume, run, status
from treadle.executor.local.store import Store
from treadle.plan.expression import Json
from treadle.plan.plan import Plan

NESTED = """
inputs:
  broken: {type: string, default: b}
  verdict: {type: string, enum: ["", approve, reject], default: ""}
  count: {type: integer, default: 1}
steps:
  - id: guard
    type: if
    condition: true
    then:
      - id: rounds
        type: while
        condition: "{{ steps.tick.output.stdout | default('') != '2' }}"
        steps:
          - {id: tick, type: shell, run: "echo tick >> log; grep -c tick log | tr -d '\\n'"}
          - id: each
            type: fan-out
            items: [a, b, c]
            step:
              id: load
              type: shell
              env: {BROKEN: "{{ inputs.broken }}", ITEM: "{{ item }}"}
              run: echo "$ITEM" >> log; test "$ITEM" != "$BROKEN"
  - {id: review, type: gate, message: "Done?", verdict_input: verdict}
"""


def log(project: Path) -> list[str]:
    return (project / "log").read_text(encoding="utf-8").split()


def rows(project: Path, run_id: str) -> list[tuple[int, str, str]]:
    """Return the stored rows of a run, in order."""
    path = project / ".treadle" / "runs" / run_id / "journal.db"
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT * FROM transactions ORDER BY number").fetchall()
    finally:
        connection.close()


def refusal(run_id: str, inputs: Mapping[str, Json], *, project: Path) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        resume(run_id, inputs, project=project)
    return [(reason.code, reason.field or "") for reason in refused.value.problems]


def test_only_the_failed_occurrence_and_what_follows_runs_again(tmp_path: Path) -> None:
    failed = run(plan_of(NESTED), project=tmp_path, run_id="r1")
    assert (failed.status, log(tmp_path)) == ("failed", ["tick", "a", "b"])
    before = {name: record for name, record in failed.results.items() if name != "each:load:1"}
    paused = resume("r1", {"broken": "none"}, project=tmp_path)
    assert paused.status == "paused"
    assert log(tmp_path) == ["tick", "a", "b", "b", "c", "tick", "a", "b", "c"]
    for name in ("guard", "tick", "each:load:0"):
        kept = paused.results[name] if name != "tick" else before[name]
        assert kept["address"] == before[name]["address"]
        assert kept["started_at"] == before[name]["started_at"]
    assert resume("r1", choices={"review": "approve"}, project=tmp_path).status == "completed"


def test_a_refused_resume_names_every_field_and_changes_no_row(tmp_path: Path) -> None:
    run(plan_of(NESTED), {"broken": "none"}, project=tmp_path, run_id="r1")
    before = rows(tmp_path, "r1")
    wrong: dict[str, Json] = {"count": "many", "verdict": "perhaps", "colour": "red"}
    assert sorted(refusal("r1", wrong, project=tmp_path)) == [
        ("TR702", "count"),
        ("TR703", "verdict"),
        ("TR705", "colour"),
    ]
    assert rows(tmp_path, "r1") == before
    done = resume("r1", {"count": 2, "verdict": "approve"}, project=tmp_path)
    assert (done.status, done.to_json()["inputs"]["count"]) == ("completed", 2)


def test_run_and_resume_refuse_the_same_values_with_the_same_codes(tmp_path: Path) -> None:
    plan = plan_of(NESTED)
    run(plan, {"broken": "none"}, project=tmp_path, run_id="r1")
    for wrong in ({"count": "x"}, {"count": 1.5}, {"verdict": "no"}, {"nobody": 1}):
        with pytest.raises(Refused) as at_start:
            run(plan, wrong, project=tmp_path, run_id="other")
        with pytest.raises(Refused) as at_resume:
            resume("r1", wrong, project=tmp_path)
        assert at_start.value.problems == at_resume.value.problems
    assert not (tmp_path / ".treadle" / "runs" / "other").exists()


def test_a_choice_that_is_no_option_leaves_the_gate_open(tmp_path: Path) -> None:
    run(plan_of(NESTED), {"broken": "none"}, project=tmp_path, run_id="r1")
    before = rows(tmp_path, "r1")
    for choice, code in ({"review": "perhaps"}, "TR710"), ({"/nowhere": "approve"}, "TR711"):
        with pytest.raises(Refused) as refused:
            resume("r1", choices=choice, project=tmp_path)
        assert [reason.code for reason in refused.value.problems] == [code]
    assert rows(tmp_path, "r1") == before


def test_a_run_id_is_used_once_and_the_first_run_stays(tmp_path: Path) -> None:
    plan = plan_of(NESTED)
    run(plan, {"broken": "none"}, project=tmp_path, run_id="nightly")
    before = rows(tmp_path, "nightly")
    with pytest.raises(Refused, match="exists already"):
        run(plan, project=tmp_path, run_id="nightly")
    assert rows(tmp_path, "nightly") == before


@pytest.mark.parametrize("name", ["../runs", "a/b", "../../etc", "", "a b", ".hidden", "-x"])
def test_a_run_id_that_could_be_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as refused:
        status(name, project=tmp_path)
    assert refused.value.problems[0].code == "TR907"
    assert list(tmp_path.iterdir()) == []


def test_a_completed_run_cannot_be_resumed(tmp_path: Path) -> None:
    run(plan_of("steps: [{id: a, type: shell, run: 'true'}]"), project=tmp_path, run_id="r1")
    with pytest.raises(Refused, match="is completed and cannot be resumed"):
        resume("r1", project=tmp_path)


def test_runs_are_found_by_a_unique_beginning_and_as_the_latest(tmp_path: Path) -> None:
    plan = plan_of("steps: [{id: a, type: shell, run: 'true'}]")
    for name in ("abc1", "abd2"):
        run(plan, project=tmp_path, run_id=name)
    assert status("abc", project=tmp_path).run_id == "abc1"
    assert status("@latest", project=tmp_path).run_id == "abd2"
    with pytest.raises(Refused, match="the beginning of several runs: abc1, abd2"):
        status("ab", project=tmp_path)


def test_the_index_can_be_lost(tmp_path: Path) -> None:
    plan = plan_of("steps: [{id: a, type: shell, run: 'true'}]")
    for name in ("one", "two"):
        run(plan, project=tmp_path, run_id=name)
    store = Store(tmp_path)
    before = store.rows()
    for path in store.folder.glob("index.db*"):
        path.unlink()
    assert store.rows() == before
    (store.folder / "index.db").write_bytes(b"garbage" * 200)
    assert store.rows() == before
    run(plan, project=tmp_path, run_id="three")
    assert [row.run_id for row in store.index.rows()] == ["three"]
    store.index.put(replace(before[0], status="qaused"))
    assert {row.run_id for row in store.rows()} == {"one", "two", "three"}


def test_one_damaged_run_does_not_hurt_another(tmp_path: Path) -> None:
    plan = plan_of("steps: [{id: a, type: shell, run: 'true'}]")
    for name in ("bad", "good"):
        run(plan, project=tmp_path, run_id=name)
    folder = tmp_path / ".treadle" / "runs" / "bad"
    (folder / "journal.db").write_bytes(b"garbage" * 200)
    with pytest.raises(Refused) as refused:
        status("bad", project=tmp_path)
    assert refused.value.problems[0].code == "TR901"
    assert status("good", project=tmp_path).status == "completed"


def test_the_folder_is_private_and_ignored_by_git(tmp_path: Path) -> None:
    run(plan_of("steps: [{id: a, type: shell, run: 'true'}]"), project=tmp_path)
    folder = tmp_path / ".treadle"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_looking_at_runs_creates_nothing(tmp_path: Path) -> None:
    assert Store(tmp_path).rows() == ()
    with pytest.raises(Refused):
        status("r1", project=tmp_path)
    assert list(tmp_path.iterdir()) == []


DRIVER = """
import json, sys
from pathlib import Path
from treadle.executor import Refused, resume, run
from treadle.plan.plan_file import read_plan
plan, project, run_id = read_plan(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
try:
    done = run(plan, project=project, run_id=run_id) if sys.argv[4] == "run" else resume(
        run_id, project=project)
    print(json.dumps(done.to_json()))
except Refused as refused:
    print(json.dumps([reason.message for reason in refused.problems]))
"""

KILLED = """
steps:
  - id: rounds
    type: do-while
    condition: true
    max_iterations: 2
    steps:
      - id: each
        type: fan-out
        items: [a, b, c]
        max_concurrency: 2
        step:
          id: load
          type: shell
          env: {ITEM: "{{ item }}"}
          run: |
            echo "$TREADLE_STEP begin" >> log
            n=$(grep -c "$TREADLE_STEP begin" log)
            if [ "$TREADLE_STEP" = /rounds/r2/each/i1/load ] && [ "$n" = 1 ]; then
              touch started; sleep 60
            fi
            echo "$TREADLE_STEP end" >> log
"""


def begin(plan: Plan, project: Path, run_id: str, verb: str) -> subprocess.Popen[str]:
    from treadle.plan.plan_file import write_plan

    path = project / "flow.plan.json"
    write_plan(path, plan)
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(path), str(project), run_id, verb],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_run_killed_inside_a_fan_out_inside_a_loop_goes_on(tmp_path: Path) -> None:
    first = begin(plan_of(KILLED), tmp_path, "r1", "run")
    wait_for(tmp_path / "started")
    first.kill()
    first.wait()
    assert first.stdout is not None
    first.stdout.close()
    cut = status("r1", project=tmp_path)
    assert cut.status == "interrupted"
    finished = [str(cut.results[name]["address"]) for name in cut.results if "load" in name]
    assert {"/rounds/r1/each/i0/load", "/rounds/r1/each/i2/load"} <= set(finished)
    done = resume("r1", project=tmp_path)
    assert done.status == "completed"
    after = lines(tmp_path)
    assert {address: after.count(f"{address} begin") for address in finished} == dict.fromkeys(
        finished, 1
    )
    assert sorted(line for line in set(after) if line.endswith("end")) == [
        f"/rounds/r{number}/each/i{item}/load end" for number in (1, 2) for item in range(3)
    ]


def lines(project: Path) -> list[str]:
    return (project / "log").read_text(encoding="utf-8").splitlines()


def test_of_two_resumes_at_once_one_works_and_the_other_hears_who(tmp_path: Path) -> None:
    first = begin(plan_of(KILLED), tmp_path, "r1", "run")
    wait_for(tmp_path / "started")
    second = begin(plan_of(KILLED), tmp_path, "r1", "resume")
    told, _ = second.communicate(timeout=30)
    assert json.loads(told) == [
        f"run 'r1' is being worked on by process {first.pid} on {os.uname().nodename}"
    ]
    first.send_signal(signal.SIGINT)
    shown, _ = first.communicate(timeout=30)
    assert json.loads(shown)["status"] == "paused"
    assert resume("r1", project=tmp_path).status == "completed"


def test_a_secret_is_nowhere_on_the_disk_and_must_be_given_again(tmp_path: Path) -> None:
    plan = plan_of(
        """
inputs: {token: {type: string, secret: true, required: true}}
steps:
  - {id: use, type: shell, env: {TOKEN: "{{ inputs.token }}"}, run: 'echo "<$TOKEN>"'}
  - {id: ask, type: gate, message: "On?"}
  - {id: again, type: shell, env: {TOKEN: "Bearer {{ inputs.token }}"}, run: 'test -n "$TOKEN"'}
"""
    )
    paused = run(plan, {"token": "s3cr3t-value"}, project=tmp_path, run_id="r1")
    assert paused.status == "paused"
    assert paused.results["use"]["output"] == {"exit_code": 0, "stdout": "<***>\n", "stderr": ""}
    found = [
        path
        for path in (tmp_path / ".treadle").rglob("*")
        if path.is_file() and b"s3cr3t" in path.read_bytes()
    ]
    assert found == []
    assert refusal("r1", {}, project=tmp_path) == [("TR706", "token")]
    done = resume("r1", {"token": "s3cr3t-value"}, choices={"ask": "approve"}, project=tmp_path)
    assert done.status == "completed"
