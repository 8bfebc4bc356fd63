"""Going back, copies and edited plans on a real Temporal server: the same as on one machine."""

import json
from typing import Any

import pytest

from tests.executor.temporal.conftest import HEADER, Crew, plan_of, wait_until
from tests.temporal_server import needs_temporal
from treadle.executor.errors import Refused
from treadle.executor.local import fork as local_fork
from treadle.executor.local import mending as local_mending
from treadle.executor.local import session as local
from treadle.executor.local.mending import Request
from treadle.executor.outcome import status_object
from treadle.executor.prospect import Prospect
from treadle.executor.state import Run, RunStatus
from treadle.plan.inputs import Given

pytestmark = needs_temporal

STEPS = """
inputs: {word: {type: string, default: hey}}
steps:
  - {id: one, type: shell, run: echo one >> ones}
  - {id: two, type: shell, run: "echo {{ inputs.word }} >> twos"}
  - {id: three, type: shell, run: "test -e ok"}
"""
EDITED = STEPS.replace("test -e ok", "echo three >> threes")
CHANGED = EDITED.replace("echo {{ inputs.word }} >> twos", "echo new >> twos")


def yes(prospect: Prospect) -> bool:
    return True


def no(prospect: Prospect) -> bool:
    return False


def codes(refused: Refused) -> list[str]:
    return [reason.code for reason in refused.problems]


def told(run: Run) -> dict[str, Any]:
    """Return what people see of a run, but for times and its id."""
    shown = status_object(run, run.status)
    results = {
        name: {key: result[key] for key in ("address", "status", "output", "attempts")}
        for name, result in shown["results"].items()
    }
    return {name: shown[name] for name in ("status", "steps", "inputs")} | {"results": results}


def executions(crew: Crew, run_id: str) -> int:
    """Return how many workflows a run has had."""

    async def counted(client: Any) -> int:
        return len([each async for each in client.list_workflows(f"WorkflowId = '{run_id}'")])

    return crew.ask(counted)


def test_a_failed_run_goes_back_to_a_step_as_on_one_machine(crew: Crew) -> None:
    from treadle.executor.temporal.mending import go_back

    crew.hire()
    plan, host, site = plan_of(STEPS), crew.host, crew.site()
    there = site.start(plan, {}, host=host, run_id=crew.queue)
    local.start(plan, {}, host=host, run_id=crew.queue)
    assert RunStatus.FAILED is there.run.status
    (crew.project / "ok").touch()
    request = Request(name=crew.queue, given={"word": Given(value="ho", is_text=True)})
    prospects: list[Prospect] = []
    before = crew.events(crew.queue)
    with pytest.raises(Refused) as refused:
        go_back(site, request, "two", host=host, approve=no)
    assert (["TR938"], before) == (codes(refused.value), crew.events(crew.queue))

    def approve(prospect: Prospect) -> bool:
        prospects.append(prospect)
        return True

    rested = go_back(site, request, "two", host=host, approve=approve)
    here = local_mending.go_back(request, "two", host=host, approve=approve)
    assert told(here.run) == told(rested.run)
    assert (RunStatus.COMPLETED, 2) == (rested.run.status, rested.run.occurrences["/two"].attempts)
    assert ["one", "one"] == crew.lines("ones")
    assert prospects[0].returns == prospects[1].returns


def test_a_run_that_is_completed_goes_back_in_a_new_workflow_of_its_id(crew: Crew) -> None:
    from treadle.executor.temporal.mending import go_back

    crew.hire()
    (crew.project / "ok").touch()
    plan, host, site = plan_of(STEPS), crew.host, crew.site()
    assert RunStatus.COMPLETED is site.start(plan, {}, host=host, run_id=crew.queue).run.status
    for attempts in (2, 3):
        rested = go_back(site, Request(name=crew.queue, given={}), "two", host=host, approve=yes)
        found = rested.run.occurrences["/two"]
        assert (RunStatus.COMPLETED, attempts) == (rested.run.status, found.attempts)
    assert (["one"], ["hey"] * 3) == (crew.lines("ones"), crew.lines("twos"))
    wait_until(lambda: executions(crew, crew.queue) == 3)
    assert [crew.queue] == [each.row.run_id for each in site.listed(host=host)]


def test_a_cancelled_run_goes_back_and_a_run_at_work_does_not(crew: Crew) -> None:
    from treadle.executor.temporal.mending import go_back

    crew.hire()
    text = """
steps:
  - {id: one, type: shell, run: echo one >> ones}
  - {id: long, type: shell, run: "until [ -e go ]; do sleep 0.1; done"}
"""
    plan, host = plan_of(text), crew.host
    crew.site(waits=False).start(plan, {}, host=host, run_id=crew.queue)
    wait_until(lambda: crew.lines("ones"))
    request = Request(name=crew.queue, given={})
    with pytest.raises(Refused) as refused:
        go_back(crew.site(), request, "one", host=host, approve=yes)
    assert ["TR903"] == codes(refused.value)
    assert RunStatus.CANCELLED is crew.site().cancel(crew.queue, host=host).run.status
    (crew.project / "go").touch()
    rested = go_back(crew.site(), request, "one", host=host, approve=yes)
    assert (RunStatus.COMPLETED, ["one", "one"]) == (rested.run.status, crew.lines("ones"))


