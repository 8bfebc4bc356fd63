"""Has actions done on this machine, many at the same time, and hands over what they gave back.

The processes of shell steps are watched by the calling thread itself, all in one loop: a thread
for each would take three times the time. Every other action has a thread of its own.
"""

from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from treadle.executor.actions.process import Running
from treadle.executor.actions.pump import Poller
from treadle.executor.actions.shell import Begun, Ready
from treadle.executor.commands import Perform
from treadle.executor.errors import Refused
from treadle.executor.local.logs import LogFiles
from treadle.executor.ports import (
    CANCELLED,
    ActionRequest,
    ActionResult,
    Cancellation,
    Outcome,
    failed,
)
from treadle.plan.catalogue import error_text

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# Each process holds two descriptors, and many systems allow a program no more than 1,024.
_MAX_PROCESSES = 256
_MAX_THREADS = 256
_MAX_LEFT = 16  # their descriptors are still open

DoAction: TypeAlias = Callable[[ActionRequest], ActionResult]
ReadyAction: TypeAlias = Callable[[ActionRequest], Ready | ActionResult | None]


class Came(Struct, frozen=True):
    """An action came back."""

    perform: Perform
    result: ActionResult


class Broke(Struct, frozen=True):
    """What an action printed, or that it is at work, could not be kept: it has no result."""

    perform: Perform
    refused: Refused


Arrival: TypeAlias = Came | Broke


class Prepared(Struct, frozen=True):
    """An action that is asked for, with all that its start needs; nothing has begun.

    Shapes: `ready` starts one that the loop can watch, or is the result of one that cannot be
    started; None stands for one that has a thread.
    """

    perform: Perform
    request: ActionRequest
    log: LogFiles
    ready: Ready | ActionResult | None


def prepare(
    perform: Perform, request: ActionRequest, log: LogFiles, *, ready: ReadyAction | None
) -> Prepared:
    """Make an action ready to be started; without `ready` it has a thread."""
    try:
        start = ready(request) if ready is not None else None
    except Exception as error:
        start = _failure(error)
    return Prepared(perform, request, log, start)


