"""Calls of other workflows: their scopes, their ends, what a resume does, and replaying them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from treadle.compiler import compile_bytes
from treadle.compiler.composing.callees import CalleeFile, NotFound
from treadle.executor.find_step import find_step
from treadle.executor.open_steps import open_gates
from treadle.executor.outcome import run_object, status_object
from treadle.executor.program import Program
from treadle.executor.replay import decide_again, replay
from treadle.executor.rewind import cut
from treadle.executor.state import Run, RunStatus
from treadle.executor.verdict import Word, judge
from treadle.plan.plan import Plan


class Texts:
    """Installed workflows by their ids, out of texts."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def installed(self, workflow: str) -> CalleeFile | NotFound:
        if workflow not in self._texts:
            return NotFound(known=tuple(self._texts))
        source = headed(workflow, self._texts[workflow]).encode()
        return CalleeFile(path=f"{workflow}.yml", key=workflow, source=source)

    def beside(self, file: str, *, caller: str) -> CalleeFile | NotFound:
        return NotFound(reason="there are no files")


def headed(id: str, text: str) -> str:
    return f"workflow: {{id: {id}, name: {id.title()}}}\n{text}"


def plan_of(text: str, *, id: str = "top", **called: str) -> Plan:
    """Compile a workflow with the installed ones that it can call."""
    source = headed(id, text).encode()
    compilation = compile_bytes(source, path="top.yml", callees=Texts(called))
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


def results(run: Run) -> dict[str, Any]:
    return status_object(run, run.status)["results"]  # type: ignore[no-any-return]  # JSON data


CHILD = """
inputs: {word: {type: string, required: true}, count: {type: integer, default: 2}}
outputs: {said: {value: "{{ inputs.word }} {{ inputs.count }}"}}
steps: [{id: say, type: shell, run: "echo {{ inputs.word | shquote }}"}]
"""
CALL = """
steps:
  - {id: call, type: workflow, workflow: child, input: {word: hi, count: "3"}}
  - {id: after, type: shell, run: "echo {{ steps.call.output.said | shquote }}"}
"""
ASKING = """
inputs: {answer: {type: string, default: ""}}
outputs: {chosen: {value: "{{ steps.ask.output.choice }}"}}
steps:
  - {id: before, type: shell, run: x}
  - {id: ask, type: gate, message: "on?", options: [approve, reject], verdict_input: answer}
  - {id: done, type: shell, run: x}
"""
ASK = """
inputs: {verdict: {type: string, default: ""}}
steps:
  - {id: call, type: workflow, workflow: child, input: {answer: "{{ inputs.verdict }}"}}
  - {id: after, type: shell, run: x}
"""
# What the steps of the nesting case are: a fan-out of calls, each with a gate in a loop.
ROUNDS = """
inputs: {name: {type: string, required: true}, answer: {type: string, default: ""}}
steps:
  - id: rounds
    type: while
    condition: "{{ steps.ask.output.choice != 'stop' }}"
    max_iterations: 3
    steps:
      - {id: work, type: shell, run: x}
      - {id: ask, type: gate, message: "{{ inputs.name }}?", options: [more, stop],
         verdict_input: answer, on_reject: skip}
"""
EACH = """
inputs: {verdict: {type: string, default: ""}}
steps:
  - id: each
    type: fan-out
    items: [a, b]
    max_concurrency: 2
    step: {id: call, type: workflow, workflow: child,
           input: {name: "{{ item }}", answer: "{{ inputs.verdict }}"}}
"""


def world_of(make_world: Callable[..., Any], plan: Plan, act: Any = None) -> Any:
    program = Program.of(plan)
    return make_world(program) if act is None else make_world(program, act)


def assert_replays(here: Any) -> None:
    """A journal replays to the state of its run, and is what would be decided again."""
    plans = {plan.digest: plan for plan in here.plans.values()} | {
        here.program.plan.digest: here.program.plan
    }

    def programs(digest: str) -> Program:
        return Program.of(plans[digest])

    first = Program.of(here.program.plan)
    for follow in (replay, decide_again):
        again = follow(first, here.journal, programs=programs)
        assert again is not None
        assert status_object(here.run, here.run.status) == status_object(again, again.status)


def test_a_call_runs_its_workflow_and_leaves_its_outputs(make_world: Callable[..., Any]) -> None:
    here = world_of(make_world, plan_of(CALL, child=CHILD))
    run = here.start()
    assert ["/call/w/say", "/after"] == here.performed
    expected = {"workflow": "child", "status": "completed", "said": "hi 3"}
    assert (RunStatus.COMPLETED, expected) == (run.status, results(run)["call"]["output"])
    assert {"call/say", "call", "after"} == set(results(run))
    assert {"call", "after"} == set(status_object(run, run.status)["steps"])
    assert_replays(here)


