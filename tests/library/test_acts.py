"""What is told of a plan before it is installed: every command, agent and secret, at any depth."""

from treadle.compiler import compile_text
from treadle.library.acts import Act, ActKind, SecretUse, acts_of, secrets_of
from treadle.plan.plan import Plan

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0", integration: claude}
inputs:
  token: {type: string, secret: true}
  unused: {type: string, secret: true}
steps:
  - id: ask
    type: if
    condition: "{{ context.run_id == 'a' }}"
    then:
      - {id: hidden, type: shell, run: "make all", env: {T: "{{ inputs.token }}"}}
  - id: each
    type: fan-out
    items: [1, 2]
    step: {id: write, type: prompt, prompt: "Write {{ item }}"}
  - {id: plan, type: command, command: speckit.plan, input: {args: "now"}}
  - {id: review, type: gate, message: "Good?"}
finally:
  - {id: clean, type: shell, run: "rm -rf build"}
"""


def plan() -> Plan:
    compiled = compile_text(FLOW).plan
    assert compiled is not None
    return compiled


def test_commands_and_agents_are_found_at_any_depth() -> None:
    assert acts_of(plan()) == (
        Act(kind=ActKind.SHELL, path="/ask/then/hidden", text="make all"),
        Act(kind=ActKind.NETWORK, path="/each/write", text="agent: Write {{ item }}"),
        Act(kind=ActKind.NETWORK, path="/plan", text="agent: speckit.plan now"),
        Act(kind=ActKind.SHELL, path="/finally/clean", text="rm -rf build"),
    )


def test_a_secret_is_told_with_the_steps_that_get_it() -> None:
    assert secrets_of(plan()) == (
        SecretUse(name="token", readers=("/ask/then/hidden",)),
        SecretUse(name="unused", readers=()),
    )
