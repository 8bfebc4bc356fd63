"""`treadle plan`: what would run with what is known."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
inputs:
  scope: {type: string, enum: [full, quick], default: quick}
  env: {type: string, pattern: '^[a-z0-9]+$', required: true, prompt: 'Where to?'}
  hosts: {type: array, items: {type: string, pattern: '^[a-z0-9]+$'}, default: [a, b]}
steps:
  - {id: build, type: shell, run: 'make {{ inputs.scope }}', name: Build it}
  - id: pick
    type: if
    condition: "{{ inputs.scope == 'full' }}"
    then: [{id: long, type: shell, run: 'true'}]
    else: [{id: short, type: shell, run: 'to {{ inputs.env }}'}]
  - id: kind
    type: switch
    expression: "{{ inputs.scope }}"
    cases: {quick: [{id: fast, type: shell, run: 'true'}]}
  - id: open
    type: if
    condition: "{{ steps.build.output.stdout == 'ok' }}"
    then: [{id: ok, type: shell, run: 'true'}]
  - id: loop
    type: while
    condition: "{{ (steps.again.output.stdout | default) == '' }}"
    max_iterations: 4
    steps: [{id: again, type: shell, run: 'true'}]
  - id: each
    type: fan-out
    items: "{{ inputs.hosts }}"
    step: {id: one, type: shell, run: 'ping {{ item }}'}
  - {id: skip, type: shell, run: 'true', if: "{{ inputs.scope == 'full' }}"}
  - {id: ask, type: gate, message: 'Ship {{ steps.build.output.stdout }}?'}
"""
EXPECTED = """\
demo 1.0.0  Demo
  inputs
    scope = 'quick'
    env = will be asked for: Where to?
    hosts = ["a","b"]
  build (Build it)  shell
      $ make quick
  pick  if inputs.scope == 'full' → false: else
    short  shell
        $ to {{ inputs.env }}
  kind  switch inputs.scope → 'quick': case 'quick'
    fast  shell
        $ true
  open  if steps.build.output.stdout == 'ok': open, reads steps.build
    then?
      ok  shell
          $ true
  loop  while (steps.again.output.stdout | default) == '': open, reads steps.again, at most 4 rounds
    again  shell
        $ true
  each  fan-out  2 items
    item 0: 'a'
      one  shell
          $ ping a
    item 1: 'b'
      one  shell
          $ ping b
  skip  shell  skipped: if inputs.scope == 'full' → false
  ask  gate
      Ship {{ steps.build.output.stdout }}?
      approve, reject: will be asked for
"""

LIMITS = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
timeout: 5400
concurrency: {group: "deploy-{{ inputs.env }}", limit: 2, on_conflict: replace}
inputs:
  env: {type: string, enum: [dev, prod], default: dev}
steps:
  - id: build
    type: shell
    run: make
    timeout: 30
    retry: {max_attempts: 9, delay: 1, backoff: 2, max_delay: 5, on_exit_codes: [75, -15]}
  - {id: push, type: shell, run: git push, retry: {max_attempts: 3, delay: 90}}
  - {id: pull, type: shell, run: git pull, retry: {max_attempts: 3}}
  - {id: ask, type: gate, message: Go, timeout: 86400, on_timeout: {choose: Approve}}
  - {id: ask-again, type: gate, message: Go, timeout: 5400}
  - id: loop
    type: do-while
    condition: "{{ steps.try.status == 'failed' }}"
    on_limit: fail
    steps: [{id: try, type: shell, run: make test, continue_on_error: true}]
finally:
  - {id: clean, type: shell, run: make clean}
  - {id: tell, type: shell, run: notify, if: "{{ context.status != 'completed' }}"}
"""
LIMITED = """\
demo 1.0.0  Demo
    may work for 1 h 30 min
    at most 2 runs of 'deploy-dev' at work: another one cancels the oldest
  inputs
    env = 'dev'
  build  shell
      $ make
      each attempt may take 30 s
      up to 9 attempts on exit code 75, -15, after 1 s, 2 s, 4 s, 5 s, …
  push  shell
      $ git push
      up to 3 attempts, 1 min 30 s apart
  pull  shell
      $ git pull
      up to 3 attempts
  ask  gate
      Go
      approve, reject: will be asked for
      'approve' is chosen when nobody answers within 24 h
  ask-again  gate
      Go
      approve, reject: will be asked for
      it aborts when nobody answers within 1 h 30 min
  loop  do-while  at most 10 rounds, then it fails, again while steps.try.status == 'failed': \
