import json
from pathlib import Path

import pytest

from treadle.executor.ports import Outcome
from treadle.plan.expression import Json, Literal
from treadle.plan.steps import GithubStep


def _step(**changes: Json) -> GithubStep:
    given: dict[str, Json] = {"repository": "o/r", "number": "7", "label": "Bug", **changes}
    return GithubStep(
        id="build",
        path="/build",
        operation="add-label",
        target=str(given.get("target", "issue")),
        repository=Literal(given["repository"]),
        number=Literal(given["number"]),
        label=Literal(given["label"]),
    )


@pytest.fixture
def github(stage, tmp_path: Path):
    stage.install("gh", "gh")
    for name in ("GET", "POST", "POSTED"):
        stage.environment[f"FAKE_{name}"] = str(tmp_path / name)
    _answers(stage, {"number": 7, "labels": []}, [{"name": "bug"}])
    return stage


def _answers(stage, found: Json, labels: Json) -> None:
    Path(stage.environment["FAKE_GET"]).write_text(json.dumps(found))
    Path(stage.environment["FAKE_POST"]).write_text(json.dumps(labels))


def test_a_label_is_added(github) -> None:
    result = github.perform(_step())

    issue = "https://api.github.com/repos/o/r/issues/7"
    header = ["--header", "Content-Type: application/json", "--input", "-"]
    assert [
        ["gh", "api", "--method", "GET", issue],
        ["gh", "api", "--method", "POST", f"{issue}/labels", *header],
    ] == github.calls()
    assert '{"labels": ["Bug"]}' == Path(github.environment["FAKE_POSTED"]).read_text()
    assert {
        "repository": "o/r",
        "target": "issue",
        "number": 7,
        "label": "Bug",
        "added": True,
    } == result.output


def test_a_label_that_is_there_in_any_case_is_not_added(github) -> None:
    _answers(github, {"number": 7, "labels": [{"name": "BUG"}]}, [])
    result = github.perform(_step())

    assert (1, False) == (len(github.calls()), result.output["added"])


def test_pull_requests_are_asked_for_as_such(github) -> None:
    github.perform(_step(target="pull_request"))

    assert "https://api.github.com/repos/o/r/pulls/7" == github.calls()[0][-1]


@pytest.mark.parametrize(
    ("found", "labels", "reason"),
    [
        ({"number": 8, "labels": []}, [], "o/r has no issue 7"),
        ({"number": 7, "labels": [], "pull_request": {}}, [], "o/r has no issue 7"),
        ([], [], "o/r has no issue 7"),
        ({"number": 7, "labels": 1}, [], "GitHub's answer holds no list of labels"),
        ({"number": 7, "labels": [{}]}, [], "GitHub's answer holds a label without a name"),
        ({"number": 7, "labels": []}, [], "GitHub did not add the label 'Bug'"),
    ],
)
def test_an_answer_that_does_not_fit_fails_the_step(
    github, found: Json, labels: Json, reason: str
) -> None:
    _answers(github, found, labels)
    result = github.perform(_step())

    assert (f"{reason} [TR815]", {}) == (result.error, result.output)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"number": True}, "'number' must be a positive integer"),
        ({"number": 0}, "'number' must be a positive integer"),
        ({"number": "-1"}, "'number' must be a positive integer"),
        ({"repository": "o"}, "'repository' must be OWNER/NAME"),
        ({"repository": "../.."}, "'repository' must be OWNER/NAME"),
        ({"repository": None}, "'repository' must be OWNER/NAME"),
        ({"label": " "}, "'label' must be text that is not empty"),
        ({"label": "a\nb"}, "'label' must be one line of at most 50 characters"),
        ({"label": "x" * 51}, "'label' must be one line of at most 50 characters"),
    ],
)
def test_values_that_name_nothing_are_refused_before_any_call(
    github, changes: dict[str, Json], reason: str
) -> None:
    result = github.perform(_step(**changes))

    assert (f"{reason} [TR815]", []) == (result.error, github.calls())


def test_a_failure_of_the_program_tells_its_exit_code_only(github) -> None:
    github.environment["FAKE_EXIT"] = "4"
    result = github.perform(_step())

    assert (Outcome.FAILED, "gh exited with code 4 [TR815]") == (result.outcome, result.error)
    assert {} == github.log.streams


def test_without_the_program_the_step_fails(stage) -> None:
    assert "the program 'gh' is not installed [TR814]" == stage.perform(_step()).error
