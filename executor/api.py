"""Running plans from Python: `run`, `resume`, `cancel` and `status`."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from treadle.executor.local.cancel import cancel as cancel_run
from treadle.executor.local.drive import Rested
from treadle.executor.local.host import Host
from treadle.executor.local.look_around import looking_around
from treadle.executor.local.session import resume as resume_run
from treadle.executor.local.session import start as start_run
from treadle.executor.local.store import Store
from treadle.executor.outcome import status_object
from treadle.executor.ports import NoPlans, PlanSource
from treadle.executor.state import RunStatus
from treadle.plan.expression import Json
from treadle.plan.inputs import Given
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem


class RunResult(Struct, frozen=True, kw_only=True):
    """A run as it rests.

    Shapes: `outputs` are the workflow's own; `results` are the records of its steps by id, each
    with address, type, status, output, error, attempts, started_at and finished_at; `gate` is
    the gate that waits for an answer (step_id, address, message, options, choice), if any.
    `warnings` are what was let pass when it began or went on, each with code, message and hint.
    """

    run_id: str
    status: RunStatus
    outputs: Mapping[str, Json]
    results: Mapping[str, Mapping[str, Json]]
    gate: Mapping[str, Json] | None
    error: str | None
    warnings: tuple[Problem, ...] = ()
    _object: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return what ``treadle status RUN --json`` prints for this run."""
        return dict(self._object)


def run(
    plan: Plan,
    inputs: Mapping[str, Json] | None = None,
    *,
    project: Path | str = ".",
    run_id: str | None = None,
    lenient: bool = False,
    plans: PlanSource | None = None,
) -> RunResult:
    """Run a plan in a project's folder until it completes, pauses or fails.

    Shapes: `plans` finds the workflows that it calls and that are no part of it.
    Errors: treadle.executor.Refused, with every reason, before anything ran.
    """
    told: list[Problem] = []
    host = _host(project, plans, told)
    rested = start_run(plan, _given(inputs), host=host, lenient=lenient, run_id=run_id)
    return _result_of(rested, told)


def resume(
    run_id: str,
    inputs: Mapping[str, Json] | None = None,
    *,
    project: Path | str = ".",
    choices: Mapping[str, str] | None = None,
    comment: str | None = None,
    plans: PlanSource | None = None,
) -> RunResult:
    """Go on with a paused, failed or interrupted run.

    Shapes: `inputs` are merged over the run's own; `choices` answer gates by step id or address;
    `plans` is as for `run`.
    Errors: treadle.executor.Refused, with every reason; the run is as it was.
    """
    told: list[Problem] = []
    rested = resume_run(
        run_id,
        _given(inputs),
        host=_host(project, plans, told),
        choices=[f"{gate}={choice}" for gate, choice in (choices or {}).items()],
        comment=comment,
    )
    return _result_of(rested, told)


def cancel(
    run_id: str,
    *,
    project: Path | str = ".",
    reason: str | None = None,
    plans: PlanSource | None = None,
) -> RunResult:
    """End a run for good, after its ``finally``, whichever process works on it.

    Shapes: `plans` is as for `run`.
    Errors: treadle.executor.Refused for a run that has ended, or whose process takes no note.
    """
    return _result_of(cancel_run(run_id, host=_host(project, plans, []), reason=reason))


def status(run_id: str, *, project: Path | str = ".") -> RunResult:
    """Return a run as it stands. Errors: treadle.executor.Refused for an unknown run."""
    store = Store(Path(project).resolve())
    folder = store.find(run_id)
    _, found = store.load(folder)
    shown = store.shown_status(folder, found)
    return _result(status_object(found, shown), shown)


def _given(inputs: Mapping[str, Json] | None) -> Mapping[str, Given]:
    return {name: Given(value=value, is_text=False) for name, value in (inputs or {}).items()}


def _host(project: Path | str, plans: PlanSource | None, told: list[Problem]) -> Host:
    """Return this machine; what it warns of before a run is put behind what was told so far."""
    root, environment = Path(project).resolve(), dict(os.environ)
    return Host(
        project=root,
        environment=environment,
        plans=plans if plans is not None else NoPlans(),
        preflight=looking_around(root, environment, told.append),
    )


def _result_of(rested: Rested, told: Sequence[Problem] = ()) -> RunResult:
    shown = status_object(rested.run, rested.run.status)
    return _result(shown, rested.run.status, (*rested.warnings, *told))


def _result(
    shown: dict[str, Any], run_status: RunStatus, warnings: tuple[Problem, ...] = ()
) -> RunResult:
    return RunResult(
        run_id=shown["run_id"],
        status=run_status,
        outputs=shown.get("outputs", {}),
        results=shown["results"],
        gate=shown.get("gate"),
        error=shown.get("error"),
        warnings=warnings,
        _object=shown,
    )
