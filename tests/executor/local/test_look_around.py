"""The look around before a run, however somebody begins it or goes on with it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.executor.local.plans import HEADER, plan_of
from treadle.compiler import Available, compile_text
from treadle.executor import Refused, StepType, resume, run
from treadle.executor.local.fork import fork
from treadle.executor.local.host import Host
from treadle.executor.local.look_around import looking_around, may_need
from treadle.executor.local.mending import Request, go_back, replace_plan
from treadle.executor.local.session import start
from treadle.executor.prospect import Prospect
from treadle.plan.problems import Problem

NOTIFY = """
step_types:
  notify:
    package: treadle-notify
    input_schema: {type: object, properties: {to: {type: string}}, additionalProperties: false}
    output_schema: {type: object, additionalProperties: false}
"""
FIRST = "  - {id: first, type: shell, run: echo first >> log}\n"
GATE = "  - {id: ask, type: gate, message: '?'}\n"
LAST = "  - {id: last, type: shell, run: echo last >> log}\n"
AGENT = "  - {id: last, type: prompt, prompt: tea, integration: claude}\n"
TELL = "  - {id: tell, type: notify, input: {to: ops}}\n"
GATED = f"steps:\n{FIRST}{GATE}{LAST}"

Begin = Callable[[Path, list[Problem]], object]


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No agent is on the PATH."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def host(project: Path, told: list[Problem]) -> Host:
    environment = dict(os.environ)
    look = looking_around(project, environment, told.append)
    return Host(project=project, environment=environment, preflight=look)


def agree(prospect: Prospect) -> bool:
    return True


def never(prospect: Prospect) -> bool:
    raise AssertionError("nobody is to be asked")


def journal(project: Path) -> bytes:
    return (project / ".treadle" / "runs" / "r1" / "journal.db").read_bytes()


def codes_of(begin: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        begin()
    return [reason.code for reason in refused.value.problems]


def test_an_edited_plan_that_needs_what_is_not_here_is_refused_before_the_question(
    tmp_path: Path,
) -> None:
    run(plan_of(GATED), project=tmp_path, run_id="r1")
    before = journal(tmp_path)
    new = plan_of(f"{NOTIFY}steps:\n{FIRST}{GATE}{TELL}{AGENT}")
    found = codes_of(
        lambda: replace_plan(
            Request(name="r1", given={}), new, host=host(tmp_path, []), approve=never
        )
    )
    assert (["TR745", "TR726"], before) == (found, journal(tmp_path))


def test_what_an_edited_plan_needs_only_behind_the_run_is_not_looked_for(tmp_path: Path) -> None:
    run(plan_of(GATED), project=tmp_path, run_id="r1")
    early = AGENT.replace("id: last", "id: early")
    rested = replace_plan(
        Request(name="r1", given={}, choices=("approve",)),
        plan_of(f"steps:\n{early}{FIRST}{GATE}{LAST}"),
        host=host(tmp_path, []),
        approve=agree,
    )
    assert "completed" == rested.run.status


def test_going_back_behind_an_edit_looks_for_what_the_edit_needs(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    run(plan_of(f"steps:\n{FIRST}"), project=tmp_path, run_id="r1")
    before = journal(tmp_path)
    new = plan_of(f"steps:\n{AGENT.replace('id: last', 'id: first')}")
    found = codes_of(
        lambda: replace_plan(
            Request(name="r1", given={}),
            new,
            host=host(tmp_path, []),
            approve=never,
            accepts_changes=True,
        )
    )
    assert (["TR726"], before) == (found, journal(tmp_path))


@pytest.mark.parametrize("way", ["back", "fork"])
def test_a_step_that_runs_again_needs_its_step_type(tmp_path: Path, way: str) -> None:
    notify = StepType(
        name="notify",
        input_schema={"type": "object", "additionalProperties": False},
        output_schema={"type": "object"},
        perform=lambda request: {},
    )
    known = Available(installed={"notify": notify.signature()})
    text = f"{HEADER}steps:\n{FIRST}{GATE}{TELL.replace('{to: ops}', '{}')}"
    plan = compile_text(text, step_types=known).plan
    assert plan is not None
    begun = Host(project=tmp_path, environment={}, find_step_type=lambda name: notify)
    start(plan, {}, host=begun, run_id="r1")
    before = journal(tmp_path)
    request = Request(name="r1", given={})
    act = go_back if way == "back" else fork
    found = codes_of(lambda: act(request, "first", host=host(tmp_path, []), approve=never))
    assert (["TR745"], before) == (found, journal(tmp_path))
    assert ["r1"] == [path.name for path in (tmp_path / ".treadle" / "runs").iterdir()]


def test_python_is_refused_as_the_command_line_is(tmp_path: Path) -> None:
    plan = plan_of(f"{NOTIFY}steps:\n{TELL}{AGENT}")
    assert ["TR745", "TR726"] == codes_of(lambda: run(plan, project=tmp_path))
    assert [] == list(tmp_path.iterdir())


def test_python_resumes_only_with_what_is_left_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = tmp_path / "bin" / "claude"
    agent.parent.mkdir()
    agent.write_text("#!/bin/sh\n")
    agent.chmod(0o755)
    monkeypatch.setenv("PATH", f"{agent.parent}:/usr/bin:/bin")
    plan = plan_of(f"steps:\n{FIRST}{GATE}{AGENT}")
    assert "paused" == run(plan, project=tmp_path, run_id="r1").status
    agent.unlink()
    before, choices = journal(tmp_path), {"ask": "approve"}
    assert ["TR726"] == codes_of(lambda: resume("r1", project=tmp_path, choices=choices))
    assert before == journal(tmp_path)


def test_python_gets_what_was_let_pass_with_the_result(tmp_path: Path) -> None:
    plan = plan_of(f"steps:\n{FIRST}{AGENT}")
    failed = run(plan, {"colour": "red"}, project=tmp_path, run_id="r1", lenient=True)
    assert ("failed", ["TR705", "TR726"]) == (failed.status, [w.code for w in failed.warnings])


def test_each_warning_is_told_once(tmp_path: Path) -> None:
    told: list[Problem] = []
    same = host(tmp_path, told)
    plan = plan_of(
        "steps:\n  - {id: last, type: prompt, prompt: tea, integration: claude, "
        "continue_on_error: true}\n" + GATE
    )
    for _ in range(2):
        start(plan, {}, host=same)
    assert ["TR726"] == [problem.code for problem in told]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (FIRST + GATE, False),
        (AGENT, True),
        ("  - {id: a, type: shell, run: ls, cwd: src}\n", True),
        ("  - {id: a, type: gate, message: '?', show_file: a.md}\n", True),
    ],
)
def test_a_plan_that_needs_only_a_shell_is_not_looked_at(steps: str, expected: bool) -> None:
    assert expected == may_need(plan_of(f"steps:\n{steps}"))