def test_who_was_shown_what_is_not_so_any_more_is_refused_by_the_run(crew: Crew) -> None:
    from treadle.executor.temporal.mending import go_back

    crew.hire()
    plan, host, site = plan_of(STEPS), crew.host, crew.site()
    site.start(plan, {}, host=host, run_id=crew.queue)
    counts: list[int] = []

    def meanwhile(prospect: Prospect) -> bool:
        in_thread(lambda: site.resume(crew.queue, {}, host=host))
        counts.append(in_thread(lambda: len(crew.events(crew.queue))))
        return True

    with pytest.raises(Refused) as refused:
        go_back(site, Request(name=crew.queue, given={}), "two", host=host, approve=meanwhile)
    assert (["TR880"], counts) == (codes(refused.value), [len(crew.events(crew.queue))])


def in_thread(work: Any) -> Any:
    """Call something beside the loop of this thread, which asks others meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


def test_a_run_is_copied_and_the_copy_goes_its_own_way(crew: Crew) -> None:
    from treadle.executor.temporal.mending import fork

    crew.hire()
    one, two = crew.queue, f"{crew.queue}-2"
    plan, host, site = plan_of(STEPS), crew.host, crew.site()
    site.start(plan, {}, host=host, run_id=crew.queue)
    local.start(plan, {}, host=host, run_id=crew.queue)
    before = crew.events(crew.queue)
    (crew.project / "ok").touch()
    request = Request(name=crew.queue, given={"word": Given(value="ho", is_text=True)})
    copy = fork(site, request, "two", host=host, approve=yes, run_id=two).run
    here = local_fork.fork(request, "two", host=host, approve=yes, run_id=two).run
    assert told(here) == told(copy)
    assert (two, one, RunStatus.COMPLETED) == (copy.id, copy.forked_from, copy.status)
    assert (before, RunStatus.FAILED) == (
        crew.events(crew.queue),
        site.load(crew.queue, host=host).status,
    )
    for taken, code in ((two, "TR906"), ("no id", "TR907")):
        with pytest.raises(Refused) as refused:
            fork(site, request, "two", host=host, approve=yes, run_id=taken)
        assert [code] == codes(refused.value)
    # A copy of a run that has ended, and a copy of a copy.
    third = fork(site, Request(name=two, given={}), "three", host=host, approve=yes).run
    assert (two, RunStatus.COMPLETED) == (third.forked_from, third.status)


@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
def test_a_run_goes_on_under_an_edited_plan_as_on_one_machine(crew: Crew, is_closed: bool) -> None:
    from treadle.executor.temporal.mending import replace_plan

    crew.hire()
    plan, host, site = plan_of(STEPS), crew.host, crew.site()
    if is_closed:
        (crew.project / "ok").touch()
    site.start(plan, {}, host=host, run_id=crew.queue)
    local.start(plan, {}, host=host, run_id=crew.queue)
    request = Request(name=crew.queue, given={})
    for text, accepts in ((CHANGED, False), (CHANGED, True), (STEPS.replace("one}", "1}"), False)):
        wanted = found = ""
        try:
            rested = replace_plan(
                site, request, plan_of(text), host=host, approve=yes, accepts_changes=accepts
            )
            found = json.dumps(told(rested.run), default=dict)
        except Refused as refused:
            found = str(refused)
        try:
            here = local_mending.replace_plan(
                request, plan_of(text), host=host, approve=yes, accepts_changes=accepts
            )
            wanted = json.dumps(told(here.run), default=dict)
        except Refused as refused:
            wanted = str(refused)
        assert wanted == found
    run = site.load(crew.queue, host=host)
    assert (RunStatus.COMPLETED, plan_of(CHANGED).digest) == (run.status, run.program.plan.digest)
    assert ["hey", "hey", "new", "new"] == sorted(crew.lines("twos"))


def test_what_a_long_run_did_in_an_earlier_history_can_be_done_again(crew: Crew) -> None:
    from treadle.executor.temporal.mending import fork, go_back
    from treadle.executor.temporal.messages import Limits

    crew.hire()
    plan = plan_of(
        """
