"""Lists of runs and gates that a Temporal server makes: the same as those of one machine."""

import json
from typing import Any

from tests.executor.temporal.conftest import HEADER, Crew, plan_of, wait_until
from tests.temporal_server import needs_temporal
from treadle.executor.local import session as local
from treadle.executor.state import RunStatus
from treadle.executor.temporal.listing import Wanted

pytestmark = needs_temporal

GATED = """
steps:
  - {id: first, type: shell, run: 'true'}
  - id: fan
    type: fan-out
    items: [a, b]
    max_concurrency: 2
    step: {id: ask, type: gate, message: "{{ item }}?", timeout: 86400, on_timeout: abort}
"""
DONE = "steps: [{id: one, type: shell, run: 'true'}]"


def statuses(crew: Crew, *options: str) -> dict[str, str]:
    code, out, _ = crew.treadle("status", "--json", *options)
    assert 0 == code
    return {row["run_id"]: row["status"] for row in json.loads(out)["runs"]}


def named(crew: Crew, name: str) -> str:
    return f"{name}-{crew.queue}"


def gates(printed: str) -> list[dict[str, Any]]:
    """Return the gates of a list, but for times."""
    found: list[dict[str, Any]] = json.loads(printed)["pending"]
    return [
        {name: value for name, value in gate.items() if name not in ("since", "due")}
        | {"has_due": gate["due"] is not None}
        for gate in found
    ]


def test_gates_that_wait_are_listed_as_on_one_machine_and_without_a_worker(crew: Crew) -> None:
    crew.hire()
    plan, run_id = plan_of(GATED), crew.queue
    crew.site().start(plan, {}, host=crew.host, run_id=run_id)
    crew.site().start(plan_of(DONE), {}, host=crew.host, run_id=named(crew, "done"))
    local.start(plan, {}, host=crew.host, run_id=run_id)
    crew.dismiss()
    code, out, _ = crew.treadle("status", "--pending", "--json")
    here = crew.treadle("status", "--pending", "--json", "--on", "local")[1]
    assert (0, 1) == (code, len(gates(out)))
    assert gates(here) == gates(out)
    code, out, err = crew.treadle("status", "--pending")
    assert (0, True) == (code, "/fan/i0/ask" in out)
    assert "--choice /fan/i0/ask=approve --on temporal" in err
    assert ["", ""] == [
        crew.treadle("status", "--pending", *options)[1]
        for options in (("--workflow", "other"), ("--status", "failed"))
    ]


def test_a_gate_that_was_answered_is_not_listed_any_more(crew: Crew) -> None:
    crew.hire()
    crew.site().start(plan_of(GATED), {}, host=crew.host, run_id=crew.queue)
    crew.treadle("resume", crew.queue, "--choice", "/fan/i0/ask=approve")

    def left() -> list[str]:
        return [g["address"] for g in gates(crew.treadle("status", "--pending", "--json")[1])]

    wait_until(lambda: left() == ["/fan/i1/ask"])
    crew.treadle("resume", crew.queue, "--choice", "approve")
    wait_until(lambda: left() == [])


def test_runs_are_chosen_by_status_workflow_and_time(crew: Crew) -> None:
    crew.hire()
    other = HEADER.replace("id: flow", "id: other") + DONE
    (crew.project / "other.yml").write_text(other)
    done, gated, failed = (named(crew, name) for name in ("done", "gated", "failed"))
    fails = "steps: [{id: one, type: shell, run: 'false'}]"
    for run_id, text in ((done, DONE), (gated, GATED), (failed, fails)):
        crew.site().start(plan_of(text), {}, host=crew.host, run_id=run_id)
    crew.treadle("run", "other.yml", "--run-id", crew.queue)
    every = {done: "completed", gated: "paused", failed: "failed", crew.queue: "completed"}
    wait_until(lambda: statuses(crew) == every)
    assert [{gated: "paused"}, {gated: "paused", failed: "failed"}, {crew.queue: "completed"}] == [
        statuses(crew, "--status", "paused"),
        statuses(crew, "--status", "paused", "--status", "failed"),
        statuses(crew, "--workflow", "other"),
    ]
    assert [every, {}, 1] == [
        statuses(crew, "--since", "1h"),
        statuses(crew, "--since", "2100-01-01"),
        len(statuses(crew, "--limit", "1")),
    ]
    code, out, err = crew.treadle("status", "--workflow", "it's none")
    assert (0, "", "no run fits\n") == (code, out, err)


def test_a_run_whose_workflow_was_ended_is_listed_as_interrupted(crew: Crew) -> None:
    crew.hire()
    text = "steps: [{id: long, type: shell, run: 'until [ -e go ]; do sleep 0.1; done'}]"
    crew.site(waits=False).start(plan_of(text), {}, host=crew.host, run_id=crew.queue)
    wait_until(lambda: statuses(crew, "--status", "running") == {crew.queue: "running"})
    crew.ask(lambda client: client.get_workflow_handle(crew.queue).terminate())
    wait_until(lambda: statuses(crew) == {crew.queue: "interrupted"})
    assert {} == statuses(crew, "--status", "running")
    found = crew.site().listed(Wanted(statuses=(RunStatus.INTERRUPTED,)), host=crew.host)
    assert [crew.queue] == [each.row.run_id for each in found]
    (crew.project / "go").touch()
    crew.site().start(plan_of(GATED), {}, host=crew.host, run_id=named(crew, "gated"))
    crew.ask(lambda client: client.get_workflow_handle(named(crew, "gated")).terminate())
    assert RunStatus.INTERRUPTED is crew.site().load_shown(named(crew, "gated"), host=crew.host)[1]
    wait_until(lambda: statuses(crew).get(named(crew, "gated")) == "interrupted")
    answered = crew.treadle("resume", named(crew, "gated"), "--choice", "approve")
    assert (0, True) == (answered[0], "paused at fan:ask:1" in answered[2])


def test_temporal_describes_a_run_as_treadle_shows_it(crew: Crew) -> None:
    crew.hire()
    crew.site().start(plan_of(GATED), {}, host=crew.host, run_id=crew.queue)

    async def asked(client: Any) -> tuple[Any, str, str]:
        handle = client.get_workflow_handle(crew.queue)
        described = await handle.describe()
        metadata = await handle.query("__temporal_workflow_metadata")
        summary, details = await described.static_summary(), await described.static_details()
        return metadata, summary, details

    metadata, summary, details = crew.ask(asked)
    shown = crew.treadle("status", crew.queue, "--json")[1]
    assert "paused" == json.loads(shown)["status"]
    assert metadata.current_details.startswith("**paused** at fan:ask:0\n\n/fan/i0/ask asks: a?")
    assert ("Flow", "Flow, version 1.0.0") == (summary, details.split("\n\n")[0])
    timers = [
        event.user_metadata.summary.data
        for event in crew.history(crew.queue).events
        if event.HasField("timer_started_event_attributes")
    ]
    assert [b'"deadline of the gate"'] == timers
