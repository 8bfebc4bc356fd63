"""Workflows that expressions name: compiled once, and anew when a file they are made of changes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from treadle.cli.project.call_plans import InstalledPlans
from treadle.compiler import compile as compiling
from treadle.compiler import compile_file
from treadle.executor import Unresolved
from treadle.executor.local.host import Host
from treadle.executor.local.session import start

MANY = """
workflow: {id: many, name: Many}
inputs: {which: {type: string, default: top}}
steps:
  - id: each
    type: fan-out
    items: [%s]
    max_concurrency: 4
    step: {id: call, type: workflow, workflow: "{{ inputs.which }}", continue_on_error: true}
"""
TOP = """
workflow: {id: top, name: Top}
steps:
  - {id: leaf, type: workflow, workflow: leaf}
  - {id: beside, type: workflow, path: ./parts/more.yml}
  - {id: own, type: greet}
"""
PLAIN = "workflow: {id: %s, name: N}\nsteps: [{id: a, type: slot, name: later}]\n"
GREET = "steps: [{id: hello, type: slot, name: hello}]\n"
OVERLAY = "id: o\nextends: leaf\nedits: [{insert_after: a, step: {id: b, type: slot, name: x}}]\n"
INSTALLED = ".specify/workflows"

Write = Callable[[str, str], Path]


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were compiled so far."""
    found: list[str] = []
    compile_bytes = compiling.compile_bytes

    def counted(source, *, path, **options):  # type: ignore[no-untyped-def]
        found.append(path)
        return compile_bytes(source, path=path, **options)

    monkeypatch.setattr(compiling, "compile_bytes", counted)
    return found


@pytest.fixture
def plans(project: Path, write: Write) -> InstalledPlans:
    """The workflows of a project: one that is made of five files."""
    write(f"{INSTALLED}/top/workflow.yml", TOP)
    write(f"{INSTALLED}/top/parts/more.yml", PLAIN % "more")
    write(f"{INSTALLED}/leaf/workflow.yml", PLAIN % "leaf")
    write(f"{INSTALLED}/overlays/leaf/o.yml", OVERLAY)
    write(f"{INSTALLED}/steps/greet.yml", GREET)
    return InstalledPlans(project)


@pytest.mark.parametrize("which", ["top", "leaf", "gone", "broken"])
def test_a_run_compiles_a_workflow_once_however_often_it_is_called(
    project: Path, write: Write, plans: InstalledPlans, compilations: list[str], which: str
) -> None:
    write(f"{INSTALLED}/broken/workflow.yml", "workflow: {id: broken, name: B}\nsteps: 7\n")
    given = MANY.replace("default: top", f"default: {which}") % ", ".join(map(str, range(60)))
    plan = compile_file(write("many.yml", given)).plan
    assert plan is not None
    host = Host(project=project, environment=dict(os.environ), plans=plans)
    rested = start(plan, {}, host=host, run_id="r1")
    calls = [o for o in rested.run.occurrences.values() if o.step.id == "call"]
    assert ("completed", 60) == (rested.run.status, len(calls))
    assert [f"{INSTALLED}/{which}/workflow.yml"] * (which != "gone") == compilations


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("top/workflow.yml", TOP + "  - {id: z, type: slot, name: z}\n"),
        ("leaf/workflow.yml", PLAIN.replace("later", "now") % "leaf"),
        ("top/parts/more.yml", PLAIN.replace("later", "now") % "more"),
        ("overlays/leaf/o.yml", OVERLAY.replace("id: b", "id: c")),
        ("overlays/top/new.yml", OVERLAY.replace("leaf", "top").replace(": a", ": own")),
        ("steps/greet.yml", GREET.replace("id: hello", "id: hullo")),
    ],
)
def test_a_file_that_changed_is_seen_by_the_next_call(
    plans: InstalledPlans, write: Write, compilations: list[str], path: str, text: str
) -> None:
    before = plans.resolve("top")
    assert before is plans.resolve("top")
    write(f"{INSTALLED}/{path}", text)
    after = plans.resolve("top")
    assert before.digest != after.digest
    assert (after, 2) == (plans.resolve("top"), len(compilations))


def test_a_file_that_only_was_written_anew_is_the_same(
    plans: InstalledPlans, write: Write, compilations: list[str]
) -> None:
    plans.resolve("top")
    write(f"{INSTALLED}/leaf/workflow.yml", PLAIN % "leaf")
    plans.resolve("top")
    assert 1 == len(compilations)


def test_what_is_no_longer_to_be_run_is_not_remembered(
    plans: InstalledPlans, write: Write, project: Path
) -> None:
    plans.resolve("leaf")
    registry = write(
        f"{INSTALLED}/workflow-registry.json", '{"workflows": {"leaf": {"enabled": false}}}'
    )
    with pytest.raises(Unresolved, match="disabled"):
        plans.resolve("leaf")
    registry.unlink()
    (project / INSTALLED / "leaf" / "workflow.yml").unlink()
    with pytest.raises(Unresolved, match="no workflow 'leaf' is installed"):
        plans.resolve("leaf")
    with pytest.raises(Unresolved, match="TR330"):
        plans.resolve("top")


def test_a_mistake_that_was_mended_is_forgotten(plans: InstalledPlans, write: Write) -> None:
    write(f"{INSTALLED}/leaf/workflow.yml", "workflow: {id: leaf, name: L}\nsteps: 7\n")
    for _ in range(2):
        with pytest.raises(Unresolved, match="TR334"):
            plans.resolve("leaf")
    write(f"{INSTALLED}/leaf/workflow.yml", PLAIN % "leaf")
    assert "leaf" == plans.resolve("leaf").id


def test_strict_and_lenient_plans_are_kept_apart(
    plans: InstalledPlans, compilations: list[str]
) -> None:
    for lenient in (False, True, False, True):
        plans.resolve("leaf", lenient=lenient)
    assert 2 == len(compilations)


def test_what_was_not_asked_for_in_a_long_time_is_forgotten(
    plans: InstalledPlans, write: Write, compilations: list[str]
) -> None:
    for number in range(64):
        write(f"{INSTALLED}/w{number}/workflow.yml", PLAIN % f"w{number}")
        plans.resolve("leaf")
        plans.resolve(f"w{number}")
    assert 65 == len(compilations)
    plans.resolve("leaf")
    assert 65 == len(compilations)
    plans.resolve("w0")
    assert 66 == len(compilations)