class Dispatcher(Struct, eq=False):
    """The actions of one run that are at work. Shapes: `perform` does one in the calling thread."""

    perform: DoAction
    _poller: Poller = field(default_factory=Poller)
    _flying: dict[str, Cancellation] = field(default_factory=dict)
    _watched: dict[str, tuple[Prepared, Begun]] = field(default_factory=dict)
    _waiting: deque[Prepared] = field(default_factory=deque)
    _over: list[Arrival] = field(default_factory=list)
    _inbox: SimpleQueue[Arrival] = field(default_factory=SimpleQueue)
    _threads: "ThreadPoolExecutor | None" = None
    _for_threads: list[Prepared] = field(default_factory=list)
    _left: list[Running] = field(default_factory=list)

    @property
    def is_busy(self) -> bool:
        """Whether an action is at work whose end has not been handed over."""
        return bool(self._flying)

    def start(self, work: Prepared) -> None:
        """Have an action done; whatever happens, an answer comes back."""
        cancellation = work.request.cancellation
        self._flying[work.perform.address] = cancellation
        cancellation.on_cancel(self._poller.ring)
        if len(self._watched) < _MAX_PROCESSES:
            self._begin(work)
        else:
            self._waiting.append(work)

    def take(self, *, longest_s: float) -> list[Arrival]:
        """Return what has come, at once or after one wait, which may end with nothing.

        Units: seconds, infinity for no limit.
        """
        arrived = self._arrived()
        if not arrived:
            self.follow_up()
            watches = [begun.running.watch for _, begun in self._watched.values()]
            self._poller.turn(watches, longest_s=longest_s)
            self._reap()
            arrived = self._arrived()
        return arrived

    def follow_up(self) -> None:
        """Do what has time until the next actions are at work.

        Actions are handed over to their threads, processes that are over are let go of, and the
        next one is prepared. A thread may speak at once: whoever tells of an action's start has
        done so by now.
        """
        handed_over, self._for_threads = self._for_threads, []
        for work in handed_over:
            self._submit(work)
        self._let_go()
        if self._watched:
            self._poller.prepare()

    def end_all(self, *, kill: bool) -> None:
        """Ask all actions to end; with `kill`, without grace. For signal handlers, too."""
        for cancellation in tuple(self._flying.values()):
            cancellation.cancel(kill=kill)
        self._poller.ring()

    def close(self) -> None:
        """End what is at work, without grace, and let go of everything."""
        self.end_all(kill=True)
        for work, begun in self._watched.values():
            begun.running.kill()
            work.log.close()
        self._watched.clear()
        self._let_go()
        if self._threads is not None:
            self._threads.shutdown(wait=True)
        self._poller.close()

    def _let_go(self) -> None:
        """Close what processes have left behind that are over."""
        left, self._left = self._left, []
        for running in left:
            running.close()

    def _arrived(self) -> list[Arrival]:
        arrived, self._over = self._over, []
        while self._threads is not None and not self._inbox.empty():
            arrived.append(self._inbox.get_nowait())  # nobody else takes anything out
        for arrival in arrived:
            self._flying.pop(arrival.perform.address, None)
        return arrived

    def _begin(self, work: Prepared) -> None:
        if work.request.cancellation.is_set:
            self._over.append(_arrival(work, CANCELLED))
            return
        match work.ready:
            case None:
                self._for_threads.append(work)
            case ActionResult():
                self._over.append(_arrival(work, work.ready))
            case Ready():
                self._watch(work, work.ready)

    def _watch(self, work: Prepared, ready: Ready) -> None:
        try:
            begun: Begun | ActionResult | Refused = ready.begin(work.request, self._poller)
        except Refused as refused:
            begun = refused
        except Exception as error:
            begun = _failure(error)
        if isinstance(begun, ActionResult | Refused):
            self._over.append(_arrival(work, begun))
        else:
            self._watched[work.perform.address] = (work, begun)
            self._poller.stay_awake(len(self._flying) == 1)

    def _submit(self, work: Prepared) -> None:
        if self._threads is None:
            # Many runs have shell steps only, and the import takes 8 ms.
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="action")
        self._threads.submit(self._do, work)

    def _do(self, work: Prepared) -> None:
        try:
            result: ActionResult | Refused = self.perform(work.request)
        except Refused as refused:
            result = refused
        except Exception as error:
            result = _failure(error)
        self._inbox.put(_arrival(work, result))
        self._poller.ring()

    def _reap(self) -> None:
        """Take the results of the processes that are over; begin what waits for room."""
        over = [a for a, (_, begun) in self._watched.items() if begun.running.watch.is_over()]
        for address in over:
            work, begun = self._watched.pop(address)
            try:
                result: ActionResult | Refused = begun.result()
            except Refused as refused:
                result = refused
            except Exception as error:
                result = _failure(error)
            self._left.append(begun.running)
            self._over.append(_arrival(work, result))
        if len(self._left) > _MAX_LEFT:
            self._let_go()
        while self._waiting and len(self._watched) < _MAX_PROCESSES:
            self._begin(self._waiting.popleft())


def _arrival(work: Prepared, result: ActionResult | Refused) -> Arrival:
    """Return what is handed over of an action, once its output is as durable as it will be."""
    try:
        if isinstance(result, ActionResult) and result.outcome is not Outcome.CANCELLED:
            work.log.sync()
    except Refused as refused:
        # Without its log the action has no result: it runs again when the disk takes more.
        result = refused
    finally:
        work.log.close()
    if isinstance(result, Refused):
        return Broke(work.perform, result)
    return Came(work.perform, result)


def _failure(error: Exception) -> ActionResult:
    """Return the result of an action with a mistake of ours: it must cost its step only."""
    return failed(error_text("TR813", reason=f"{type(error).__name__}: {error}"))
