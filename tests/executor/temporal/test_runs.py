"""Runs on a real Temporal server: nothing is lost, and nothing is done twice that was finished."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.executor.temporal.conftest import Crew, plan_of, wait_until
from tests.temporal_server import WANTED, needs_temporal
from treadle.executor.errors import Refused
from treadle.executor.local import session as local
from treadle.executor.outcome import status_object
from treadle.executor.state import Run, RunStatus
from treadle.plan.inputs import Given

pytestmark = needs_temporal
IS_WHOLE = WANTED == "all"
ITEMS = 1000 if IS_WHOLE else 200
RUNS = 200 if IS_WHOLE else 20
LONGEST_PAUSE_S = 180.0

# Waits for a file, and tells who is at work: the shell's parent is the worker.
TELL = "echo $PPID >> workers; echo $TREADLE_IDEMPOTENCY_KEY >> keys"
LONG = f"{TELL}; until [ -e go ]; do sleep 0.1; done"
TWO_STEPS = f"""
steps:
  - {{id: first, type: shell, run: echo first >> firsts}}
  - {{id: long, type: shell, run: "{LONG}"}}
  - {{id: last, type: shell, run: echo last >> lasts}}
"""
GATED = """
inputs:
  word: {type: string, default: hey, enum: [hey, ho]}
  count: {type: integer, default: 1}
steps:
  - {id: ask, type: gate, message: "go on?"}
  - {id: say, type: shell, run: "echo {{ inputs.word | shquote }}"}
"""


def given(**values: Any) -> dict[str, Given]:
    return {name: Given(value=value, is_text=True) for name, value in values.items()}


def statuses(run: Run) -> dict[str, Any]:
    return dict(status_object(run, run.status)["steps"])


def reasons(work: Callable[[], object]) -> list[tuple[str, str, str | None, str | None]]:
    with pytest.raises(Refused) as refused:
        work()
    return [(each.code, each.message, each.hint, each.field) for each in refused.value.problems]


def is_alive(process: int) -> bool:
    """Whether a process is more than a number that nobody has asked about yet."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return state.stdout.strip()[:1] not in ("", "Z")


def test_another_worker_takes_over_the_step_of_one_that_was_killed(crew: Crew) -> None:
    crew.hire(2)
    begun = crew.site(waits=False).start(plan_of(TWO_STEPS), {}, host=crew.host)
    wait_until(lambda: crew.lines("keys"))
    os.kill(int(crew.lines("workers")[0]), signal.SIGKILL)
    wait_until(lambda: len(crew.lines("keys")) == 2)
    (crew.project / "go").touch()
    run = crew.site().follow(begun.run.id, host=crew.host, watch=lambda decision: None)
    assert (RunStatus.COMPLETED, ["first"], ["last"]) == (
        run.status,
        crew.lines("firsts"),
        crew.lines("lasts"),
    )
    assert (2, 1) == (len(set(crew.lines("workers"))), len(set(crew.lines("keys"))))


def test_a_server_that_is_killed_and_started_again_goes_on_with_its_file(crew: Crew) -> None:
    crew.hire(2)
    begun = crew.site(waits=False).start(plan_of(TWO_STEPS), {}, host=crew.host)
    wait_until(lambda: crew.lines("keys"))
    crew.server.kill()
    crew.server.start()
    (crew.project / "go").touch()
    run = crew.site().follow(begun.run.id, host=crew.host, watch=lambda decision: None)
    assert (RunStatus.COMPLETED, ["first"]) == (run.status, crew.lines("firsts"))


def test_a_run_waits_for_an_answer_without_client_and_without_worker(
    crew: Crew, proof_seconds: float
) -> None:
    crew.hire()
    begun = crew.site().start(plan_of(GATED), {}, host=crew.host)
    assert RunStatus.PAUSED is begun.run.status
    crew.dismiss()
    # Nobody is there meanwhile but the server, whose clock is the real one.
    time.sleep(min(proof_seconds, LONGEST_PAUSE_S))
    crew.hire()
    rested = crew.site().resume(begun.run.id, given(word="ho"), host=crew.host, choices=["approve"])
    assert (RunStatus.COMPLETED, "ho\n") == (
        rested.run.status,
        (rested.run.occurrences["/say"].output or {})["stdout"],
    )


