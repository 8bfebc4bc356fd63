"""What a run finds around it on this machine, so that a test can give it another one."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from treadle.executor.decide import Decision
from treadle.executor.events import CancelRequested
from treadle.executor.local.dispatcher import DoAction, ReadyAction
from treadle.executor.ports import NoPlans, PlanSource
from treadle.executor.step_type import FindStepType, no_step_type
from treadle.plan.plan import Plan


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a run finds on this machine.

    Shapes: `environment` is what processes inherit; `secrets` are texts by input name;
    `perform` does the work of an action, and `ready` gives what starts one whose process the loop
    of the run can watch (without it every action has a thread); `watch` is told of every decision
    after it is written; `echo` gets an agent's output that is not captured; `held_back` is told
    when a run that is to stop waits for what does not end at once. `clock` gives ISO 8601 times in
    UTC, `monotonic` seconds; `cancel_request` is asked after a signal whether it means to cancel.
    `plans` finds the workflows that expressions name; `keep_plan` keeps the plan of one with the
    run.
    """

    project: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    perform: DoAction
    ready: ReadyAction | None = None
    clock: Callable[[], str]
    watch: Callable[[Decision], None]
    echo: Callable[[bytes], None]
    held_back: Callable[[], None] = lambda: None
    monotonic: Callable[[], float] = time.monotonic
    find_step_type: FindStepType = no_step_type
    plans: PlanSource = NoPlans()
    keep_plan: Callable[[Plan], None] = lambda plan: None
    cancel_request: Callable[[], CancelRequested | None] = lambda: None
