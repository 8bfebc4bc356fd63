import json
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.executor.ports import Outcome
from treadle.plan.expression import ListOf, Literal, ObjectOf
from treadle.plan.steps import CommandStep, PromptStep

Command = Callable[..., CommandStep]
Prompt = Callable[..., PromptStep]


@pytest.fixture
def claude(stage):
    stage.install("agent", "claude")
    return stage


def test_a_command_is_called_in_the_agents_own_way(claude, command: Command) -> None:
    step = command("speckit.plan", input={"args": Literal("a board"), "deep": Literal([1])})
    result = claude.perform(step)

    assert [["claude", "-p", "/speckit-plan a board"]] == claude.calls()
    assert Outcome.COMPLETED == result.outcome
    assert {
        "command": "speckit.plan",
        "integration": "claude",
        "model": None,
        "options": {},
        "input": {"args": "a board", "deep": [1]},
        "integration_args": [],
        "integration_options": {},
        "exit_code": 0,
        "stdout": "",
        "stderr": "",
        "dispatched": True,
    } == result.output


def test_a_prompt_is_sent_as_it_is(claude, prompt: Prompt, text, read) -> None:
    step = prompt(text("Review ", read("file")), model=Literal("big-2"))
    result = claude.perform(step, names={"inputs": {"file": "a.py"}})

    assert [["claude", "-p", "Review a.py", "--model", "big-2"]] == claude.calls()
    assert {
        "prompt": "Review a.py",
        "integration": "claude",
        "model": "big-2",
        "exit_code": 0,
        "stdout": "",
        "stderr": "",
        "dispatched": True,
    } == result.output


def test_the_name_of_a_command_is_evaluated(claude, command: Command, text, read) -> None:
    claude.perform(command(text("speckit.", read("phase"))), names={"inputs": {"phase": "plan"}})

    assert [["claude", "-p", "/speckit-plan"]] == claude.calls()


def test_the_input_is_evaluated_at_any_depth(claude, command: Command, read) -> None:
    given = {
        "args": ListOf((read("file"), Literal("--strict"))),
        "meta": ObjectOf({"path": read("file")}),
    }
    result = claude.perform(command("speckit.review", input=given), names={"inputs": {"file": "a"}})

    assert [["claude", "-p", "/speckit-review ['a', '--strict']"]] == claude.calls()
    assert {"args": ["a", "--strict"], "meta": {"path": "a"}} == result.output["input"]


def test_missing_arguments_are_no_arguments(claude, command: Command, read) -> None:
    claude.perform(command("speckit.plan", input={"args": read("none")}), names={"inputs": {}})

    assert [["claude", "-p", "/speckit-plan"]] == claude.calls()


def test_output_that_is_not_captured_goes_to_the_terminal_and_the_log(
    claude, prompt: Prompt
) -> None:
    claude.environment |= {"FAKE_STDOUT": "thinking", "FAKE_STDERR": "warning"}
    result = claude.perform(prompt("Hi"))

    assert {b"thinking", b"warning"} == set(claude.echoed)
    assert {"stdout": b"thinking", "stderr": b"warning"} == claude.log.streams
    assert ("", "") == (result.output["stdout"], result.output["stderr"])


def test_captured_output_is_recorded_and_not_shown(claude, prompt: Prompt) -> None:
    claude.environment |= {"FAKE_STDOUT": "thinking", "FAKE_STDERR": "warning"}
    result = claude.perform(prompt("Hi", capture=True, capture_max_bytes=5))

    assert [] == claude.echoed
    assert {
        "stdout": "think",
        "stderr": "warni",
        "stdout_truncated": True,
        "stderr_truncated": True,
        "timed_out": False,
        "interrupted": False,
    }.items() <= result.output.items()


def test_captured_output_can_be_data(claude, command: Command) -> None:
    claude.environment["FAKE_STDOUT"] = '{"risks": 2}'
    result = claude.perform(command("speckit.plan", capture=True, output_format="json"))

    assert {"risks": 2} == result.output["data"]