def test_a_resume_is_refused_as_on_one_machine_and_leaves_no_event(crew: Crew) -> None:
    crew.hire()
    plan = plan_of(GATED)
    begun = crew.site().start(plan, {}, host=crew.host, run_id="r1")
    here = local.start(plan, {}, host=crew.host, run_id="r1")
    before = crew.events("r1")
    for values, choices in (
        (given(word="no", wrod="x", count="many"), []),
        ({}, ["maybe"]),
        ({}, ["nowhere=approve"]),
    ):
        wanted = reasons(
            lambda v=values, c=choices: local.resume("r1", v, host=crew.host, choices=c)  # type: ignore[misc]
        )
        found = reasons(
            lambda v=values, c=choices: crew.site().resume("r1", v, host=crew.host, choices=c)  # type: ignore[misc]
        )
        assert wanted == found
    assert before == crew.events("r1")
    assert statuses(here.run) == statuses(begun.run)


def test_a_run_that_has_ended_says_so_to_whoever_resumes_or_cancels_it(crew: Crew) -> None:
    crew.hire()
    plan = plan_of("steps: [{id: one, type: shell, run: 'true'}]")
    run_id = crew.site().start(plan, {}, host=crew.host).run.id
    site, host = crew.site(), crew.host
    assert ["TR905", "TR910", "TR906", "TR904"] == [
        reasons(work)[0][0]
        for work in (
            lambda: site.resume(run_id, {}, host=host),
            lambda: site.cancel(run_id, host=host),
            lambda: site.start(plan, {}, host=host, run_id=run_id),
            lambda: site.load("none", host=host),
        )
    ]


def test_a_run_that_is_cancelled_ends_its_processes_and_does_its_finally(crew: Crew) -> None:
    crew.hire()
    plan = plan_of(
        """
steps:
  - {id: long, type: shell, run: "sleep 600 & echo $! > child; wait"}
finally:
  - {id: bye, type: shell, run: "echo {{ context.status }} >> byes"}
"""
    )
    begun = crew.site(waits=False).start(plan, {}, host=crew.host)
    wait_until(lambda: crew.lines("child"))
    rested = crew.site().cancel(begun.run.id, host=crew.host, reason="enough")
    assert (RunStatus.CANCELLED, ["cancelled"]) == (rested.run.status, crew.lines("byes"))
    assert not is_alive(int(crew.lines("child")[0]))

    def shown() -> str:
        described = crew.ask(lambda client: client.get_workflow_handle(begun.run.id).describe())
        return described.status.name if described.status is not None else ""

    wait_until(lambda: shown() == "CANCELED")


def test_a_run_has_a_time_limit_and_its_steps_are_tried_again(crew: Crew) -> None:
    crew.hire()
    plan = plan_of(
        """
timeout: 4
steps:
  - {id: flaky, type: shell, run: "[ -e ok ] || { touch ok; exit 3; }",
     retry: {max_attempts: 2, delay: 0.1}}
  - {id: long, type: shell, run: "sleep 600"}
"""
    )
    run = crew.site().start(plan, {}, host=crew.host).run
    assert (RunStatus.FAILED, 2) == (run.status, run.occurrences["/flaky"].attempts)
    assert run.error is not None and "TR816" in run.error
    assert RunStatus.CANCELLED is crew.site().cancel(run.id, host=crew.host).run.status


def test_a_gate_that_nobody_answers_in_time_decides_by_itself(crew: Crew) -> None:
    crew.hire()
    plan = plan_of(
        """
steps:
  - {id: ask, type: gate, message: "ok?", timeout: 1, on_timeout: {choose: approve}}
  - {id: after, type: shell, run: "echo {{ steps.ask.output.by }}"}
"""
    )
    begun = crew.site().start(plan, {}, host=crew.host)
    assert RunStatus.PAUSED is begun.run.status

    def is_done() -> bool:
        return crew.site().load(begun.run.id, host=crew.host).status is RunStatus.COMPLETED

    wait_until(is_done)


