"""What ``treadle doctor`` without a workflow looks at: this machine, the project, every agent."""

import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version as version_of
from pathlib import Path

from msgspec.structs import replace

from treadle.cli.packages.doctor_report import Check, Report
from treadle.cli.text.counted import counted
from treadle.executor.local.machine import LocalMachine
from treadle.executor.local.program_version import versions
from treadle.executor.local.project import default_integration, speckit_version
from treadle.executor.local.store import Store
from treadle.plan import catalogue
from treadle.plan.dispatch import programs
from treadle.plan.integrations import integration, known
from treadle.plan.problems import Problem
from treadle.plan.requirements import Need

_PROGRAMS = (
    ("git", "a run records the commit it began at"),
    ("gh", "steps of type github"),
    ("specify", "steps of type init"),
)


def machine_report(project: Path, environment: Mapping[str, str]) -> Report:
    """Return what is here for workflows in general."""
    machine = LocalMachine(project=project, environment=environment)
    here = tuple(_agents(machine))
    checks = (*_machine(machine), *_project(project), *here)
    told = versions(
        (check.found for check in checks if check.found and check.need != "project"),
        environment=environment,
        cwd=project,
    )
    named = {check.name for check in here}
    absent = [key for key in known() if key not in named and _has_line(key)]
    notes = (f"agents that are not here: {', '.join(absent)}",) if absent else ()
    return Report(
        title="treadle",
        about=version_of("treadle"),
        project=project,
        own=default_integration(project),
        checks=tuple(
            check if check.version else replace(check, version=told.get(check.found or ""))
            for check in checks
        ),
        notes=notes,
    )


def _machine(machine: LocalMachine) -> Iterator[Check]:
    yield Check(need="machine", name="python", status="found", version=platform.python_version())
    for name, purpose in _PROGRAMS:
        found = machine.program(name)
        yield Check(
            need="machine",
            name=name,
            status="open" if found is None else "found",
            found=found,
            note=f"not here; {purpose} would need it" if found is None and name != "git" else None,
            doubt=None if found is not None else f"only needed for this: {purpose}",
        )


def _project(project: Path) -> Iterator[Check]:
    """Yield whether runs can be kept in the project, and what it says of itself."""
    can_write = os.access(project, os.W_OK | os.X_OK)
    yield _folder(project, "folder", is_right=can_write, reason="it cannot be written")
    runs = Store(project)
    if runs.folder.exists() or runs.folder.is_symlink():
        is_right = runs.folder.is_dir() and not runs.folder.is_symlink()
        is_right = is_right and os.access(runs.folder, os.R_OK | os.W_OK | os.X_OK)
        about = _runs(runs) if is_right else None
        check = _folder(runs.folder, "runs", is_right=is_right, reason="it cannot be used")
        yield replace(check, note=about)
    own, version = default_integration(project), speckit_version(project)
    if own is not None:
        note = f"set the project up; 'auto' is {own}"
        yield Check(need="project", name="Spec Kit", status="found", version=version, note=note)


def _runs(store: Store) -> str:
    return counted(len(store.rows()), "run")


def _folder(path: Path, name: str, *, is_right: bool, reason: str) -> Check:
    if is_right:
        return Check(need="project", name=name, status="found", found=str(path))
    message = catalogue.message("TR908", path=path, reason=reason)
    problem = Problem(code="TR908", field="", message=message)
    return Check(need="project", name=name, status="missing", problem=problem)


def _agents(machine: LocalMachine) -> Iterator[Check]:
    """Yield the agents whose program is here."""
    for key in known():
        agent = integration(key)
        if agent is None or agent.line is None:
            continue
        ways = [way for way in programs(agent, machine.environment) if len(way) == 1]
        found = next((path for way in ways if (path := machine.program(way[0]))), None)
        if found is not None:
            yield Check(need=Need.AGENT.value, name=key, status="found", found=found)


def _has_line(key: str) -> bool:
    agent = integration(key)
    return agent is not None and agent.line is not None