def test_captured_output_that_is_not_the_promised_data_fails(claude, command: Command) -> None:
    claude.environment["FAKE_STDOUT"] = "Sure! {}"
    result = claude.perform(command("speckit.plan", capture=True, output_format="json"))

    assert (Outcome.FAILED, 0) == (result.outcome, result.output["exit_code"])
    assert str(result.error).endswith("[TR805]")


def test_an_agent_that_fails_fails_the_step(claude, command: Command) -> None:
    claude.environment["FAKE_EXIT"] = "4"
    result = claude.perform(command("speckit.plan"))

    assert "exited with code 4 [TR803]" == result.error
    assert (4, True) == (result.output["exit_code"], result.output["dispatched"])


@pytest.mark.parametrize("capture", [False, True])
def test_a_time_out_ends_the_agent(claude, command: Command, capture: bool) -> None:
    claude.environment |= {"FAKE_SLEEP": "30", "FAKE_STDOUT": "half"}
    result = claude.perform(command("speckit.plan", timeout_s=0.3, capture=capture))

    assert "timed out after 0.3 s [TR804]" == result.error
    assert (-1, True) == (result.output["exit_code"], result.output["dispatched"])
    assert (True, "half") == (
        (result.output["timed_out"], result.output["stdout"]) if capture else (True, "half")
    )


@pytest.mark.parametrize(
    ("integration", "reason"),
    [
        (None, "no integration is named"),
        ("", "no integration is named"),
        ("clod", "no integration is called 'clod'"),
        ("zed", "integration 'zed' has no command line"),
        ("codex", "the program 'codex' of integration 'codex' is not on the PATH"),
    ],
)
def test_what_cannot_be_dispatched_fails(
    stage, command: Command, integration: str | None, reason: str
) -> None:
    result = stage.perform(command("speckit.plan", integration))

    assert f"{reason} [TR808]" == result.error
    assert (1, False) == (result.output["exit_code"], result.output["dispatched"])
    assert "stdout" not in result.output


@pytest.mark.parametrize("key", ["integration", "model"])
def test_a_key_that_is_not_text_fails_without_an_output(claude, prompt: Prompt, key: str) -> None:
    step = prompt("Hi", 7) if key == "integration" else prompt("Hi", model=Literal(7))
    result = claude.perform(step)

    assert f"'{key}' must be text, not a number [TR812]" == result.error
    assert ({}, []) == (result.output, claude.calls())


@pytest.mark.parametrize("kind", ["command", "prompt"])
def test_what_is_missing_as_a_whole_is_not_sent(
    claude, command: Command, prompt: Prompt, read, kind: str
) -> None:
    step = command(read("none")) if kind == "command" else prompt(read("none"))
    result = claude.perform(step, names={"inputs": {}})

    assert f"'{kind}' came out as a missing value [TR802]" == result.error
    assert {"exit_code": 1, "dispatched": False}.items() <= result.output.items()
    assert [] == claude.calls()


def test_an_empty_prompt_is_not_sent(claude, prompt: Prompt) -> None:
    result = claude.perform(prompt(""))

    assert "the prompt is empty [TR808]" == result.error
    assert (1, False) == (result.output["exit_code"], result.output["dispatched"])


def test_the_environment_can_add_words_and_name_the_program(stage, prompt: Prompt) -> None:
    stage.install("agent", "my-claude")
    stage.environment |= {
        "SPECKIT_INTEGRATION_CLAUDE_EXECUTABLE": f" {stage.bin}/my-claude ",
        "SPECKIT_INTEGRATION_CLAUDE_EXTRA_ARGS": "--allow 'Read, Edit'",
    }
    stage.perform(prompt("Hi"))

    assert [["my-claude", "-p", "Hi", "--allow", "Read, Edit"]] == stage.calls()