open, reads steps.try
    try  shell
        $ make test
        a failure is tolerated
  finally, however the run ends
    clean  shell
        $ make clean
    tell  shell
        if context.status != 'completed': open, reads context.status
        $ notify
"""

Write = Callable[[str, str], Path]


def test_a_plan_decides_what_the_inputs_decide_and_leaves_the_rest_open(
    treadle, write: Write, project: Path
) -> None:
    write("flow.yml", FLOW)
    ended = treadle("plan", "flow.yml")
    assert (0, EXPECTED) == (ended.code, ended.out)
    assert ["flow.yml"] == [path.name for path in project.iterdir()]


def test_given_inputs_decide_otherwise(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    out = treadle("plan", "flow.yml", "-i", "scope=full", "-i", "env=x", "-i", "hosts=[]").out
    assert "pick  if inputs.scope == 'full' → true: then\n    long" in out
    assert "switch inputs.scope → 'full': nothing to do\n" in out
    assert "each  fan-out  0 items\n" in out
    assert "env = 'x'\n" in out


def test_many_items_are_cut_short(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    hosts = json.dumps([str(n) for n in range(9)])
    assert "    and 4 more\n" in treadle("plan", "flow.yml", "-i", f"hosts={hosts}").out


def test_wrong_inputs_are_refused(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    ended = treadle("plan", "flow.yml", "-i", "scope=half")
    assert (2, "") == (ended.code, ended.out)
    assert "error TR703: input 'scope' must be one of 'full', 'quick', not 'half'" in ended.err


def test_a_plan_is_written_and_printed_as_json(treadle, write: Write, project: Path) -> None:
    write("flow.yml", FLOW)
    ended = treadle("plan", "flow.yml", "--json", "-o", "flow.plan.json")
    assert ended.data == json.loads((project / "flow.plan.json").read_text(encoding="utf-8"))
    assert "wrote flow.plan.json\n" == ended.err
    assert ended.data == json.loads(treadle("plan", "flow.plan.json", "-o", "-").out)


def test_a_plan_is_never_written_over_its_workflow(treadle, write: Write, project: Path) -> None:
    flow = write("flow.yml", FLOW)
    (project / "link.yml").symlink_to("flow.yml")
    for output in ("flow.yml", "./link.yml"):
        ended = treadle("plan", "flow.yml", "-o", output)
        assert (2, FLOW) == (ended.code, flow.read_text(encoding="utf-8"))
        assert f"TR908: cannot write '{Path(output)}': it is what the plan is made of" in ended.err


def test_a_workflow_that_does_not_compile_is_refused(treadle, write: Write) -> None:
    write("flow.yml", FLOW.replace("steps.build.output.stdout", "steps.biuld.output.stdout"))
    ended = treadle("plan", "flow.yml")
    assert (2, "") == (ended.code, ended.out)
    assert "hint: did you mean 'build'?" in ended.err


@pytest.mark.parametrize("value", ["reject", "maybe", "approve"])
def test_a_gate_with_a_verdict_tells_its_answer(treadle, write: Write, value: str) -> None:
    flow = FLOW.replace("stdout }}?'}", "stdout }}?', verdict_input: verdict}")
    write("flow.yml", flow.replace("inputs:\n", "inputs:\n  verdict: {default: ''}\n"))
    told = {
        "reject": "answered 'reject' by inputs.verdict, which aborts the run",
        "maybe": "would fail, inputs.verdict is 'maybe'",
        "approve": "answered 'approve' by inputs.verdict",
    }
    assert f": {told[value]}\n" in treadle("plan", "flow.yml", "-i", f"verdict={value}").out


def test_limits_and_the_end_of_a_run_are_told(treadle, write: Write) -> None:
    write("flow.yml", LIMITS)
    ended = treadle("plan", "flow.yml")
    assert (0, LIMITED, "") == (ended.code, ended.out, ended.err)
