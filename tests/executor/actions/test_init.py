import pytest

from treadle.executor.ports import Outcome
from treadle.plan.expression import Json, Literal
from treadle.plan.steps import InitStep


def _step(integration: Json = None, **fields: Json) -> InitStep:
    return InitStep(
        id="build",
        path="/build",
        fields={key: Literal(value) for key, value in fields.items()},
        integration=Literal(integration),
    )


@pytest.fixture
def specify(stage):
    stage.install("agent", "specify")
    return stage


def test_an_empty_project_is_set_up_unattended(specify) -> None:
    result = specify.perform(_step())

    words = ["init", ".", "--integration", "copilot", "--ignore-agent-tools"]
    assert [["specify", *words]] == specify.calls()
    assert Outcome.COMPLETED == result.outcome
    assert {
        "argv": words,
        "project": None,
        "here": False,
        "integration": "copilot",
        "integration_options": None,
        "script": None,
        "preset": None,
        "force": False,
        "ignore_agent_tools": True,
        "exit_code": 0,
        "stdout": "",
        "stderr": "",
    } == result.output


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"here": "yes"}, "init --here --integration claude --ignore-agent-tools"),
        ({"project": "new"}, "init new --integration claude --ignore-agent-tools"),
        (
            {"script": "sh", "preset": "lean", "integration_options": "--skills", "force": True},
            "init . --integration claude --integration-options --skills --script sh"
            " --preset lean --ignore-agent-tools --force",
        ),
        ({"ignore_agent_tools": False}, "init . --integration claude"),
        ({"ignore_agent_tools": None}, "init . --integration claude --ignore-agent-tools"),
    ],
)
def test_each_field_has_its_words(specify, fields: dict[str, Json], words: str) -> None:
    specify.perform(_step("claude", **fields))

    assert [f"specify {words}"] == [" ".join(call) for call in specify.calls()]


@pytest.mark.parametrize(("named", "expected"), [("gemini", "gemini"), ("clod", "copilot")])
def test_the_environment_names_the_default_agent(specify, named: str, expected: str) -> None:
    specify.environment["SPECKIT_INTEGRATION_DEFAULT"] = named

    assert expected == specify.perform(_step()).output["integration"]


def test_a_project_with_files_is_refused(specify) -> None:
    (specify.project / "main.py").touch()
    result = specify.perform(_step())

    reason = "the folder is not empty; 'force: true' merges into it"
    assert f"cannot start: {reason} [TR813]" == result.error
    assert (1, reason, []) == (
        result.output["exit_code"],
        result.output["stderr"],
        specify.calls(),
    )


def test_folders_of_workflow_engines_are_no_obstacle(specify) -> None:
    (specify.project / ".treadle").mkdir()
    (specify.project / ".specify").mkdir()
    result = specify.perform(_step())

    assert ("--force", True) == (specify.calls()[0][-1], result.output["force"])


def test_what_specify_says_about_a_failure_is_in_stderr(specify) -> None:
    specify.environment |= {"FAKE_EXIT": "2", "FAKE_STDOUT": "no such preset\n"}
    result = specify.perform(_step())

    assert "exited with code 2 [TR803]" == result.error
    assert "no such preset" == result.output["stderr"]


def test_without_the_program_the_step_fails(stage) -> None:
    result = stage.perform(_step())

    assert "the program 'specify' is not installed [TR814]" == result.error
    assert 1 == result.output["exit_code"]