def test_a_long_run_goes_on_in_new_histories(crew: Crew) -> None:
    from treadle.executor.temporal.messages import Limits

    crew.hire(2)
    plan = plan_of(
        """
steps:
  - {id: loop, type: while, condition: "{{ true }}", max_iterations: 20,
     steps: [{id: in, type: shell, run: echo in >> ins}]}
  - {id: fan, type: fan-out, items: [1, 2, 3, 4, 5, 6, 7, 8, 9], max_concurrency: 4,
     step: {id: each, type: shell, run: "echo {{ item }} >> eaches"}}
  - {id: ask, type: gate, message: "ok?"}
  - {id: end, type: shell, run: "echo {{ steps.fan.output.item_count }}"}
"""
    )
    site = crew.site(Limits(heartbeat_s=3.0, history_events=60))
    begun = site.start(plan, {}, host=crew.host)
    rested = site.resume(begun.run.id, {}, host=crew.host, choices=["approve"])
    here = local.start(plan, {}, host=crew.host)
    there = local.resume(here.run.id, {}, host=crew.host, choices=["approve"])
    assert statuses(there.run) == statuses(rested.run)
    assert (40, 18) == (len(crew.lines("ins")), len(crew.lines("eaches")))

    async def histories(client: Any) -> int:
        found = client.list_workflows(f"WorkflowId = '{begun.run.id}'")
        return len([each async for each in found])

    wait_until(lambda: crew.ask(histories) >= 3)


def test_many_items_are_done_by_two_workers(crew: Crew) -> None:
    crew.hire(2)
    plan = plan_of(
        f"""
steps:
  - id: list
    type: shell
    run: seq {ITEMS} | tr '\\n' ',' | sed 's/^/[/; s/,$/]/'
    output_format: json
  - {{id: fan, type: fan-out, items: "{{{{ steps.list.output.data }}}}", max_concurrency: 32,
     step: {{id: each, type: shell, run: "echo {{{{ item }}}}"}}}}
"""
    )
    run = crew.site().start(plan, {}, host=crew.host).run
    assert (RunStatus.COMPLETED, None) == (run.status, run.error)
    said = [run.occurrences[f"/fan/i{i}/each"].output or {} for i in range(ITEMS)]
    assert [f"{number}\n" for number in range(1, ITEMS + 1)] == [each["stdout"] for each in said]
    kinds = Counter(crew.events(run.id))
    print(f"{sum(kinds.values()) / ITEMS:.2f} events an item: {dict(kinds)}")
    assert sum(kinds.values()) < 6 * ITEMS + 30


def test_many_runs_wait_at_their_gates_at_the_same_time(crew: Crew) -> None:
    crew.hire(2)
    plan = plan_of(GATED)
    begun = [crew.site(waits=False).start(plan, {}, host=crew.host).run.id for _ in range(RUNS)]
    for run_id in begun:
        rested = crew.site().resume(run_id, {}, host=crew.host, choices=["approve"])
        assert RunStatus.COMPLETED is rested.run.status


def test_temporal_shows_the_names_of_the_workflow_and_its_steps(crew: Crew) -> None:
    crew.hire()
    plan = plan_of(
        """
steps:
  - {id: build, type: shell, run: 'true'}
  - {id: fan, type: fan-out, items: [1, 2], step: {id: each, type: shell, run: 'true'}}
  - {id: ask, type: gate, message: "ok?"}
"""
    )
    run = crew.site().start(plan, {}, host=crew.host).run
    events = crew.history(run.id).events
    names = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    assert ["build", "fan:each:0", "fan:each:1"] == names
    started = events[0].workflow_execution_started_event_attributes
    assert "flow" == started.workflow_type.name

    async def asked(client: Any) -> tuple[Any, Any]:
        handle = client.get_workflow_handle(run.id)
        described = await handle.describe()
        found = {pair.key.name: pair.value for pair in described.typed_search_attributes}
        return await handle.query("status"), found

    status, attributes = crew.ask(asked)
    assert json.loads(json.dumps(status_object(run, run.status), default=dict)) == status
    assert {"TreadleWorkflow": "flow", "TreadleStatus": "paused", "TreadleStep": "ask"} == {
        name: value for name, value in attributes.items() if name.startswith("Treadle")
    }


def test_a_secret_is_the_workers_and_never_in_the_history(crew: Crew) -> None:
    plan = plan_of(
        """
inputs: {token: {type: string, secret: true, required: true}}
steps:
  - {id: use, type: shell, run: 'test "$TOKEN" = s3cr3t-value && echo "$TOKEN"',
     env: {TOKEN: "{{ inputs.token }}"}}
"""
    )
    assert ["TR874"] == [
        reason[0]
        for reason in reasons(
            lambda: crew.site().start(plan, given(token="s3cr3t-value"), host=crew.host)
        )
    ]
    crew.hire()
    run = crew.site().start(plan, {}, host=crew.host).run
    assert (RunStatus.FAILED, True) == (run.status, "TR870" in (run.error or ""))
    crew.dismiss()
    crew.hire(TREADLE_INPUT_TOKEN="s3cr3t-value")
    rested = crew.site().resume(run.id, {}, host=crew.host)
    assert RunStatus.COMPLETED is rested.run.status
    assert "s3cr3t-value" not in crew.history(run.id).to_json()


