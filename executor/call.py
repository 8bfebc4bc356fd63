"""Calls of other workflows: which one runs, with which inputs, and what comes back.

| a call | its record | its steps |
|---|---|---|
| cannot begin: no such workflow, too deep, inputs refused | failed | none |
| begins | none | the first one is entered |
| is paused, fails or is aborted inside | paused or failed, `status` tells | stay open |
| goes on | none | go on, with inputs made anew if what they read was given anew |
| is done | completed, with its outputs | at their end |

Which workflow it is, is settled when the call begins and never changes after that.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from treadle.executor import address as addresses
from treadle.executor.call_events import CallEntered, CallRebound, CallResolved
from treadle.executor.commands import ResolveCall
from treadle.executor.events import (
    Halt,
    StepFinished,
    StepStatus,
)
from treadle.executor.finishing import fail, finish
from treadle.executor.names import names
from treadle.executor.state import Call, Occurrence, Run, Sequence
from treadle.executor.turn import Turn, Work
from treadle.plan.binding import MAX_DEPTH, bind, input_read
from treadle.plan.catalogue import error_text
from treadle.plan.evaluate import EvaluationError, render
from treadle.plan.expression import Json, expressions
from treadle.plan.inputs import InputSet, Resolved
from treadle.plan.lazy_pattern import lazy_pattern
from treadle.plan.output_check import output_fault
from treadle.plan.plan import Plan
from treadle.plan.steps import Step, WorkflowStep
from treadle.plan.text import kind_of

_ID = lazy_pattern(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_INSTALLED = ".specify/workflows"


def enter_call(
    turn: Turn, sequence: Sequence, step: WorkflowStep, *, roots: dict[str, Json]
) -> None:
    """Begin the workflow that a step calls, or ask for it when an expression names it.

    Errors: EvaluationError when the expression cannot be evaluated.
    """
    if step.callee is not None:
        return _begin(turn, sequence, step, digest=step.callee)
    target = render(step.workflow, roots) if step.workflow is not None else None
    if not isinstance(target, str):
        error = error_text("TR341", found=kind_of(target))
        return _refuse(turn, sequence, step, workflow="", error=error)
    ancestry = tuple(_ancestry(turn.run, sequence))
    if not _ID.fullmatch(target):
        error = error_text("TR341", found=f"'{target}'")
    elif target in ancestry:
        error = error_text("TR332", id=target, chain=_chain((*ancestry, target)))
    elif len(ancestry) > MAX_DEPTH:
        error = error_text("TR333", chain=_chain((*ancestry, target)))
    else:
        address = addresses.step(sequence.address, step.id)
        turn.commands.append(ResolveCall(address=address, workflow=target))
        return
    _refuse(turn, sequence, step, workflow=target, error=error)


def resolved(turn: Turn, event: CallResolved) -> None:
    """Begin the workflow that was found for a call. Errors: ValueError where none was asked for."""
    sequence = turn.run.sequences[addresses.sequence_of(event.address)]
    step = turn.run.open_step(sequence)
    is_here = step is not None and addresses.step(sequence.address, step.id) == event.address
    if not isinstance(step, WorkflowStep) or step.callee is not None or not is_here:
        raise ValueError(f"no workflow was asked for at {event.address}")
    if event.plan_digest is not None:
        return _begin(turn, sequence, step, digest=event.plan_digest)
    _refuse(turn, sequence, step, workflow=event.workflow, error=event.error or "")


def leave_call(turn: Turn, owner: Occurrence, call: Call) -> None:
    """Record a call whose steps are done, with the outputs of its workflow."""
    sequence = turn.run.sequences[owner.sequence]
    plan = turn.run.program.part(call.plan).plan
    try:
        roots = names(turn.run, owner.address)
        outputs = {name: render(output.value, roots) for name, output in plan.outputs.items()}
    except EvaluationError as error:
        text = error_text("TR801", reason=error.message)
        return _refuse(turn, sequence, owner.step, workflow=call.workflow, error=text)
    fault = output_fault(plan, outputs)
    if fault is not None:
        return _refuse(turn, sequence, owner.step, workflow=call.workflow, error=fault)
    output: dict[str, Json] = {"workflow": call.workflow, "status": "completed", **outputs}
    done = StepFinished(address=owner.address, status=StepStatus.COMPLETED, output=output)
    finish(turn, sequence, done)


def halt_call(turn: Turn, owner: Occurrence, call: Call, stopped: Occurrence) -> None:
    """Record a call that something inside stopped; `continue_on_error` covers a failure."""
    halt = stopped.halt or Halt.FAILED
    output: dict[str, Json] = {"workflow": call.workflow, "status": halt.value}
    if halt is Halt.ABORTED:
        output["aborted"] = True
    if stopped.halt_error is not None:
        output["error"] = stopped.halt_error
    is_tolerated = halt is Halt.FAILED and owner.step.continue_on_error
    event = StepFinished(
        address=owner.address,
        status=StepStatus.PAUSED if halt is Halt.PAUSED else StepStatus.FAILED,
        output=output,
        error=stopped.halt_error,
        halt=None if is_tolerated else halt,
    )
    finish(turn, turn.run.sequences[owner.sequence], event)


def reopen_call(turn: Turn, owner: Occurrence, call: Call) -> None:
    """Go on inside a call, with its inputs made anew if what they read was given anew."""
    sequence = turn.run.sequences[owner.sequence]
    inside = addresses.call(owner.address)
    if turn.run.versions_at(sequence.scope) == call.bound:
        return turn.then(Work.REOPEN, inside)
    step = owner.step
    assert isinstance(step, WorkflowStep)
    try:
        bound = _bound(turn.run, sequence, step, digest=call.plan, previous=call.inputs)
    except EvaluationError as error:
        reason = error_text("TR801", reason=error.message)
    else:
        if not bound.problems:
            given = tuple(_given_again(turn.run, sequence, step, call, bound))
            turn.happens(CallRebound(address=owner.address, inputs=bound.values, given=given))
            return turn.then(Work.REOPEN, inside)
        reason = _reasons(call.workflow, bound)
    # Even a call whose failure is tolerated stays open here: what is wrong are the new inputs.
    output: dict[str, Json] = {"workflow": call.workflow, "status": "failed", "error": reason}
    refused = StepFinished(
        address=owner.address,
        status=StepStatus.FAILED,
        output=output,
        error=reason,
        halt=Halt.FAILED,
    )
    finish(turn, sequence, refused)


def _begin(turn: Turn, sequence: Sequence, step: WorkflowStep, *, digest: str) -> None:
    plan = turn.run.program.part(digest).plan
    workflow = plan.id
    ancestry = tuple(_ancestry(turn.run, sequence))
    try:
        if len(ancestry) > MAX_DEPTH:
            error = error_text("TR333", chain=_chain((*ancestry, workflow)))
            return _refuse(turn, sequence, step, workflow=workflow, error=error)
        bound = _bound(turn.run, sequence, step, digest=digest, previous=None)
    except EvaluationError as found:
        error = error_text("TR801", reason=found.message)
        return _refuse(turn, sequence, step, workflow=workflow, error=error)
    if bound.problems:
        error = _reasons(workflow, bound)
        return _refuse(turn, sequence, step, workflow=workflow, error=error)
    address = addresses.step(sequence.address, step.id)
    turn.happens(
        CallEntered(
            address=address,
            plan_digest=digest,
            workflow=workflow,
            inputs=bound.values,
            secrets=bound.secrets or None,
            workflow_dir=_workflow_dir(turn.run, sequence, step, plan),
        )
    )
    turn.then(Work.ENTER, addresses.call(address))


def _bound(
    run: Run,
    sequence: Sequence,
    step: WorkflowStep,
    *,
    digest: str,
    previous: Mapping[str, Json] | None,
) -> Resolved:
    """Return the inputs of a call. Errors: EvaluationError."""
    declared = run.program.part(digest).plan.inputs
    secrets = InputSet(declared).secrets
    roots = names(run, sequence.scope)
    caller = run.call(sequence.scope)
    known = {name: name for name in run.secrets} if caller is None else caller.secrets
    return bind(
        declared,
        {
            name: None if name in secrets else render(value, roots)
            for name, value in step.input.items()
        },
        secrets={
            name: known.get(input_read(value) or "")
            for name, value in step.input.items()
            if name in secrets
        },
        previous=previous,
        integration=run.integration,
    )


def _given_again(
    run: Run, sequence: Sequence, step: WorkflowStep, call: Call, bound: Resolved
) -> Iterator[str]:
    """Yield the inputs that count as given again: changed, or made of what was given again."""
    now = run.versions_at(sequence.scope)
    renewed = {name for name in now if now[name] != call.bound.get(name)}
    for name in bound.values:
        reads = _inputs_read(step, name)
        if name in bound.changed or not renewed.isdisjoint(reads):
            yield name


def _inputs_read(step: WorkflowStep, name: str) -> Iterable[str]:
    value = step.input.get(name)
    for expression in expressions(value) if value is not None else ():
        yield from (path[1] for path in expression.reads if path[0] == "inputs" and len(path) > 1)


def _refuse(turn: Turn, sequence: Sequence, step: Step, *, workflow: str, error: str) -> None:
    output: dict[str, Json] = {"workflow": workflow, "status": "failed", "error": error}
    fail(turn, sequence, step, error=error, output=output)


def _reasons(workflow: str, bound: Resolved) -> str:
    reasons = "; ".join(problem.message for problem in bound.problems)
    return error_text("TR342", id=workflow, reasons=reasons)


def _ancestry(run: Run, sequence: Sequence) -> Iterator[str]:
    """Yield the ids of the workflows around a place, that of the run first."""
    found = []
    address = run.scopes[sequence.scope].call
    while address is not None:
        owner = run.occurrences[address]
        if owner.call is not None:
            found.append(run.program.part(owner.call.plan).plan.id)
        address = run.scopes[run.sequences[owner.sequence].scope].call
    yield run.program.plan.id
    yield from reversed(found)


def _chain(ids: Iterable[str]) -> str:
    return " → ".join(ids)


def _workflow_dir(run: Run, sequence: Sequence, step: WorkflowStep, plan: Plan) -> str | None:
    """Return the folder that the steps of a workflow call their own."""
    if step.file is None:
        return None if run.project is None else f"{run.project}/{_INSTALLED}/{plan.id}"
    caller = run.call(sequence.scope)
    folder = run.workflow_dir if caller is None else caller.workflow_dir
    if folder is None:
        return None
    return posixpath.normpath(posixpath.join(folder, posixpath.dirname(step.file)))