def test_a_plan_holds_each_workflow_once_however_often_it_is_called() -> None:
    twice = "steps: [{id: a, type: workflow, workflow: b, input: {word: x}},"
    twice += " {id: c, type: workflow, workflow: child, input: {word: x}}]"
    middle = "inputs: {word: {type: string}}\nsteps: [{id: in, type: workflow, workflow: child,"
    middle += " input: {word: y}}]"
    plan = plan_of(twice, b=middle, child=CHILD)
    assert ["b", "child"] == sorted(callee.id for callee in plan.callees.values())
    assert [{}, {}] == [dict(callee.callees) for callee in plan.callees.values()]


@pytest.mark.parametrize("tolerated", [False, True])
def test_a_failure_inside_fails_the_call(
    make_world: Callable[..., Any], fails_at: Callable[..., Any], tolerated: bool
) -> None:
    text = CALL.replace("workflow: child,", f"workflow: child, continue_on_error: {tolerated},")
    here = world_of(make_world, plan_of(text, child=CHILD), fails_at("/call/w/say"))
    run = here.start()
    error = "exited with code 1 [TR803]"
    expected = {"workflow": "child", "status": "failed", "error": error}
    assert expected == results(run)["call"]["output"]
    ends = (RunStatus.COMPLETED, None) if tolerated else (RunStatus.FAILED, error)
    assert ends == (run.status, run.error)
    assert_replays(here)


def test_a_failed_call_goes_on_inside(
    make_world: Callable[..., Any], fails_at: Callable[..., Any]
) -> None:
    child = CHILD.replace("steps: [", "steps: [{id: first, type: shell, run: x}, ")
    here = world_of(make_world, plan_of(CALL, child=child), fails_at("/call/w/say"))
    here.start()
    run = here.resume()
    assert RunStatus.COMPLETED == run.status
    assert ["/call/w/first", "/call/w/say", "/call/w/say", "/after"] == here.performed
    assert_replays(here)


def test_a_gate_inside_pauses_the_run_and_names_its_place(make_world: Callable[..., Any]) -> None:
    here = world_of(make_world, plan_of(ASK, child=ASKING))
    run = here.start(verdict="")
    gate = run_object(run, run.status)["gate"]
    assert ("ask", "/call/w/ask", ["call"]) == (
        gate["step_id"],
        gate["address"],
        gate["scope_path"],
    )
    assert {"workflow": "child", "status": "paused"} == results(run)["call"]["output"]
    run = here.resume({"/call/w/ask": "approve"})
    assert "approve" == results(run)["call"]["output"]["chosen"]
    assert_replays(here)


def test_new_inputs_are_bound_again_and_decide_the_gate_of_a_call(
    make_world: Callable[..., Any],
) -> None:
    here = world_of(make_world, plan_of(ASK, child=ASKING))
    here.start(verdict="")
    here.resume()
    run = here.resume(verdict="approve")
    assert RunStatus.COMPLETED == run.status
    assert ["/call/w/before", "/call/w/done", "/after"] == here.performed
    assert_replays(here)


def test_a_rejection_inside_aborts_the_run_even_when_failures_are_tolerated(
    make_world: Callable[..., Any],
) -> None:
    text = ASK.replace("workflow: child,", "workflow: child, continue_on_error: true,")
    here = world_of(make_world, plan_of(text, child=ASKING))
    here.start(verdict="")
    run = here.resume(verdict="reject")
    assert RunStatus.ABORTED == run.status
    output = results(run)["call"]["output"]
    assert ("aborted", True) == (output["status"], output["aborted"])
    assert_replays(here)


def test_a_rejection_that_asks_again_empties_the_input_of_the_call_alone(
    make_world: Callable[..., Any],
) -> None:
    child = ASKING.replace("verdict_input: answer", "verdict_input: answer, on_reject: retry")
    here = world_of(make_world, plan_of(ASK, child=child))
    here.start(verdict="")
    run = here.resume(verdict="reject")
    call = run.occurrences["/call"].call
    assert call is not None
    assert (RunStatus.PAUSED, "reject", "") == (
        run.status,
        run.inputs["verdict"],
        call.inputs["answer"],
    )
    assert RunStatus.PAUSED == here.resume().status
    assert RunStatus.COMPLETED == here.resume(verdict="approve").status
    assert_replays(here)


def test_inputs_that_a_call_refuses_leave_it_open(make_world: Callable[..., Any]) -> None:
    text = ASK.replace("{answer:", "{word: '{{ inputs.verdict }}', answer:")
    child = ASKING.replace("inputs: {", "inputs: {word: {type: string, enum: ['', approve]}, ")
    here = world_of(make_world, plan_of(text, child=child))
    here.start(verdict="")
    run = here.resume(verdict="later")
    assert RunStatus.FAILED == run.status
    assert "must be one of '', 'approve', not 'later' [TR342]" in (run.error or "")
    run = here.resume(verdict="approve")
    assert (RunStatus.COMPLETED, 1) == (run.status, here.performed.count("/call/w/before"))
    assert_replays(here)


