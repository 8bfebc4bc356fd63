"""Runs plans: a pure core of events and decisions, actions that do work, adapters that keep it.

The public names are imported on first use: a command that only looks at a run does not pay for
everything that running needs.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.executor.api import RunResult, cancel, resume, run, status
    from treadle.executor.errors import Refused
    from treadle.executor.local.step_types import installed_step_types
    from treadle.executor.ports import PlanSource, Unresolved
    from treadle.executor.step_type import StepFailed, StepRequest, StepType

_HOMES = {
    "Refused": "errors",
    **dict.fromkeys(("RunResult", "cancel", "resume", "run", "status"), "api"),
    "installed_step_types": "local.step_types",
    **dict.fromkeys(("PlanSource", "Unresolved"), "ports"),
    **dict.fromkeys(("StepFailed", "StepRequest", "StepType"), "step_type"),
}
__all__ = [
    "PlanSource",
    "Refused",
    "RunResult",
    "StepFailed",
    "StepRequest",
    "StepType",
    "Unresolved",
    "cancel",
    "installed_step_types",
    "resume",
    "run",
    "status",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # a measured start-up win, see above

    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
