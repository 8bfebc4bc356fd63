"""The folder of the project that a command works on."""

from pathlib import Path

import pytest

from ..conftest import Treadle


def test_a_folder_that_the_environment_names_is_the_project(
    treadle: Treadle, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "other" / ".specify").mkdir(parents=True)
    monkeypatch.setenv("SPECIFY_INIT_DIR", "other")
    ended = treadle("status")
    assert 0 == ended.code
    assert f"project: {project / 'other'}" in ended.err


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_that_the_environment_names_must_be_a_project(
    treadle: Treadle, project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (project / "empty").mkdir()
    monkeypatch.setenv("SPECIFY_INIT_DIR", name)
    ended = treadle("status")
    assert 2 == ended.code
    assert "SPECIFY_INIT_DIR" in ended.err
    assert "is no project" in ended.err
    assert [] == list((project / "empty").iterdir())


def test_an_option_is_taken_before_the_environment(
    treadle: Treadle, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECIFY_INIT_DIR", "missing")
    (project / "here").mkdir()
    assert 0 == treadle("--project", "here", "status").code
