"""The machine and the caller that a run is started for."""

import getpass
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from treadle.executor.decide import Decision
from treadle.executor.local.departure import Departure
from treadle.executor.local.groups import Holder
from treadle.executor.local.step_types import installed_step_type
from treadle.executor.ports import NoPlans, PlanSource
from treadle.executor.step_type import FindStepType
from treadle.plan.coercion import TextParser


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _ignore(event: object = None) -> None:
    """Watch nothing."""


class Host(Struct, frozen=True, kw_only=True):
    """The machine and the caller that a run is started for.

    Shapes: `environment` is inherited by every process; `parse_yaml` reads the text of list and
    object inputs; `watch` is told of every decision, `echo` gets what agents print; `held_up` is
    told of each run that this one waits for in its group, `held_back` that a run which is to stop
    waits for what is at work; `plans` finds the workflows that
    expressions name; `preflight` looks around before anything is written, and may refuse.
    Units: `max_processes` is how many step processes a user may have at work on this machine.
    """

    project: Path
    environment: Mapping[str, str]
    parse_yaml: TextParser | None = None
    watch: Callable[[Decision], None] = _ignore
    echo: Callable[[bytes], None] = _ignore
    held_up: Callable[[Holder], None] = _ignore
    held_back: Callable[[], None] = _ignore
    preflight: Callable[[Departure], None] = _ignore
    clock: Callable[[], str] = _now
    plans: PlanSource = NoPlans()
    max_processes: int | None = None
    find_step_type: FindStepType = installed_step_type


def user() -> str | None:
    """Return who is at work, None when nobody knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return None


def commit(host: Host) -> str | None:
    """Return the commit that the project's folder has checked out, None without git."""
    if not any((folder / ".git").exists() for folder in (host.project, *host.project.parents)):
        return None
    try:
        shown = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=host.project,
            env=dict(host.environment),
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return shown.stdout.strip() or None
