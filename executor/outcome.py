"""What a run looks like from outside: the JSON objects of run, resume and status.

Source: schemas/outcome.schema.json; the members that Spec Kit prints keep their names.
"""

from collections.abc import Mapping
from typing import Any

from treadle.executor.open_steps import open_leaves
from treadle.executor.state import RUN_SCOPE, Occurrence, Run, RunStatus, Try
from treadle.executor.walk import walk
from treadle.plan.expression import Json
from treadle.plan.steps import GateStep, type_name
from treadle.plan.text import as_text


def run_object(run: Run, status: RunStatus) -> dict[str, Any]:
    """Return the object that run and resume print."""
    found: dict[str, Any] = {
        "run_id": run.id,
        "workflow_id": run.program.plan.id,
        "status": status.value,
        "current_step_id": run.current,
        "current_step_index": run.step_index,
    }
    gate = _gate(run)
    if gate is not None:
        found["gate"] = gate
    if run.error is not None:
        found["error"] = run.error
    begun = walk(run) if run.program.callees else ()
    calls = [_call(run, occurrence) for occurrence in begun if occurrence.call]
    if calls:
        found["workflow_scopes"] = calls
    if run.outputs is not None:
        found["outputs"] = run.outputs
    return found


def status_object(run: Run, status: RunStatus) -> dict[str, Any]:
    """Return the object that status prints for one run."""
    shown = public_results(run)
    return {
        **run_object(run, status),
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "plan_digest": run.program.plan.digest,
        "lenient": run.lenient,
        "started_by": run.started_by,
        **({} if run.forked_from is None else {"forked_from": run.forked_from}),
        "commit": run.commit,
        "inputs": run.inputs,
        "steps": {
            name: _status(occurrence)
            for name, occurrence in shown.items()
            if not _is_private(run, occurrence)
        },
        "results": {name: _result(occurrence) for name, occurrence in shown.items()},
    }


def public_results(run: Run) -> Mapping[str, Occurrence]:
    """Return the occurrences that have a record by their public ids, in order of completion.

    A later round of a loop stands under its own id and, being the latest, under the plain one.
    """
    found: dict[str, Occurrence] = {}
    for address in reversed(list(run.history)):
        occurrence = run.occurrences[address]
        if occurrence.status is None:
            continue
        for name in {occurrence.public: None, _plain(run, occurrence): None}:
            found.pop(name, None)
            found[name] = occurrence
    return found


def _plain(run: Run, occurrence: Occurrence) -> str:
    sequence = run.sequences[occurrence.sequence]
    if sequence.alias is None or sequence.is_item:
        return occurrence.public
    return sequence.prefix + occurrence.step.id


def _is_private(run: Run, occurrence: Occurrence) -> bool:
    """Whether Spec Kit keeps a step to itself: all in an item of a fan-out but the template."""
    sequence = run.sequences[occurrence.sequence]
    scope = run.scopes[sequence.scope].parent if sequence.is_item else sequence.scope
    return scope != RUN_SCOPE


def _status(occurrence: Occurrence) -> str | None:
    return occurrence.status.value if occurrence.status is not None else None


def _result(occurrence: Occurrence) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "address": occurrence.address,
        "type": type_name(occurrence.step),
        "status": _status(occurrence),
        "output": occurrence.output,
        "error": occurrence.error,
        "attempts": occurrence.attempts,
        "started_at": occurrence.started_at,
        "finished_at": occurrence.finished_at,
    }
    if occurrence.attempts > 1:
        shown["tries"] = [_try(ended) for ended in occurrence.tries]
    return shown


def _try(ended: Try) -> dict[str, Json]:
    return {
        "number": ended.number,
        "status": ended.status.value,
        "exit_code": ended.exit_code,
        "error": ended.error,
        "started_at": ended.started_at,
        "finished_at": ended.finished_at,
    }


def _gate(run: Run) -> dict[str, Json] | None:
    """Return the gate that a run rests at."""
    if run.status not in (RunStatus.PAUSED, RunStatus.ABORTED):
        return None
    leaf = next(open_leaves(run), None)
    if leaf is None or not isinstance(leaf.step, GateStep) or leaf.output is None:
        return None
    message = leaf.output.get("message")
    scope_path = _scope_path(run, leaf)
    around: dict[str, Json] = {"scope_path": scope_path} if scope_path else {}
    deadline: dict[str, Json] = {} if leaf.due is None else {"due": leaf.due}
    return {
        "step_id": leaf.qualified,
        "address": leaf.address,
        "message": None if message is None else as_text(message),
        "options": list(leaf.step.options),
        "choice": leaf.output.get("choice"),
        **deadline,
        **around,
    }


def _scope_path(run: Run, occurrence: Occurrence) -> list[Json]:
    """Return the ids of the steps around one, with the numbers of rounds and items, as Spec Kit."""
    found: list[Json] = []
    sequence = run.sequences[occurrence.sequence]
    while sequence.owner in run.occurrences:
        owner = run.occurrences[sequence.owner]
        number = sequence.address.rpartition("/")[2][1:]
        if owner.fan is not None:
            found.append(number)
        elif owner.rounds:
            found.append(str(int(number) - 1))
        found.append(owner.step.id)
        sequence = run.sequences[owner.sequence]
    return found[::-1]


def _call(run: Run, occurrence: Occurrence) -> dict[str, Json]:
    """Return what is told of a call, as Spec Kit tells it."""
    output = occurrence.output or {}
    return {
        "scope_path": [*_scope_path(run, occurrence), occurrence.step.id],
        "workflow_id": occurrence.call.workflow if occurrence.call is not None else None,
        "status": output.get("status") or RunStatus.RUNNING.value,
    }
