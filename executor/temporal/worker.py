"""A worker: a process that carries runs and performs their steps until somebody ends it."""

import asyncio
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta

from msgspec import Struct
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from treadle.executor.errors import Refused
from treadle.executor.temporal.activities import Activities, Workplace
from treadle.executor.temporal.flow import RunOnTemporal
from treadle.executor.temporal.messages import queue_of
from treadle.executor.temporal.trouble import stopped_by

# Third-party modules that the core uses: they are what they are in every workflow. Treadle's own
# modules are imported anew for each, so that nothing one run does can be seen by another.
PASSED_THROUGH = (
    "attr",
    "attrs",
    "jsonschema",
    "jsonschema_specifications",
    "msgspec",
    "referencing",
    "rfc3987_syntax",
    "rpds",
    "temporalio",
)

_GRACE_S = 10.0


class Staffing(Struct, frozen=True, kw_only=True):
    """How much a worker takes on, and which release of a deployment it is.

    Shapes: `labels` are those of steps (`runs_on`) that it takes besides those without one.
    Units: `steps` are those at the same time; `cached_runs` are kept in memory between their turns;
    `beat_s` is how often it says at most that a step is at work.
    """

    steps: int = 64
    cached_runs: int = 200
    beat_s: float = 5.0
    labels: tuple[str, ...] = ()
    is_labelled_only: bool = False
    deployment: str | None = None
    build_id: str | None = None


def sandbox() -> SandboxedWorkflowRunner:
    """Return what the workflows run in."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    # Some modules are imported when they are needed, which is often never.
    silent = workflow.SandboxImportNotificationPolicy.SILENT
    restrictions = restrictions.with_import_notification_policy(silent)
    return SandboxedWorkflowRunner(restrictions=restrictions)


def workers_of(
    client: Client, task_queue: str, workplace: Workplace, staffing: Staffing
) -> tuple[Worker, ...]:
    """Return a worker for each queue that work is taken from; none of them has begun yet."""
    labelled = (
        Worker(
            client,
            task_queue=queue_of(task_queue, label),
            activities=[Activities(workplace, client.data_converter).work],
            max_concurrent_activities=staffing.steps,
            graceful_shutdown_timeout=timedelta(seconds=_GRACE_S),
            max_heartbeat_throttle_interval=timedelta(seconds=staffing.beat_s),
            deployment_config=_deployment(staffing),
        )
        for label in staffing.labels
    )
    if staffing.is_labelled_only:
        return tuple(labelled)
    return (_worker(client, task_queue, workplace, staffing), *labelled)


def _worker(client: Client, task_queue: str, workplace: Workplace, staffing: Staffing) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[RunOnTemporal],
        activities=[Activities(workplace, client.data_converter).work],
        workflow_runner=sandbox(),
        max_concurrent_activities=staffing.steps,
        max_cached_workflows=staffing.cached_runs,
        graceful_shutdown_timeout=timedelta(seconds=_GRACE_S),
        # The answer to a heartbeat is how a worker learns that a step is to end.
        max_heartbeat_throttle_interval=timedelta(seconds=staffing.beat_s),
        deployment_config=_deployment(staffing),
    )


def threads(staffing: Staffing) -> ThreadPoolExecutor:
    """Return the threads that steps are performed in."""
    return ThreadPoolExecutor(staffing.steps + 4, thread_name_prefix="step")


async def work(workers: Sequence[Worker]) -> None:
    """Work until SIGINT or SIGTERM; steps that do not end soon are handed back.

    Errors: Refused with TR888 when the server does not let it work.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, ended.set)
    try:
        async with AsyncExitStack() as at_work:
            for worker in workers:
                await at_work.enter_async_context(worker)
            await ended.wait()
    except (RuntimeError, RPCError) as error:
        raise Refused.because("TR888", reason=stopped_by(error)) from error
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _deployment(staffing: Staffing) -> WorkerDeploymentConfig | None:
    if staffing.deployment is None or staffing.build_id is None:
        return None
    version = WorkerDeploymentVersion(
        deployment_name=staffing.deployment, build_id=staffing.build_id
    )
    return WorkerDeploymentConfig(
        version=version,
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
