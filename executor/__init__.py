"""Runs plans: a pure core of events and decisions, actions that do work, adapters that keep it.

The public names are imported on first use: a command that only looks at a run does not pay for
everything that running needs.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.executor.api import RunResult, cancel, resume, run, status
    from treadle.executor.errors import Reason, Refused

__all__ = ["Reason", "Refused", "RunResult", "cancel", "resume", "run", "status"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # a measured start-up win, see above

    home = "errors" if name in ("Reason", "Refused") else "api"
    found: object = getattr(import_module(f"{__name__}.{home}"), name)
    return found
