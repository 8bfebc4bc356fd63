"""The command of `on_pause`, and the other settings of runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.cli.project.configuration import RunSettings
from treadle.cli.project.run_settings import run_settings
from treadle.cli.rejection import Rejected
from treadle.cli.settings import Settings

FLOW = """
workflow: {id: demo, name: Demo, version: "1.0.0"}
steps:
  - {id: ask, type: gate, message: "Go, {{ 'now' }}?"}
"""
ON_PAUSE = """
[run]
on_pause = 'echo "$TREADLE_RUN_ID|$TREADLE_STATUS|$TREADLE_GATE|$TREADLE_MESSAGE" >> told'
"""

Write = Callable[[str, str], Path]


def test_a_pause_is_told_once_and_only_by_run_and_resume(
    treadle, write: Write, project: Path
) -> None:
    write("flow.yml", FLOW)
    write("treadle.toml", ON_PAUSE)
    for words in (("validate",), ("plan", "flow.yml"), ("status",)):
        treadle(*words)
    assert not (project / "told").exists()
    treadle("run", "flow.yml", "--run-id", "r1")
    treadle("status", "r1")
    assert "r1|paused|/ask|Go, now?\n" == (project / "told").read_text()
    treadle("resume", "r1", "--choice", "approve")
    assert "r1|paused|/ask|Go, now?\n" == (project / "told").read_text()


def test_a_gate_that_a_file_answers_is_not_told(treadle, write: Write, project: Path) -> None:
    write("flow.yml", FLOW)
    write("treadle.toml", ON_PAUSE)
    write("answers.yml", "gates: {ask: approve}\n")
    assert 0 == treadle("run", "flow.yml", "--answers", "answers.yml").code
    assert not (project / "told").exists()


def test_a_failure_is_a_warning_and_changes_nothing(treadle, write: Write) -> None:
    write("flow.yml", FLOW)
    write("treadle.toml", "[run]\non_pause = 'echo no bell >&2; exit 3'\n")
    ended = treadle("run", "flow.yml", "--run-id", "r1", "--json")
    assert (0, "paused") == (ended.code, ended.data["status"])
    told = "warning: on_pause 'echo no bell >&2; exit 3' exited with code 3: no bell\n"
    assert told in ended.err


def test_a_command_that_takes_too_long_is_ended(
    treadle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("treadle.cli.runs.on_pause.TIME_LIMIT_S", 0.05)
    write("flow.yml", FLOW)
    write("treadle.toml", "[run]\non_pause = 'sleep 60'\n")
    ended = treadle("run", "flow.yml")
    assert (0, True) == (ended.code, "took longer than 0.05 s" in ended.err)


@pytest.fixture
def home(tmp_path: Path, write: Write) -> dict[str, str]:
    """The environment of a user with settings of runs."""
    folder = tmp_path / "config" / "treadle"
    folder.mkdir(parents=True)
    (folder / "treadle.toml").write_text('[run]\non_pause = "a"\n[executor]\nmax_processes = 1\n')
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}


def test_the_environment_wins_over_the_project_and_the_project_over_the_user(
    home: dict[str, str], write: Write
) -> None:
    settings = Settings()
    assert RunSettings(on_pause="a", max_processes=1) == run_settings(settings, home)
    write("treadle.toml", "[executor]\nmax_processes = 2\n")
    assert RunSettings(on_pause="a", max_processes=2) == run_settings(settings, home)
    asked = {**home, "TREADLE_MAX_PROCESSES": "3"}
    assert RunSettings(on_pause="a", max_processes=3) == run_settings(settings, asked)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "٣", "9" * 400])
def test_a_limit_is_a_whole_number(text: str, project: Path) -> None:
    with pytest.raises(Rejected) as rejected:
        run_settings(Settings(), {"TREADLE_MAX_PROCESSES": text})
    assert ["TR720"] == [problem.code for problem in rejected.value.problems]


def test_the_file_of_a_user_holds_nothing_about_checks(
    home: dict[str, str], tmp_path: Path, project: Path
) -> None:
    path = tmp_path / "config" / "treadle" / "treadle.toml"
    path.write_text("lenient = true\n[executor]\nmax_processes = 0\n[run]\non_paws = 'x'\n")
    with pytest.raises(Rejected) as rejected:
        run_settings(Settings(), home)
    problems = rejected.value.problems
    assert ["TR612", "TR612", "TR613"] == sorted(problem.code for problem in problems)
    assert {f"this is {path}"} == {problem.hint for problem in problems}
