"""Actions that are made ready, started and watched: what a mistake of ours may cost."""

from pathlib import Path

import pytest

from treadle.compiler import compile_text
from treadle.executor import run
from treadle.executor.actions.shell import Ready
from treadle.executor.local import drive
from treadle.executor.ports import ActionRequest

FLOW = """
schema_version: "1.0"
workflow: {id: flow, name: Flow, version: "1.0.0"}
steps:
  - {id: first, type: shell, run: touch first}
  - {id: second, type: shell, run: touch second, continue_on_error: true}
  - {id: third, type: shell, run: touch third}
"""


class _Broken(Ready):
    """What breaks when it is started."""

    def begin(self, request: ActionRequest, poller: object) -> object:  # type: ignore[override]
        raise KeyError("a mistake")


@pytest.mark.parametrize("breaks_at", ["when it is made ready", "when it is started"])
def test_a_mistake_of_ours_costs_its_step_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, breaks_at: str
) -> None:
    sound = drive.ready

    def ready(request: ActionRequest) -> object:
        start = sound(request)
        if request.address != "/second":
            return start
        if breaks_at == "when it is made ready":
            raise KeyError("a mistake")
        assert isinstance(start, Ready)
        return _Broken(start.step, start.spawn)

    monkeypatch.setattr(drive, "ready", ready)
    plan = compile_text(FLOW, path="flow.yml").plan
    assert plan is not None
    ended = run(plan, project=tmp_path)
    assert ended.status == "completed"
    assert ended.results["second"]["status"] == "failed"
    assert "KeyError: 'a mistake'" in str(ended.results["second"]["error"])
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["first", "third"]