def test_only_what_was_open_runs_in_a_fan_out_of_calls_with_gates_in_loops(
    make_world: Callable[..., Any],
) -> None:
    here = world_of(make_world, plan_of(EACH, child=ROUNDS))
    run = here.start(verdict="")
    first = ["/each/i0/call/w/rounds/r1/work", "/each/i1/call/w/rounds/r1/work"]
    assert first == here.performed
    assert 2 == len(open_gates(run))
    run = here.resume({"/each/i0/call/w/rounds/r1/ask": "stop"})
    assert (RunStatus.PAUSED, first) == (run.status, here.performed)
    run = here.resume(verdict="more")
    assert [*first, "/each/i1/call/w/rounds/r2/work"] == here.performed
    assert ["/each/i1/call/w/rounds/r2/ask"] == [gate.address for gate in open_gates(run)]
    run = here.resume(verdict="stop")
    assert (RunStatus.COMPLETED, 3) == (run.status, len(here.performed))
    assert_replays(here)


def test_a_workflow_that_an_expression_names_is_found_when_the_run_comes_to_it(
    make_world: Callable[..., Any],
) -> None:
    text = CALL.replace("workflow: child", "workflow: '{{ inputs.which }}'")
    plan = plan_of("inputs: {which: {type: string, default: child}}" + text)
    here = world_of(make_world, plan)
    here.plans["child"] = plan_of(CHILD, id="child")
    run = here.start(which="child")
    assert (RunStatus.COMPLETED, "hi 3") == (run.status, results(run)["call"]["output"]["said"])
    assert_replays(here)


def test_a_workflow_that_is_not_found_fails_its_call(make_world: Callable[..., Any]) -> None:
    text = CALL.replace("workflow: child", "workflow: '{{ inputs.which }}'")
    here = world_of(make_world, plan_of("inputs: {which: {type: string, default: x}}" + text))
    run = here.start(which="other")
    assert "nobody knows it [TR330]" == run.error
    expected = {"workflow": "other", "status": "failed", "error": "nobody knows it [TR330]"}
    assert expected == results(run)["call"]["output"]
    here.plans["other"] = plan_of(CHILD, id="other")
    assert RunStatus.COMPLETED == here.resume().status
    assert_replays(here)


def test_a_circle_that_expressions_make_is_refused_with_its_way(
    make_world: Callable[..., Any],
) -> None:
    call = "steps: [{id: on, type: workflow, workflow: '{{ \"%s\" }}'}]"
    here = world_of(make_world, plan_of(call % "one"))
    here.plans |= {id: plan_of(call % to, id=id) for id, to in (("one", "two"), ("two", "one"))}
    run = here.start()
    assert "workflow 'one' would call itself: top → one → two → one [TR332]" == run.error
    assert_replays(here)


def test_calls_end_at_sixteen_levels(make_world: Callable[..., Any]) -> None:
    def call(level: int) -> str:
        return f"steps: [{{id: on, type: workflow, workflow: '{{{{ \"l{level}\" }}}}'}}]"

    here = world_of(make_world, plan_of(call(1)))
    here.plans |= {f"l{n}": plan_of(call(n + 1), id=f"l{n}") for n in range(1, 17)}
    run = here.start()
    assert run.error is not None and run.error.endswith("l16 → l17 [TR333]")


def test_somebody_can_go_back_into_a_call(make_world: Callable[..., Any]) -> None:
    child = CHILD.replace("steps: [", "steps: [{id: first, type: shell, run: x}, ")
    here = world_of(make_world, plan_of(CALL, child=child))
    run = here.start()
    target = find_step(run, "call/say")
    shorter = cut(run, (target.address,))
    assert ["/call/w/say", "/after"] == [gone.address for gone in shorter.removed]
    call = shorter.run.occurrences["/call"]
    assert (None, None) == (call.status, call.output)
    assert "call" not in shorter.run.scopes[""].names


def test_a_call_at_work_keeps_its_workflow_under_an_edited_plan(
    make_world: Callable[..., Any],
) -> None:
    here = world_of(make_world, plan_of(ASK, child=ASKING))
    run = here.start(verdict="")
    edited = Program.of(plan_of(ASK, child=ASKING.replace("run: x", "run: y")))
    verdict = judge(run, edited)
    assert ((), [("/call", Word.FROZEN)]) == (
        verdict.conflicts,
        [(found.address, found.word) for found in verdict.frozen],
    )
    finished = here.resume({"/call/w/ask": "approve"})
    done = judge(finished, edited)
    assert [("/call", Word.CHANGED)] == [(found.address, found.word) for found in done.conflicts]


def test_a_secret_is_handed_on_by_its_name() -> None:
    child = "inputs: {key: {type: string, secret: true, required: true}}\n"
    child += "steps: [{id: a, type: shell, run: x, env: {KEY: '{{ inputs.key }}'}}]"
    text = "inputs: {token: {type: string, secret: true, required: true}}\nsteps:\n"
    text += "  - {id: call, type: workflow, workflow: child, input: {key: '{{ inputs.token }}'}}"
    assert 1 == len(plan_of(text, child=child).callees)
