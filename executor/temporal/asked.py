"""What the workflow of a run is asked on Temporal: queries, and updates with their validators.

| update | is refused like | becomes |
|---|---|---|
| resume | a resume on one machine | run-resumed |
| go-back | `resume --from` | run-rewound |
| replace-plan | `resume --plan` | plan-replaced |
| cancel | `cancel` | cancel-requested, when what is at work has ended |

What a validator refuses leaves no event in the history.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace
from temporalio import workflow

from treadle.executor.commands import Command
from treadle.executor.events import CancelRequested, OutsideEvent, RunTimedOut
from treadle.executor.outcome import status_object
from treadle.executor.state import Run
from treadle.executor.temporal.course import Course
from treadle.executor.temporal.mend_requests import (
    Standing,
    program_of,
    refuse_at_work,
    replaced,
    rewound,
)
from treadle.executor.temporal.messages import (
    CANCEL,
    GO_BACK,
    JOURNAL,
    REPLACE_PLAN,
    RESUME,
    STATUS,
    Accepted,
    CancelAsk,
    JournalAsk,
    MendAsk,
    ResumeAsk,
    plain,
    read,
)
from treadle.executor.temporal.requests import cancelled, refusing, resumed


class Asked:
    """A workflow that answers for its run; the one that carries the run is made of it."""

    _course: Course

    def _follow(self, commands: Sequence[Command]) -> None:
        """Do what the core has asked for."""
        raise NotImplementedError

    async def _stop(self, event: Callable[[], CancelRequested | RunTimedOut]) -> None:
        """End what is at work, then let the event happen."""
        raise NotImplementedError

    def _happen(self, event: OutsideEvent) -> None:
        """Decide on an event, and do what is asked for."""
        self._follow(self._course.take(event))

    @workflow.query(name=STATUS, description="What 'treadle status RUN --json' prints.")
    def status(self) -> Any:
        """Return the run as it stands."""
        return json.loads(json.dumps(status_object(self._run, self._run.status), default=dict))

    @workflow.query(name=JOURNAL, description="A page of the run's events.")
    def journal(self, ask: Any) -> Any:
        """Return a part of the events so far."""
        return plain(self._course.page(read(JournalAsk, ask)))

    @workflow.update(name=RESUME, description="Go on, with new inputs and answers to gates.")
    def resume(self, ask: Any) -> Any:
        """Go on with a run that rests."""
        self._happen(resumed(self._run, read(ResumeAsk, ask), at=now()))
        return plain(Accepted(transaction=self._course.count))

    @resume.validator
    def check_resume(self, ask: Any) -> None:
        """Refuse what a resume on one machine would refuse."""
        with refusing():
            resumed(self._run, read(ResumeAsk, ask), at=now())

    @workflow.update(name=GO_BACK, description="Run a step again, with everything behind it.")
    def go_back(self, ask: Any) -> Any:
        """Take the run back to a step, and go on from there."""
        self._happen(rewound(self._standing, read(MendAsk, ask), at=now()))
        return plain(Accepted(transaction=self._course.count))

    @go_back.validator
    def check_go_back(self, ask: Any) -> None:
        """Refuse what going back on one machine would refuse."""
        with refusing():
            refuse_at_work(self._run)
            rewound(self._standing, read(MendAsk, ask), at=now())

    @workflow.update(name=REPLACE_PLAN, description="Go on under an edited plan.")
    def replace_plan(self, ask: Any) -> Any:
        """Go on under another plan, from a step or from where the run stands."""
        mend = read(MendAsk, ask)
        event = replaced(self._standing, program_of(mend), mend, at=now())
        self._follow(self._course.take_plan(mend.plan or {}, event))
        return plain(Accepted(transaction=self._course.count))

    @replace_plan.validator
    def check_replace_plan(self, ask: Any) -> None:
        """Refuse a plan that does not fit what the run has done."""
        mend = read(MendAsk, ask)
        with refusing():
            refuse_at_work(self._run)
            replaced(self._standing, program_of(mend), mend, at=now())

    @workflow.update(name=CANCEL, description="End the run for good, after its 'finally'.")
    def cancel(self, ask: Any) -> Any:
        """End the run; what is at work is ended first."""
        event = cancelled(self._run, read(CancelAsk, ask), at=now())
        asyncio.create_task(self._stop(lambda: replace(event, at=now())))
        return plain(Accepted(transaction=self._course.count + 1))

    @cancel.validator
    def check_cancel(self, ask: Any) -> None:
        """Refuse to end what has ended."""
        with refusing():
            cancelled(self._run, read(CancelAsk, ask), at=now())

    @property
    def _run(self) -> Run:
        return self._course.run

    @property
    def _standing(self) -> Standing:
        course = self._course
        return Standing(run=course.run, count=course.count, is_whole=course.snapshot is None)


def now() -> str:
    """Return the time of the activation: the same whenever the history is replayed."""
    return workflow.now().isoformat(timespec="milliseconds")
