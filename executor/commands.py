"""What the core asks the world to do; the answer comes back as an event from outside."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """Perform the action of the step at `address`; answered by `ActionFinished`."""

    address: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """Ask again at once: there is more to decide; answered by `Continued`."""


Command: TypeAlias = Perform | Continue
