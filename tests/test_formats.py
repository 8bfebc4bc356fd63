"""What every release has written is still read: its runs, plan, index and exported run."""

import json
import shutil
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pytest

from treadle.executor import resume, run
from treadle.executor.event_json import event_name, to_json
from treadle.executor.events import Event
from treadle.executor.local.journal import read
from treadle.executor.local.store import RunFolder, Store
from treadle.executor.local.transfer import import_run
from treadle.executor.outcome import status_object
from treadle.plan.plan_file import read_plan
from treadle.plan.struct_fields import fields_of

VERSIONS = sorted(path.parent for path in (Path(__file__).parent / "formats").glob("v*/runs"))
RUNS = [path for version in VERSIONS for path in sorted((version / "runs").iterdir())]

every_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
every_run = pytest.mark.parametrize(
    "path", RUNS, ids=lambda path: f"{path.parent.parent.name}-{path.name}"
)


def project_of(version: Path, tmp_path: Path) -> Store:
    """Return a project with the runs of a release; what was written is never touched."""
    shutil.copytree(version / "runs", tmp_path / ".treadle" / "runs")
    shutil.copy(version / "index.db", tmp_path / ".treadle")
    return Store(tmp_path)


def expected_of(version: Path) -> Any:
    return json.loads((version / "expected.json").read_text(encoding="utf-8"))


def kept(then: Any, now: Any) -> Any:
    """Return of what is said now the members that were said then."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {name: kept(then[name], now[name]) for name in then if name in now}
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [kept(*pair) for pair in zip(then, now, strict=True)]
    return now


def said_of(store: Store, folder: RunFolder) -> Mapping[str, Any]:
    _, found = store.load_whole(folder)
    shown = status_object(found, store.shown_status(folder, found))
    said: Mapping[str, Any] = json.loads(json.dumps(shown, default=dict))
    return said


def members(path: Path) -> Iterator[str]:
    """Yield the kinds of events of a run's journal, and their members, as `kind.member`."""
    for events in read(path / "journal.db", path.name):
        for event in events:
            data = to_json(event)
            kind = data.pop("event")
            yield from (kind, *(f"{kind}.{name}" for name in data))


@every_run
def test_a_run_says_what_it_said_then(path: Path, tmp_path: Path) -> None:
    version = path.parent.parent
    store = project_of(version, tmp_path)
    then = expected_of(version)["status"][path.name]
    assert then == kept(then, said_of(store, store.find(path.name)))


@every_version
def test_the_runs_are_listed_as_they_were_with_the_index_and_without(
    version: Path, tmp_path: Path
) -> None:
    store = project_of(version, tmp_path)
    expected = [run["run_id"] for run in expected_of(version)["runs"]]
    assert expected == [row.run_id for row in store.rows()]
    known = {row.run_id: row for row in store.rows()}
    (tmp_path / ".treadle" / "index.db").unlink()
    assert known == {row.run_id: row for row in Store(tmp_path).rows()}


@every_version
def test_a_plan_runs(version: Path, tmp_path: Path) -> None:
    plan = read_plan(version / "everything.plan.json")
    rested = run(plan, {"token": "t"}, project=tmp_path)
    assert ("paused", "ask") == (rested.status, (rested.gate or {})["step_id"])


@every_version
def test_an_exported_run_is_imported(version: Path, tmp_path: Path) -> None:
    archive = BytesIO((version / "main.run.zip").read_bytes())
    imported = import_run(Store(tmp_path), archive, shown="main.run.zip", run_id=None)
    then = expected_of(version)["status"]["main"]
    assert then == kept(then, said_of(Store(tmp_path), imported.folder))


@every_version
@pytest.mark.parametrize(
    ("name", "choices"), [("paused", {"ask": "approve"}), ("interrupted", {}), ("late", {})]
)
def test_what_was_left_open_goes_on(
    version: Path, name: str, choices: dict[str, str], tmp_path: Path
) -> None:
    project_of(version, tmp_path)
    rested = resume(name, {"seconds": 0}, choices=choices, project=tmp_path)
    assert ("paused" if not choices else "completed") == rested.status


def test_the_files_show_every_kind_of_event_and_every_member() -> None:
    kinds = [kind for union in get_args(Event) for kind in (get_args(union) or (union,))]
    names = {event_name(kind): [field.name for field in fields_of(kind)] for kind in kinds}
    expected = {*names, *(f"{kind}.{name}" for kind in names for name in names[kind])}
    assert expected == {name for path in RUNS for name in members(path)}
