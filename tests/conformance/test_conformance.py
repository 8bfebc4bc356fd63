"""What Spec Kit does with a workflow, recorded by running it: treadle does the same.

The cases of `divergence` are where it does better; there treadle's own outcome is a snapshot.
Every command of a case runs in a fork of this process, which saves its imports.
"""

import importlib.util
import json
import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

# Loaded before any fork, so that no case pays for them again.
import treadle.cli.app  # noqa: F401  # loaded for the forks
import treadle.compiler.compile  # noqa: F401  # loaded for the forks
import treadle.executor.api  # noqa: F401  # loaded for the forks
import treadle.plan.validation  # noqa: F401  # loaded for the forks
from treadle.cli import main

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in (HERE / "cases").glob("*/*/case.json"))
LIMIT_S = 60.0


def _load_runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_run", HERE / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


runner = _load_runner()


class ForkBox(runner.Box):  # type: ignore[name-defined, misc]  # a class of a loaded module
    """A sandbox whose commands are forks of this process."""

    def call(self, argv: list[str], env: Mapping[str, str]) -> tuple[int, str]:
        out = self.root / "stdout"
        with warnings.catch_warnings():
            # Other threads of this process hold no lock that the child needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            self._become(argv, {**self.env, **env}, out)
        code = self._wait(child)
        return code, out.read_text(errors="replace")

    def _become(self, argv: list[str], environment: Mapping[str, str], out: Path) -> None:
        code = 70
        try:
            os.setsid()
            os.chdir(self.project)
            for number, path, flags in (
                (0, os.devnull, os.O_RDONLY),
                (1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
                (2, self.root / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            ):
                file = os.open(path, flags, 0o600)
                os.dup2(file, number)
                os.close(file)
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
            os.environ.clear()
            os.environ.update(environment)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.argv = argv
            main()
            code = 0
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _wait(self, child: int) -> int:
        while time.monotonic() < self.deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise runner.Timeout


@pytest.fixture(scope="session")
def tools() -> Iterator[str]:
    """Return a folder of links to the programs that a case may use."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        runner.make_sysbin(folder)
        yield folder


def outcome_of(case: Path, tools: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """Return the recorded outcome and treadle's own, without what the case ignores."""
    monkeypatch.setattr(runner, "Box", ForkBox)
    spec = json.loads((case / "case.json").read_text(encoding="utf-8"))
    engine = runner.Engine("treadle", ["treadle"])
    found = runner.run_case(engine, case, spec, tools, LIMIT_S)
    return runner.drop_ignored(spec["expect"], spec.get("ignore") or []), found


def name_of(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


SAME = [case for case in CASES if case.parent.name != "divergence"]
DIVERGENT = [case for case in CASES if case.parent.name == "divergence"]


@pytest.mark.parametrize("case", SAME, ids=name_of)
def test_a_case_has_the_recorded_outcome(
    case: Path, tools: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, found = outcome_of(case, tools, monkeypatch)
    if "steps" in wanted and "steps" in found:
        # treadle may show more occurrences than Spec Kit, never fewer.
        found["steps"] = {
            name: record
            for name, record in found["steps"].items()
            if name in wanted["steps"] or not {":", "/"} & set(name)
        }
    assert runner.compare(wanted, found) == ""


@pytest.mark.parametrize("case", DIVERGENT, ids=name_of)
def test_a_divergent_case_has_the_outcome_that_was_decided(
    case: Path, tools: str, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    _, found = outcome_of(case, tools, monkeypatch)
    assert json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True) == snapshot
