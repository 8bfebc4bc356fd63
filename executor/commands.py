"""What the core asks the world to do; the answer comes back as an event from outside."""

from typing import TypeAlias

from msgspec import Struct


class Perform(Struct, frozen=True, kw_only=True):
    """Perform the action of the step at `address`; answered by `ActionFinished`."""

    address: str
    attempt: int


class StartTimer(Struct, frozen=True, kw_only=True):
    """Tell when `due` has come; the time limit of the whole run has the address of the root.

    A step's timer is answered by `TimerFired`, the run's by `RunTimedOut`. Units: `due` is an
    ISO 8601 time in UTC. Timers are forgotten when the run rests.
    """

    address: str
    due: str


class ResolveCall(Struct, frozen=True, kw_only=True):
    """Find the installed workflow that the call at `address` names; answered by `CallResolved`."""

    address: str
    workflow: str


class Continue(Struct, frozen=True, kw_only=True):
    """Ask again at once: there is more to decide; answered by `Continued`."""


Command: TypeAlias = Perform | StartTimer | ResolveCall | Continue