steps:
  - {id: first, type: shell, run: echo first >> firsts}
  - {id: fan, type: fan-out, items: [1, 2, 3, 4], max_concurrency: 2,
     step: {id: each, type: shell, run: "echo {{ item }} >> eaches"}}
  - {id: loop, type: while, condition: "{{ true }}", max_iterations: 12,
     steps: [{id: in, type: shell, run: echo in >> ins}]}
  - {id: fails, type: shell, run: "test -e ok"}
"""
    )
    site, host = crew.site(Limits(heartbeat_s=3.0, history_events=40)), crew.host
    site.start(plan, {}, host=host, run_id=crew.queue)
    wait_until(lambda: executions(crew, crew.queue) >= 3)
    (crew.project / "ok").touch()
    request = Request(name=crew.queue, given={})
    with pytest.raises(Refused) as refused:
        go_back(site, request, "/fan/i1/each", host=host, approve=yes)
    assert ["TR881"] == codes(refused.value)
    copy = fork(site, request, "fails", host=host, approve=yes, run_id=f"{crew.queue}-2").run
    assert (RunStatus.COMPLETED, crew.queue) == (copy.status, copy.forked_from)
    run = go_back(site, request, "fan", host=host, approve=yes).run
    assert (RunStatus.COMPLETED, 1, 8, 24) == (
        run.status,
        *(len(crew.lines(name)) for name in ("firsts", "eaches", "ins")),
    )


def test_a_run_whose_workflow_was_ended_is_interrupted_and_goes_on(crew: Crew) -> None:
    crew.hire()
    text = """
steps:
  - {id: one, type: shell, run: echo one >> ones}
  - {id: long, type: shell, run: "echo $TREADLE_ATTEMPT >> longs; TILL"}
"""
    text = text.replace("TILL", "until [ -e go ]; do sleep 0.1; done")
    host = crew.host
    crew.site(waits=False).start(plan_of(text), {}, host=host, run_id=crew.queue)
    wait_until(lambda: crew.lines("longs"))
    crew.ask(lambda client: client.get_workflow_handle(crew.queue).terminate())
    assert RunStatus.INTERRUPTED is crew.site().load_shown(crew.queue, host=host)[1]
    with pytest.raises(Refused) as refused:
        crew.site().follow(crew.queue, host=host, watch=lambda decision: None)
    assert ["TR882"] == codes(refused.value)
    (crew.project / "go").touch()
    run = crew.site().resume(crew.queue, {}, host=host).run
    assert (RunStatus.COMPLETED, ["one"], ["1", "2"]) == (
        run.status,
        crew.lines("ones"),
        crew.lines("longs"),
    )


def test_the_verbs_go_back_copy_and_replace_the_plan(crew: Crew) -> None:
    crew.hire()
    (crew.project / "flow.yml").write_text(HEADER + STEPS)
    one, two = crew.queue, f"{crew.queue}-2"
    assert 1 == crew.treadle("run", "flow.yml", "--run-id", crew.queue)[0]
    code, out, err = crew.treadle("resume", crew.queue, "--from", "two")
    assert (2, "") == (code, out)
    assert f"run {crew.queue} (failed) goes back to /two" in err and "TR938" in err
    code, out, err = crew.treadle("resume", crew.queue, "--from", "two", "--yes", "--json")
    mended = json.loads(out)["mended"]
    assert (1, "/two", ["/one"]) == (code, mended["from"], mended["kept"])
    (crew.project / "flow.yml").write_text(HEADER + EDITED)
    code, out, err = crew.treadle("fork", crew.queue, "--from", "three", "--yes", "--run-id", two)
    assert (1, True) == (code, f"run {two}, a copy of {one}, goes back to /three" in err)
    code, out, err = crew.treadle("resume", crew.queue, "--plan", "flow.yml", "--json")
    assert (0, "completed") == (code, json.loads(out)["status"])
    assert ["three"] == crew.lines("threes")


def test_answers_of_a_file_are_given_on_a_resume(crew: Crew) -> None:
    crew.hire()
    text = """
inputs: {token: {type: string, secret: true, required: true}}
steps:
  - {id: ask, type: gate, message: "go on?"}
  - {id: again, type: gate, message: "sure?", options: [sure, abort]}
"""
    (crew.project / "flow.yml").write_text(HEADER + text)
    (crew.project / "some.yml").write_text("gates: {ask: approve}")
    (crew.project / "all.yml").write_text("gates: {ask: approve, again: sure}")
    assert 0 == crew.treadle("run", "flow.yml", "--run-id", crew.queue)[0]
    words = ("resume", crew.queue, "--no-prompt", "--answers")
    code, _, err = crew.treadle(*words, str(crew.project / "some.yml"))
    assert (2, True) == (code, "TR714" in err and "'again'" in err)
    code, out, _ = crew.treadle(*words, str(crew.project / "all.yml"), "--json")
    assert (0, "completed") == (code, json.loads(out)["status"])
