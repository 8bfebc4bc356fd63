"""`treadle status` without a run: which runs are meant, and which gates wait."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from treadle import schemas
from treadle.executor.local.index import Index, Row

FLOW = """
workflow: {id: ID, name: Demo, version: "1.0.0"}
steps:
  - id: each
    type: fan-out
    items: [a, b]
    step: {id: ask, type: gate, message: "Take {{ item }}?", options: [yes, no], on_reject: skip}
"""
DONE = """
workflow: {id: done, name: Done, version: "1.0.0"}
steps: [{id: a, type: shell, run: 'true'}]
"""

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def runs(treadle, write: Write) -> None:
    """Two paused runs of two workflows, and a completed one."""
    for name in ("one", "two"):
        write(f"{name}.yml", FLOW.replace("ID", name).replace("[yes, no]", "['yes', 'no']"))
        treadle("run", f"{name}.yml", "--run-id", f"r-{name}")
    write("done.yml", DONE)
    treadle("run", "done.yml", "--run-id", "r-done")


def fits(name: str, data: object) -> None:
    schema = schemas.load("outcome")
    jsonschema.validate(data, {**schema["$defs"][name], "$defs": schema["$defs"]})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["r-done", "r-two", "r-one"]),
        (("--status", "paused"), ["r-two", "r-one"]),
        (("--status", "completed", "--status", "failed"), ["r-done"]),
        (("--workflow", "one"), ["r-one"]),
        (("--limit", "2"), ["r-done", "r-two"]),
        (("--since", "1h"), ["r-done", "r-two", "r-one"]),
        (("--since", "2100-01-01"), []),
    ],
)
def test_filters_choose(treadle, options: tuple[str, ...], expected: list[str]) -> None:
    shown = treadle("status", "--json", *options).data
    fits("runs", shown)
    assert expected == [row["run_id"] for row in shown["runs"]]


def test_a_filter_that_leaves_nothing_says_so(treadle) -> None:
    ended = treadle("status", "--workflow", "three")
    assert (0, "", "no run fits\n") == (ended.code, ended.out, ended.err)


def test_people_see_the_latest_hundred_and_programs_all(treadle, project: Path) -> None:
    index = Index(project / ".treadle" / "index.db")
    at = "2026-01-02T03:04:05.000+00:00"
    for number in range(120):
        run_id = f"old-{number}"
        (project / ".treadle" / "runs" / run_id).mkdir()
        index.put(
            Row(
                run_id=run_id,
                workflow_id="old",
                status="completed",
                created_at=at,
                updated_at=at,
            )
        )
    ended = treadle("status")
    assert 101 == len(ended.out.splitlines())
    assert "23 older ones are not shown: --limit 123 shows all\n" == ended.err
    assert 124 == len(treadle("status", "--limit", "123").out.splitlines())
    assert 123 == len(treadle("status", "--json").data["runs"])


@pytest.fixture
def unreadable(project: Path) -> None:
    """One run is damaged, one was written by a later version; the index is lost."""
    runs = project / ".treadle" / "runs"
    (project / ".treadle" / "index.db").unlink()
    with closing(sqlite3.connect(runs / "r-one" / "journal.db")) as journal, journal:
        journal.execute("UPDATE transactions SET body = replace(body, 'r-one', 'r-two')")
    with closing(sqlite3.connect(runs / "r-two" / "journal.db")) as journal:
        journal.execute("PRAGMA user_version=99")


def test_runs_that_cannot_be_read_are_listed_with_what_to_do(treadle, unreadable: None) -> None:
    ended = treadle("status")
    words = [line.split() for line in ended.out.splitlines()]
    assert ("r-done", ["r-one", "damaged"], ["r-two", "newer"]) == (words[1][0], *words[2:])
    assert 0 == ended.code
    assert "warning TR901: the journal of run 'r-one' is damaged" in ended.err
    assert "hint: restore the folder '.treadle/runs/r-one' from a backup" in ended.err
    assert "warning TR902: run 'r-two' was written by a newer version" in ended.err


def test_programs_are_told_of_runs_that_cannot_be_read(treadle, unreadable: None) -> None:
    shown = treadle("status", "--json", "--status", "completed").data
    fits("runs", shown)
    assert ["r-done"] == [row["run_id"] for row in shown["runs"]]
    assert [("r-one", "damaged", "TR901"), ("r-two", "newer", "TR902")] == [
        (each["run_id"], each["status"], each["code"]) for each in shown["unreadable"]
    ]


def test_a_list_that_is_filtered_has_no_runs_of_which_nothing_is_known(
    treadle, unreadable: None
) -> None:
    ended = treadle("status", "--workflow", "one")
    assert ("", "no run fits") == (ended.out, ended.err.splitlines()[0])
    assert "TR901" in ended.err


def test_the_gates_of_all_runs_are_listed_the_longest_waiting_first(treadle) -> None:
    ended = treadle("status", "--pending")
    head, *rows = ended.out.splitlines()
    assert ["RUN", "WORKFLOW", "GATE", "WAITS", "OPTIONS", "MESSAGE"] == head.split()
    gates = [row.split()[:3] for row in rows]
    assert [["r-one", "one", "/each/i0/ask"], ["r-two", "two", "/each/i0/ask"]] == gates
    assert "yes, no" in rows[1] and rows[1].endswith("Take a?")
    assert "answer: treadle resume r-one --choice /each/i0/ask=yes\n" == ended.err


def test_the_object_of_pending_gates_fits_its_schema(treadle) -> None:
    shown = treadle("status", "--pending", "--workflow", "two", "--json").data
    fits("pending", shown)
    gates = shown["pending"]
    assert [("r-two", "each:ask:0", "Take a?", ["yes", "no"], None)] == [
        (gate["run_id"], gate["step_id"], gate["message"], gate["options"], gate["due"])
        for gate in gates
    ]


def test_an_overdue_gate_is_not_to_be_answered(treadle, write: Write) -> None:
    write(
        "late.yml",
        """
