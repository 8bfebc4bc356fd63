"""What the core asks the world to do; the answer comes back as an event from outside."""

from typing import TypeAlias

from msgspec import Struct


class Perform(Struct, frozen=True, kw_only=True):
    """Perform the action of the step at `address`; answered by `ActionFinished`."""

    address: str
    attempt: int


class Continue(Struct, frozen=True, kw_only=True):
    """Ask again at once: there is more to decide; answered by `Continued`."""


Command: TypeAlias = Perform | Continue
