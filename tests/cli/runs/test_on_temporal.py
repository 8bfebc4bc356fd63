"""Commands that are sent to Temporal, as far as they go without a server."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.cli.project.temporal_settings import TemporalSettings, from_table, from_variables

from ..conftest import Treadle

FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps: [{id: one, type: shell, run: echo one}]
"""


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    for name in ("TEMPORAL_NAMESPACE", "TREADLE_TASK_QUEUE", "TEMPORAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_without_the_extra_the_hint_says_how_to_install_it(
    treadle: Treadle, write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "temporalio", None)
    write("flow.yml", FLOW)
    ended = treadle("run", "flow.yml", "--on", "temporal")
    assert (2, "") == (ended.code, ended.out)
    assert "error TR876: the package 'temporalio' is not installed" in ended.err
    assert "pip install treadle[temporal]" in ended.err
    assert 2 == treadle("worker").code


def test_without_the_extra_runs_on_this_machine_are_as_ever(
    treadle: Treadle, write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "temporalio", None)
    write("flow.yml", FLOW)
    assert 0 == treadle("run", "flow.yml", "--on", "local").code
    assert 0 == treadle("status").code


def test_without_the_program_there_is_no_server_for_development(
    treadle: Treadle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    ended = treadle("dev-server")
    assert (2, True) == (ended.code, "error TR877" in ended.err)


def test_a_settings_file_sends_runs_to_temporal(
    treadle: Treadle, write: Callable[[str, str], Path]
) -> None:
    pytest.importorskip("temporalio")
    write("flow.yml", FLOW)
    write("treadle.toml", '[executor]\non = "temporal"\n')
    for words in (("run", "flow.yml"), ("status",), ("resume", "r1"), ("cancel", "r1")):
        ended = treadle(*words)
        assert (2, True) == (ended.code, "error TR872: cannot reach Temporal" in ended.err)
    assert 0 == treadle("run", "flow.yml", "--on", "local").code


def test_what_runs_on_temporal_do_not_have_is_refused(
    treadle: Treadle, write: Callable[[str, str], Path]
) -> None:
    pytest.importorskip("temporalio")
    write("flow.yml", f"{FLOW}concurrency: {{group: one-at-a-time}}\n")
    for words in (("run", "flow.yml"), ("logs", "r1", "--json")):
        ended = treadle(*words, "--on", "temporal")
        assert (2, True) == (ended.code, "error TR874" in ended.err)


def test_a_wrong_setting_is_told_in_its_file(
    treadle: Treadle, write: Callable[[str, str], Path]
) -> None:
    write("treadle.toml", '[executor]\non = "cloud"\n')
    ended = treadle("status")
    assert 2 == ended.code
    assert "TR613: 'executor.on' in 'treadle.toml' must be 'local' or 'temporal'" in ended.err


def test_options_win_over_variables_and_these_over_files() -> None:
    file = from_table({"on": "temporal", "address": "file:1", "namespace": "n", "max_processes": 3})
    said = from_variables({"TEMPORAL_ADDRESS": "variable:2", "TREADLE_TASK_QUEUE": ""})
    merged = TemporalSettings(namespace="option").over(said.over(file))
    assert ("temporal", "variable:2", "option", None) == (
        merged.on,
        merged.address,
        merged.namespace,
        merged.task_queue,
    )
    assert os.environ["TEMPORAL_ADDRESS"] == "127.0.0.1:9"
