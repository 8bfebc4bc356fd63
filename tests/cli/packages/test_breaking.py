"""What is asked at a terminal before installed workflows are broken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BUILD = "workflow: {id: build, name: Build}\nsteps: [{id: a, type: slot, name: later}]\n"
CALLER = "workflow: {id: top, name: Top}\nsteps: [{id: a, type: workflow, workflow: build}]\n"

Terminal = Callable[..., Any]
Write = Callable[[str, str], Path]


@pytest.fixture
def installed(write: Write) -> Path:
    """The folder of `build`, which `top` calls."""
    write(".specify/workflows/top/workflow.yml", CALLER)
    write(
        ".specify/workflows/workflow-registry.json",
        '{"workflows": {"build": {"version": "1.0.0"}, "top": {}}}',
    )
    return write(".specify/workflows/build/workflow.yml", BUILD).parent


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("n", 2, True), ("", 2, True), ("y", 0, False)]
)
def test_a_person_is_asked_before_callers_are_broken(
    terminal: Terminal, installed: Path, answer: str, code: int, left: bool
) -> None:
    asked = terminal("remove", "build", "--quiet")
    shown = asked.until("remove it all the same? [y/N] ")
    assert "removing 'build' breaks 'top'" in shown and "TR330" in shown
    asked.type(f"{answer}\n")
    assert (code, left) == (asked.end()[0], installed.exists())


@pytest.mark.parametrize("option", ["--yes", "--json", "--no-input"])
def test_nobody_is_asked_who_has_agreed_or_is_a_program(
    terminal: Terminal, installed: Path, option: str
) -> None:
    code, shown = terminal("disable", "build", option).end()
    assert (0, True) == (code, "TR980" in shown and "disabled: build" in shown)


def test_nobody_is_asked_about_what_breaks_nobody(terminal: Terminal, installed: Path) -> None:
    assert (0, "removed: top\n") == terminal("remove", "top").end()