workflow: {id: late, name: Late, version: "1.0.0"}
steps: [{id: ask, type: gate, message: "On?", timeout: 0.001}]
""",
    )
    treadle("run", "late.yml", "--run-id", "r-late")
    ended = treadle("status", "--pending", "--workflow", "late")
    assert "overdue" == ended.out.splitlines()[1].split()[5]
    assert "overdue, let its time limit decide: treadle resume r-late\n" == ended.err
    assert "overdue since" in treadle("status", "r-late").out


def test_an_answered_gate_waits_no_longer(treadle) -> None:
    for run in ("r-one", "r-two"):
        for item in (0, 1):
            assert 0 == treadle("resume", run, "--choice", f"/each/i{item}/ask=yes").code
    ended = treadle("status", "--pending")
    assert ("", "no gate waits for an answer\n") == (ended.out, ended.err)


@pytest.mark.parametrize(
    "words", [("r-one", "--pending"), ("--since", "soon"), ("--status", "odd"), ("--limit", "0")]
)
def test_wrong_words_are_refused(treadle, words: tuple[str, ...]) -> None:
    ended = treadle("status", *words)
    assert (2, "") == (ended.code, ended.out)


LATE = """
workflow: {id: late, name: Late, version: "1.0.0"}
steps:
  - id: fan
    type: fan-out
    items: [true, false]
    max_concurrency: 2
    step:
      id: s
      type: if
      condition: "{{ item }}"
      then:
        - {id: a, type: shell, run: 'true'}
        - {id: g, type: gate, message: Go, timeout: 0.000001, on_timeout: {choose: approve}}
      else:
        - {id: b, type: shell, run: 'true'}
        - {id: h, type: gate, message: Go}
"""


def test_the_command_that_goes_on_is_never_one_that_is_refused(treadle, write: Write) -> None:
    """Of two gates one is overdue: an answer must name the other, as both of them are open."""
    write("late.yml", LATE)
    told = treadle("run", "late.yml", "--run-id", "r-late").err
    assert "overdue since" in told
    assert told.splitlines()[-1] == treadle("status", "r-late").out.splitlines()[-1]
    ended = treadle(*told.splitlines()[-1].removeprefix("next: treadle ").split())
    assert (0, True) == (ended.code, "completed  " in ended.err)


def test_a_gate_of_a_run_that_is_over_waits_for_nothing(treadle) -> None:
    assert "waits for an answer" in treadle("status", "r-one").out
    treadle("cancel", "r-one")
    told = treadle("status", "r-one").out
    assert (True, False) == ("not answered" in told, "waits" in told)