def test_added_words_that_cannot_be_split_fail_the_step(claude, prompt: Prompt) -> None:
    claude.environment["SPECKIT_INTEGRATION_CLAUDE_EXTRA_ARGS"] = "'half"
    result = claude.perform(prompt("Hi"))

    name = "SPECKIT_INTEGRATION_CLAUDE_EXTRA_ARGS"
    expected = f"{name} cannot be split into words: no closing quotation [TR808]"
    assert (expected, False) == (result.error, result.output["dispatched"])


def test_the_path_of_the_step_finds_the_program(stage, prompt: Prompt) -> None:
    stage.install("agent", "claude")
    path = stage.environment["PATH"]
    stage.environment["PATH"] = "/nowhere"
    result = stage.perform(prompt("Hi", env={"PATH": Literal(path)}))

    assert (Outcome.COMPLETED, 1) == (result.outcome, len(stage.calls()))


def test_options_are_recorded_and_only_known_ones_are_handed_over(stage, command: Command) -> None:
    stage.install("agent", "docker-agent")
    step = command(
        "speckit.plan",
        "docker-agent",
        options={"quick": True, "agent": "root"},
        integration_args=(Literal("./agent.yaml"),),
        integration_options={"safety": Literal("strict")},
    )
    result = stage.perform(step)

    assert [
        "docker-agent run --exec ./agent.yaml --agent root --safety strict -- /speckit-plan"
    ] == [" ".join(call) for call in stage.calls()]
    assert ({"quick": True, "agent": "root"}, ["./agent.yaml"], {"safety": "strict"}) == (
        result.output["options"],
        result.output["integration_args"],
        result.output["integration_options"],
    )


@pytest.mark.parametrize(("has_plugin", "calls"), [("0", 2), ("1", 1)])
def test_a_plugin_is_asked_whether_it_is_there(
    stage, command: Command, has_plugin: str, calls: int
) -> None:
    stage.install("agent", "docker")
    stage.environment["FAKE_EXIT"] = has_plugin
    stage.perform(command("speckit.plan", "docker-agent", integration_args=(Literal("a.yaml"),)))

    assert ["docker", "agent", "version"] == stage.calls()[0]
    assert calls == len(stage.calls())


def test_arguments_that_an_agent_does_not_take_fail_the_step(claude, command: Command) -> None:
    result = claude.perform(command("speckit.plan", integration_args=(Literal("x"),)))

    assert "integration 'claude' takes no 'integration_args' [TR808]" == result.error
    assert [] == claude.calls()


def test_copilot_is_called_by_the_layout_of_the_project(stage, command: Command) -> None:
    stage.install("agent", "copilot")
    stage.perform(command("speckit.plan", "copilot", input={"args": Literal("x")}))
    agents = stage.project / ".github" / "agents"
    agents.mkdir(parents=True)
    (agents / "speckit.plan.agent.md").touch()
    stage.perform(command("speckit.plan", "copilot", input={"args": Literal("x")}))

    assert [
        ["copilot", "-p", "/speckit-plan x", "--yolo"],
        ["copilot", "-p", "x", "--agent", "speckit.plan", "--yolo"],
    ] == stage.calls()


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ({".github/agents/speckit.a.agent.md": "0"}, "x"),
        ({".github/skills/speckit-a/SKILL.md": "0"}, "/speckit-plan x"),
        ({}, "/speckit-plan x"),
        (None, "/speckit-plan x"),
    ],
)
def test_the_list_of_installed_files_decides_the_layout_first(
    stage, command: Command, listed: dict[str, str] | None, expected: str
) -> None:
    stage.install("agent", "copilot")
    manifest = Path(stage.project, ".specify/integrations/copilot.manifest.json")
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"integration": "copilot", "files": listed}))
    stage.perform(command("speckit.plan", "copilot", input={"args": Literal("x")}))

    assert expected == stage.calls()[0][2]


def test_a_secret_of_an_agent_is_masked_on_the_terminal(claude, prompt: Prompt, read) -> None:
    step = prompt("Hi", env={"FAKE_STDOUT": read("token")})
    claude.perform(step, names={"inputs": {}}, secrets={"token": "s3cret-9"})

    assert b"***" == b"".join(claude.echoed)
