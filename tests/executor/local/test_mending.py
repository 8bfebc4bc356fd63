"""Going back, and going on under an edited plan, on the disk."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.executor.local.plans import plan_of
from treadle.executor import Refused, run, status
from treadle.executor.event_json import to_json
from treadle.executor.local.fork import fork
from treadle.executor.local.host import Host
from treadle.executor.local.journal import read
from treadle.executor.local.mending import Request, go_back, replace_plan
from treadle.executor.local.store import Store
from treadle.executor.outcome import status_object
from treadle.executor.prospect import Prospect
from treadle.executor.state import RunStatus
from treadle.plan.expression import Json
from treadle.plan.inputs import Given
from treadle.schemas import load

FLOW = """
inputs:
  word: {type: string, default: one}
steps:
  - {id: setup, type: shell, run: 'echo "$TREADLE_IDEMPOTENCY_KEY $TREADLE_ATTEMPT" >> log'}
  - {id: build, type: shell, env: {W: "{{ inputs.word }}"}, run: 'echo "build $W" >> log'}
  - {id: check, type: shell, run: test -e mended}
"""


def request(name: str = "r1", **inputs: Json) -> Request:
    given = {key: Given(value=value, is_text=False) for key, value in inputs.items()}
    return Request(name=name, given=given)


def host(project: Path) -> Host:
    return Host(project=project, environment={"PATH": "/usr/bin:/bin"})


def agree(prospect: Prospect) -> bool:
    return True


def rows(project: Path, run_id: str = "r1") -> list[tuple[int, str, str]]:
    path = project / ".treadle" / "runs" / run_id / "journal.db"
    with closing(sqlite3.connect(path)) as journal:
        return journal.execute("SELECT * FROM transactions ORDER BY number").fetchall()


def log(project: Path) -> list[str]:
    return (project / "log").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    """A project whose run `r1` failed at `check`."""
    assert run(plan_of(FLOW), project=tmp_path, run_id="r1").status == "failed"
    return tmp_path


def test_what_was_done_runs_again_with_new_inputs(failed: Path) -> None:
    (failed / "mended").touch()
    rested = go_back(request(word="two"), "build", host=host(failed), approve=agree)
    assert RunStatus.COMPLETED is rested.run.status
    assert ["build one", "build two"] == log(failed)[1:]
    assert ["/setup"] == [a for a, o in rested.run.occurrences.items() if o.attempts == 1]


def test_a_step_that_was_done_has_a_new_key_and_the_next_attempt(failed: Path) -> None:
    go_back(request(), "setup", host=host(failed), approve=agree)
    (first, one), (second, two) = (line.split() for line in (log(failed)[0], log(failed)[2]))
    assert ("1", "2") == (one, two)
    assert first != second


def test_without_a_yes_nothing_is_written(failed: Path) -> None:
    before = rows(failed)
    asked: list[Prospect] = []
    with pytest.raises(Refused) as refused:
        go_back(request(), "build", host=host(failed), approve=lambda p: bool(asked.append(p)))
    assert ["TR938"] == [reason.code for reason in refused.value.problems]
    assert ["/build", "/check"] == [step.address for step in asked[0].returns.again]
    assert before == rows(failed)


@pytest.mark.parametrize(
    ("step", "inputs", "code"),
    [("nope", {}, "TR936"), ("build", {"word": 1}, "TR702"), ("build", {"wrod": "x"}, "TR705")],
)
def test_a_refusal_comes_before_the_question(
    failed: Path, step: str, inputs: Mapping[str, Json], code: str
) -> None:
    before = rows(failed)

    def never(prospect: Prospect) -> bool:
        raise AssertionError("nobody is to be asked")

    with pytest.raises(Refused) as refused:
        go_back(request(**inputs), step, host=host(failed), approve=never)
    assert [code] == [reason.code for reason in refused.value.problems]
    assert before == rows(failed)


def test_a_completed_run_goes_back_and_completes_again(failed: Path) -> None:
    (failed / "mended").touch()
    go_back(request(), "check", host=host(failed), approve=agree)
    assert status("r1", project=failed).status == "completed"
    go_back(request(), "check", host=host(failed), approve=agree)
    assert status("r1", project=failed).results["check"]["attempts"] == 3


def test_an_edited_plan_replaces_the_old_one_and_both_are_kept(failed: Path) -> None:
    edited = plan_of(FLOW.replace("test -e mended", "echo fine"))
    rested = replace_plan(request(), edited, host=host(failed), approve=agree)
    assert RunStatus.COMPLETED is rested.run.status
    folder = Store(failed).find("r1")
    program, found = Store(failed).load(folder)
    assert edited.digest == program.plan.digest
    assert status_object(rested.run, rested.run.status) == status_object(found, found.status)
    names = {path.stem for path in folder.plans.iterdir()}
    assert {plan_of(FLOW).digest[7:], edited.digest[7:]} == names


def test_a_crash_between_the_plan_and_its_event_leaves_the_run_as_it_was(failed: Path) -> None:
    edited = plan_of(FLOW.replace("test -e mended", "echo fine"))
    store = Store(failed)
    folder = store.find("r1")
    _, before = store.load(folder)
    store.replace_plan(folder, plan_of(FLOW), edited)
    program, after = store.load(folder)
    assert plan_of(FLOW).digest == program.plan.digest
    assert status_object(before, before.status) == status_object(after, after.status)
    rested = replace_plan(request(), edited, host=host(failed), approve=agree)
    assert RunStatus.COMPLETED is rested.run.status


def test_inputs_of_the_new_plan_are_asked_of_the_old_values(failed: Path) -> None:
    before = rows(failed)
    narrow = plan_of(FLOW.replace("default: one", "enum: [two], default: two"))
    more = plan_of(FLOW.replace("steps:", "  other: {type: integer, required: true}\nsteps:"))
    for edited, code, field in ((narrow, "TR703", "word"), (more, "TR701", "other")):
        with pytest.raises(Refused) as refused:
            replace_plan(request(), edited, host=host(failed), approve=agree)
        assert [(code, field)] == [(r.code, r.field) for r in refused.value.problems]
        assert before == rows(failed)
    (failed / "mended").touch()
    rested = replace_plan(request(other=7), more, host=host(failed), approve=agree)
    assert {"word": "one", "other": 7} == rested.run.inputs


def test_what_is_done_and_changed_is_refused_or_accepted(failed: Path) -> None:
    before = rows(failed)
    edited = plan_of(FLOW.replace("build $W", "made $W").replace("test -e mended", "echo fine"))
    with pytest.raises(Refused) as refused:
        replace_plan(request(), edited, host=host(failed), approve=agree)
    assert ["TR939"] == [reason.code for reason in refused.value.problems]
    assert before == rows(failed)
    rested = replace_plan(request(), edited, host=host(failed), approve=agree, accepts_changes=True)
    assert RunStatus.COMPLETED is rested.run.status
    assert ["build one", "made one"] == log(failed)[1:]


def test_going_back_makes_a_change_acceptable(failed: Path) -> None:
    (failed / "mended").touch()
    edited = plan_of(FLOW.replace("build $W", "made $W"))
    rested = replace_plan(request(), edited, host=host(failed), approve=agree, step="build")
    assert RunStatus.COMPLETED is rested.run.status
    assert ["build one", "made one"] == log(failed)[1:]


def test_a_completed_run_is_not_resumed_under_a_plan_that_changes_nothing_done(
    failed: Path,
) -> None:
    (failed / "mended").touch()
    go_back(request(), "check", host=host(failed), approve=agree)
    with pytest.raises(Refused) as refused:
        replace_plan(request(), plan_of(FLOW), host=host(failed), approve=agree)
    assert ["TR905"] == [reason.code for reason in refused.value.problems]


def test_what_is_written_fits_the_schema_of_events(failed: Path) -> None:
    edited = plan_of(FLOW.replace("test -e mended", "echo fine"))
    replace_plan(request(), edited, host=host(failed), approve=agree)
    go_back(request(word="two"), "build", host=host(failed), approve=agree)
    fork(request(), "check", host=host(failed), approve=agree, run_id="r2")
    journal = failed / ".treadle/runs/r2/journal.db"
    found = [to_json(event) for events in read(journal, "r2") for event in events]
    written = json.loads(json.dumps(found))
    validator = Draft202012Validator(load("event"))
    assert [] == [error.message for data in written for error in validator.iter_errors(data)]
    names = {data["event"] for data in written}
    assert {"plan-replaced", "run-rewound", "run-forked"} <= names


def test_a_plan_that_is_lost_or_edited_is_told(failed: Path) -> None:
    edited = plan_of(FLOW.replace("test -e mended", "echo fine"))
    replace_plan(request(), edited, host=host(failed), approve=agree)
    store = Store(failed)
    folder = store.find("r1")
    old = folder.plans / f"{plan_of(FLOW).digest[7:]}.json"
    text = old.read_text(encoding="utf-8")
    old.write_text(text.replace("test -e mended", "true"), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        store.load(folder)
    assert ["TR602"] == [reason.code for reason in refused.value.problems]
    old.unlink()
    with pytest.raises(Refused) as refused:
        store.load(folder)
    assert ["TR930"] == [reason.code for reason in refused.value.problems]
