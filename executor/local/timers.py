"""The timers of a runner: what the core wants to be told of, and when.

A wait is measured by a clock that nobody can set; the time of day only says how long it is.
"""

import heapq
from collections.abc import Callable

from treadle.executor.address import ROOT
from treadle.executor.commands import StartTimer
from treadle.executor.timers import seconds_between


class Timers:
    """The timers that have not fired yet. Units: `monotonic` gives seconds from any moment."""

    def __init__(self, *, clock: Callable[[], str], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._heap: list[tuple[float, int, StartTimer]] = []
        self._number = 0

    @property
    def are_of_steps(self) -> bool:
        """Whether a step waits for its next attempt; the run's own limit is no work."""
        return any(timer.address != ROOT for _, _, timer in self._heap)

    def start(self, timer: StartTimer) -> None:
        """Begin to wait."""
        wait_s = seconds_between(self._clock(), timer.due)
        self._number += 1
        heapq.heappush(self._heap, (self._monotonic() + wait_s, self._number, timer))

    def wait_s(self, longest_s: float) -> float:
        """Return how long to wait for the next timer, and no longer than that."""
        if not self._heap:
            return longest_s
        return min(longest_s, max(0.0, self._heap[0][0] - self._monotonic()))

    def fired(self) -> list[StartTimer]:
        """Take the timers that are due, in the order of their moments."""
        found: list[StartTimer] = []
        while self._heap and self._heap[0][0] <= self._monotonic():
            found.append(heapq.heappop(self._heap)[2])
        return found

    def clear(self) -> None:
        """Forget all timers."""
        self._heap.clear()
