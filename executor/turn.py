"""One turn of deciding: the state as it becomes, the events so far, and the work that is left.

The work is a list, never recursion, so that neither deep nesting nor a long loop can exhaust
anything. A task names what it is about by addresses; tasks can be stored in a `PutOff` event.
"""

from collections import deque
from enum import StrEnum

from msgspec import Struct, field

from treadle.executor.apply import apply
from treadle.executor.commands import Command
from treadle.executor.events import Event
from treadle.executor.state import Occurrence, Run


class Work(StrEnum):
    """What there is to do; each is followed by the address it is about."""

    ENTER = "enter"  # the step that a sequence stands at, or the sequence's end
    LEAVE = "leave"  # a control step whose sequence is at its end
    HALT = "halt"  # a sequence whose step does not go on
    FILL = "fill"  # a fan-out that may start items, or end
    REOPEN = "reopen"  # a sequence that goes on after a pause, a failure or a crash


class Turn(Struct):
    """The state as it becomes while an event is being decided upon."""

    run: Run
    events: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    work: deque[tuple[Work, str]] = field(default_factory=deque)

    def happens(self, event: Event) -> None:
        """Record an event and apply it."""
        self.events.append(event)
        self.run = apply(self.run, event)

    def then(self, work: Work, address: str) -> None:
        """Add work that is done before what is waiting already."""
        self.work.appendleft((work, address))

    def unless_waiting(self, work: Work, address: str) -> None:
        """Add work, as by `then`, that need not be done twice."""
        if (work, address) not in self.work:
            self.then(work, address)

    def occurrence(self, address: str) -> Occurrence:
        """Return the occurrence at an address. Errors: KeyError when there is none."""
        return self.run.occurrences[address]