def test_large_outputs_go_by_claim_check(crew: Crew) -> None:
    crew.hire()
    plan = plan_of(
        """
steps:
  - {id: big, type: shell, run: "head -c 300000 /dev/zero | tr '\\\\0' x"}
  - id: size
    type: shell
    run: printf %s "$BIG" | wc -c
    env: {BIG: "{{ steps.big.output.stdout[:100000] }}"}
"""
    )
    run = crew.site().start(plan, {}, host=crew.host).run
    assert (RunStatus.COMPLETED, 300_000) == (
        run.status,
        len((run.occurrences["/big"].output or {})["stdout"]),
    )
    assert "100000" == (run.occurrences["/size"].output or {})["stdout"].strip()
    assert len(crew.history(run.id).to_json()) < 100_000


def test_a_step_runs_on_the_workers_with_its_label(crew: Crew) -> None:
    crew.hire(1, PLACE="any")
    crew.hire(1, "--label", "gpu", "--labels-only", PLACE="gpu")
    plan = plan_of(
        """
steps:
  - {id: here, type: shell, run: "echo $PLACE >> places"}
  - {id: there, type: shell, run: "echo $PLACE >> places", runs_on: gpu}
"""
    )
    assert RunStatus.COMPLETED is crew.site().start(plan, {}, host=crew.host).run.status
    assert ["any", "gpu"] == crew.lines("places")


def test_a_step_that_ends_every_worker_has_failed(crew: Crew) -> None:
    from treadle.executor.temporal.messages import Limits

    crew.hire(2)
    limits = Limits(heartbeat_s=2.0, infrastructure_attempts=1)
    begun = crew.site(limits, waits=False).start(plan_of(TWO_STEPS), {}, host=crew.host)
    wait_until(lambda: crew.lines("keys"))
    os.kill(int(crew.lines("workers")[0]), signal.SIGKILL)
    run = crew.site().follow(begun.run.id, host=crew.host, watch=lambda decision: None)
    assert (RunStatus.FAILED, ["first"]) == (run.status, crew.lines("firsts"))
    wanted = "no worker has brought the step to an end: its workers fell silent [TR871]"
    assert wanted == run.error


def test_what_is_no_run_of_ours_is_told_from_one_that_is(crew: Crew) -> None:
    crew.hire()

    async def begin(client: Any) -> None:
        await client.start_workflow("other", {"plan": 1}, id="other", task_queue=crew.queue)

    crew.ask(begin)
    assert ["TR875"] == [r[0] for r in reasons(lambda: crew.site().load("other", host=crew.host))]


def test_the_output_of_steps_is_printed_from_its_file_or_as_captured(crew: Crew) -> None:
    crew.hire()
    plan = plan_of("steps: [{id: one, type: shell, run: 'echo out; echo err >&2'}]")
    run_id = crew.site().start(plan, {}, host=crew.host).run.id
    assert (0, "out\nerr\n") == crew.treadle("logs", run_id)[:2]
    for path in (crew.project / ".treadle" / "temporal").rglob("*.out"):
        path.unlink()
    code, out, err = crew.treadle("logs", run_id)
    assert (0, "out\nerr\n") == (code, out)
    assert "==> one (attempt 1, stdout) <==\n==> one (attempt 1, stderr) <==\n" == err


def test_runs_are_listed_and_found_by_the_beginning_of_their_ids(crew: Crew) -> None:
    crew.hire()
    plan = plan_of("steps: [{id: one, type: shell, run: 'true'}]")
    for run_id in ("alpha", "alpine", "beta"):
        crew.site().start(plan, {}, host=crew.host, run_id=run_id)
    wait_until(lambda: len(crew.site().listed(host=crew.host)) == 3)
    assert "beta" == crew.site().load("b", host=crew.host).id
    assert "beta" == crew.site().load("@latest", host=crew.host).id
    assert ["TR909"] == [r[0] for r in reasons(lambda: crew.site().load("alp", host=crew.host))]
    code, out, _ = crew.treadle("status", "--json")
    assert (0, ["beta", "alpine", "alpha"]) == (
        code,
        [row["run_id"] for row in json.loads(out)["runs"]],
    )
