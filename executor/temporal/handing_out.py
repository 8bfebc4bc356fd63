"""Hands steps out to workers, by activities that are named after them.

A step's failure is a result. Only that a worker is lost is for Temporal to mend: it hands the step
to another one, a few times.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, TimeoutError, is_cancelled_exception

from treadle.executor.events import StepStatus
from treadle.executor.state import Occurrence
from treadle.executor.temporal.messages import (
    CALL_ACTIVITY,
    CallOrder,
    Done,
    Found,
    Limits,
    Order,
    plain,
    queue_of,
    read,
)
from treadle.plan.catalogue import error_text
from treadle.plan.steps import ActionStep

_GRACE = timedelta(seconds=60)
_LONGEST_STEP = timedelta(days=30)
_FIRST_RETRY = timedelta(seconds=1)


async def perform_step(order: Order, occurrence: Occurrence, limits: Limits) -> Done:
    """Return the result of a step; one that no worker brings to an end has failed.

    Errors: CancelledError when it was ended.
    """
    try:
        given = await workflow.execute_activity(
            occurrence.public,
            plain(order),
            task_queue=queue_of(workflow.info().task_queue, _label(occurrence)),
            activity_id=f"{order.address} {order.attempt}",
            summary=occurrence.step.name or order.address,
            start_to_close_timeout=_longest(occurrence),
            heartbeat_timeout=timedelta(seconds=limits.heartbeat_s),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            retry_policy=_infrastructure(limits),
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise asyncio.CancelledError from error
        return Done(status=StepStatus.FAILED.value, output={}, error=_lost(error))
    return read(Done, given)


async def find_plan(order: CallOrder, limits: Limits) -> Found:
    """Return the plan of an installed workflow, or why there is none.

    Errors: CancelledError when nobody waits for it any longer.
    """
    try:
        given = await workflow.execute_activity(
            CALL_ACTIVITY,
            plain(order),
            summary=order.workflow,
            start_to_close_timeout=_GRACE,
            retry_policy=_infrastructure(limits),
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise asyncio.CancelledError from error
        return Found(error=_lost(error))
    return read(Found, given)


def _infrastructure(limits: Limits) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=_FIRST_RETRY,
        maximum_interval=_GRACE,
        maximum_attempts=limits.infrastructure_attempts,
    )


def _longest(occurrence: Occurrence) -> timedelta:
    """Return when a step is given up that its own time limit has not ended."""
    step = occurrence.step
    timeout_s = step.timeout_s if isinstance(step, ActionStep) else None
    return _LONGEST_STEP if timeout_s is None else timedelta(seconds=timeout_s) + _GRACE


def _label(occurrence: Occurrence) -> str | None:
    step = occurrence.step
    return step.runs_on if isinstance(step, ActionStep) else None


def _lost(error: ActivityError) -> str:
    """Return the error of what no worker brought to an end."""
    cause = error.__cause__ or error
    is_silent = isinstance(cause, TimeoutError)
    reason = "its workers fell silent" if is_silent else str(cause) or type(cause).__name__
    return error_text("TR871", reason=reason)
