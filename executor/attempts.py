"""The attempts of an action as they stand in the state of a run.

| an attempt | counts against `max_attempts` | what follows |
|---|---|---|
| failed, its exit code is worth it | yes | another one after the back-off, if any is left |
| failed otherwise | yes | the step has failed |
| was lost in a crash or by a signal | no | another one, at once |

While an attempt is to follow, the step has no record: nobody reads a result that is not final. A
resume keeps the moment at which it is due; a resume of a step that has failed for good begins to
count anew. The number of an attempt is never used again.
"""

from msgspec.structs import replace

from treadle.executor.events import ActionFinished, RetryScheduled, StepStatus, TimerFired
from treadle.executor.recording import with_occurrence
from treadle.executor.state import Occurrence, Phase, Run, Try, TryStatus
from treadle.plan.expression import Json
from treadle.plan.steps import ActionStep, Retry


def in_flight(occurrence: Occurrence, attempt: int) -> bool:
    """Whether an attempt has begun and given no result."""
    is_over = bool(occurrence.tries) and occurrence.tries[-1].number == attempt
    return occurrence.phase is Phase.ACTIVE and occurrence.attempts == attempt and not is_over


def is_retried(occurrence: Occurrence, event: ActionFinished) -> bool:
    """Whether another attempt follows on the one that gave a result."""
    retry = retry_of(occurrence)
    if retry is None or event.status is not StepStatus.FAILED:
        return False
    if occurrence.failures + 1 >= retry.max_attempts:
        return False
    codes = retry.on_exit_codes
    return codes is None or _exit_code(event.output.get("exit_code")) in codes


def retry_of(occurrence: Occurrence) -> Retry | None:
    """Return what a step says about other attempts."""
    step = occurrence.step
    return step.retry if isinstance(step, ActionStep) else None


def failed_attempt(run: Run, event: ActionFinished) -> Run:
    """Keep a failed attempt that is not the last one; the step goes on without a record."""
    run = with_result(run, event)
    occurrence = run.occurrences[event.address]
    return with_occurrence(run, replace(occurrence, failures=occurrence.failures + 1))


def scheduled(run: Run, event: RetryScheduled) -> Run:
    """Set when the next attempt begins. Errors: ValueError when no attempt has failed."""
    occurrence = run.occurrences[event.address]
    numbers = [ended.number for ended in occurrence.tries[-1:]]
    has_failed = occurrence.phase is Phase.ACTIVE and numbers == [occurrence.attempts]
    if not has_failed or occurrence.due is not None or event.attempt != occurrence.attempts + 1:
        raise ValueError(f"attempt {event.attempt} of {event.address} cannot be scheduled")
    return with_occurrence(run, replace(occurrence, due=event.due))


def fired(run: Run, event: TimerFired) -> Run:
    """End a back-off. Errors: ValueError when nobody waits."""
    occurrence = run.occurrences[event.address]
    if not occurrence.waits_for_retry:
        raise ValueError(f"{event.address} does not wait")
    return with_occurrence(run, replace(occurrence, due=None))


def with_result(run: Run, event: ActionFinished) -> Run:
    """Keep an attempt that gave a result; a first one that completed is all in its record."""
    occurrence = run.occurrences[event.address]
    if event.status is StepStatus.COMPLETED and occurrence.attempts == 1:
        return run
    ended = Try(
        number=event.attempt,
        started_at=occurrence.started_at,
        finished_at=event.at,
        status=TryStatus(event.status.value),
        exit_code=_exit_code(event.output.get("exit_code")),
        error=event.error,
    )
    return with_occurrence(run, replace(occurrence, tries=(*occurrence.tries, ended)))


def tries_before(occurrence: Occurrence) -> tuple[Try, ...]:
    """Return the attempts that are over when another one begins; one without a result is lost."""
    tries = occurrence.tries
    if not occurrence.attempts or (tries and tries[-1].number == occurrence.attempts):
        return tries
    lost = Try(
        number=occurrence.attempts,
        started_at=occurrence.started_at,
        finished_at=None,
        status=TryStatus.LOST,
    )
    return (*tries, lost)


def _exit_code(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
