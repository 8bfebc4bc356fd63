"""Applies events to the state of a run.

| event | changes |
|---|---|
| run-created | the run, its root sequence and scope |
| run-resumed | inputs and their versions, answers; error and outputs are cleared |
| action-started | the occurrence is active, its attempt counted |
| action-finished, step-finished, outputs-collected | the occurrence has its record and its names |
| branch-taken, loop-entered, fan-out-started | the same, and what is inside can begin |
| round-started, item-started | a new sequence (for an item: in a scope of its own) |
| step-left, step-halted, step-reopened | the phase of a control step |
| run-* | the status of the run |

Replaying a journal is nothing but this, from the first event to the last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from rpds import HashTrieMap, List

from treadle.executor import address as addresses
from treadle.executor.address import ROOT
from treadle.executor.events import (
    ActionFinished,
    ActionStarted,
    BranchTaken,
    Continued,
    Event,
    FanOutStarted,
    Halt,
    InputReset,
    ItemStarted,
    LoopEntered,
    OutputsCollected,
    PutOff,
    RoundStarted,
    RunAborted,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunInterrupted,
    RunPaused,
    RunResumed,
    StepFinished,
    StepHalted,
    StepLeft,
    StepReopened,
    StepStatus,
)
from treadle.executor.open_steps import open_leaves
from treadle.executor.program import Program
from treadle.executor.state import (
    RUN_SCOPE,
    Fan,
    Occurrence,
    Phase,
    Run,
    RunStatus,
    Scope,
    Sequence,
)
from treadle.plan.expression import Json
from treadle.plan.steps import GateStep


def created(program: Program, event: RunCreated) -> Run:
    """Return the state of a run that has just been created."""
    root = Sequence(address=ROOT, owner=ROOT, body=("", ""), index=0, scope=RUN_SCOPE, prefix="")
    return Run(
        program=program,
        id=event.run_id,
        status=RunStatus.RUNNING,
        inputs=event.inputs,
        secrets=frozenset(event.secrets),
        lenient=event.lenient,
        workflow_dir=event.workflow_dir,
        started_by=event.started_by,
        commit=event.commit,
        created_at=event.at,
        updated_at=event.at,
        actor=event.started_by,
        versions=HashTrieMap({name: 1 for name in event.inputs}),
        answered=HashTrieMap(),
        answers=HashTrieMap(),
        occurrences=HashTrieMap(),
        sequences=HashTrieMap({ROOT: root}),
        scopes=HashTrieMap({RUN_SCOPE: Scope(names=HashTrieMap())}),
        history=List(),
    )


def apply(run: Run, event: Event) -> Run:
    """Return the state after an event.

    Errors: KeyError or ValueError for an event that cannot follow this state.
    """
    match event:
        case RunCreated():
            raise ValueError("a run is created once")
        case RunResumed() | RunInterrupted() | Continued():
            return _outside(run, event)
        case ActionStarted():
            return _action_started(run, event)
        case ActionFinished():
            return _action_finished(replace(run, updated_at=event.at), event)
        case StepFinished():
            return _step_finished(run, event)
        case OutputsCollected():
            return _recorded(run, event.address, output=_collected(run, event), phase=Phase.DONE)
        case BranchTaken():
            return _branch_taken(run, event)
        case LoopEntered():
            return _recorded(run, event.address, output=event.output, phase=Phase.ACTIVE)
        case RoundStarted():
            return _round_started(run, event)
        case FanOutStarted():
            return _fan_out_started(run, event)
        case ItemStarted():
            return _item_started(run, event)
        case StepLeft() | StepHalted() | StepReopened():
            return _control_step(run, event)
        case InputReset():
            return replace(run, inputs={**run.inputs, event.name: ""})
        case PutOff():
            return replace(run, put_off=event.tasks)
        case RunPaused() | RunFailed() | RunAborted() | RunCompleted():
            return _rested(run, event)
        case _:
            assert_never(event)


def _outside(run: Run, event: RunResumed | RunInterrupted | Continued) -> Run:
    run = replace(run, updated_at=event.at)
    match event:
        case RunResumed():
            versions = run.versions
            for name in event.inputs:
                versions = versions.insert(name, versions.get(name, 0) + 1)
            return replace(
                run,
                status=RunStatus.RUNNING,
                error=None,
                outputs=None,
                actor=event.by,
                inputs={**run.inputs, **event.inputs},
                versions=versions,
                answers=HashTrieMap(event.answers),
                put_off=(),
            )
        case RunInterrupted():
            return replace(run, status=RunStatus.PAUSED, current=_open_leaf(run))
        case Continued():
            return replace(run, put_off=())


def _rested(run: Run, event: RunPaused | RunFailed | RunAborted | RunCompleted) -> Run:
    match event:
        case RunPaused():
            return replace(run, status=RunStatus.PAUSED, current=_open_leaf(run))
        case RunFailed():
            return replace(run, status=RunStatus.FAILED, error=event.error, current=_open_leaf(run))
        case RunAborted():
            return replace(
                run, status=RunStatus.ABORTED, error=event.error, current=_open_leaf(run)
            )
        case RunCompleted():
            return replace(run, status=RunStatus.COMPLETED, outputs=event.outputs)


def _entered(run: Run, address: str) -> Occurrence:
    """Return the occurrence at an address, a new one when it is entered for the first time."""
    known = run.occurrences.get(address)
    if known is not None:
        return known
    sequence = run.sequences[addresses.sequence_of(address)]
    step = run.open_step(sequence)
    if step is None or addresses.step(sequence.address, step.id) != address:
        raise ValueError(f"{address} is not where its sequence stands")
    qualified = public = local = step.id
    if sequence.alias is None:
        public = sequence.prefix + step.id
    else:
        owner, local_owner, number = sequence.alias
        qualified = public = f"{owner}:{step.id}:{number}"
        local = f"{local_owner}:{step.id}:{number}"
    return Occurrence(
        address=address,
        step=step,
        sequence=sequence.address,
        local=local,
        qualified=qualified,
        public=public,
        phase=Phase.ACTIVE,
        started_at=run.updated_at,
    )


def _with(run: Run, occurrence: Occurrence) -> Run:
    return replace(run, occurrences=run.occurrences.insert(occurrence.address, occurrence))


def _action_started(run: Run, event: ActionStarted) -> Run:
    starts = run.starts + 1
    occurrence = replace(
        _entered(run, event.address),
        phase=Phase.ACTIVE,
        halt=None,
        attempts=event.attempt,
        log=starts,
        started_at=run.updated_at,
    )
    return replace(_with(run, occurrence), current=occurrence.qualified, starts=starts)


def _action_finished(run: Run, event: ActionFinished) -> Run:
    occurrence = run.occurrences[event.address]
    if occurrence.phase is not Phase.ACTIVE or occurrence.attempts != event.attempt:
        raise ValueError(f"attempt {event.attempt} of {event.address} is not in flight")
    is_halting = event.status is StepStatus.FAILED and not occurrence.step.continue_on_error
    return _recorded(
        run,
        event.address,
        status=event.status,
        output=event.output,
        error=event.error,
        phase=Phase.HALTED if is_halting else Phase.DONE,
        halt=Halt.FAILED if is_halting else None,
    )


def _step_finished(run: Run, event: StepFinished) -> Run:
    run = _recorded(
        run,
        event.address,
        status=event.status,
        output=event.output,
        error=event.error,
        phase=Phase.HALTED if event.halt is not None else Phase.DONE,
        halt=event.halt,
    )
    step = run.occurrences[event.address].step
    if isinstance(step, GateStep) and (event.output or {}).get("choice") is not None:
        seen = run.versions.get(step.verdict_input, 0) if step.verdict_input is not None else 0
        run = replace(
            run,
            answered=run.answered.insert(step.path, seen),
            answers=run.answers.discard(event.address),
        )
    return run


def _recorded(
    run: Run,
    address: str,
    *,
    output: Mapping[str, Json] | None,
    phase: Phase,
    status: StepStatus = StepStatus.COMPLETED,
    error: str | None = None,
    halt: Halt | None = None,
    fan: Fan | None = None,
    segment: str | None = None,
) -> Run:
    """Give an occurrence its record, and its scope the names it goes by from now on."""
    occurrence = _entered(run, address)
    sequence = run.sequences[occurrence.sequence]
    scope = run.scopes[sequence.scope]
    named = scope.names.get(occurrence.step.id)
    occurrence = replace(
        occurrence,
        phase=phase,
        status=status,
        output=output,
        error=error,
        halt=halt,
        halt_error=error if halt is not None else None,
        fan=fan if fan is not None else occurrence.fan,
        segment=segment if segment is not None else occurrence.segment,
        shadowed=occurrence.shadowed if named == address else named,
        finished_at=run.updated_at,
    )
    run = _with(run, occurrence)
    run = _named(run, sequence.scope, (occurrence.step.id, occurrence.local), address)
    if sequence.is_item and scope.parent is not None:
        # The template of a fan-out is known outside its item by its generated id.
        run = _named(run, scope.parent, (occurrence.local,), address)
    run = replace(run, history=run.history.push_front(address), current=occurrence.qualified)
    return _moved(run, occurrence)


def _moved(run: Run, occurrence: Occurrence) -> Run:
    """Move a sequence past a step that is done; tell a fan-out of an item that ended."""
    if occurrence.phase is Phase.ACTIVE:
        return run
    sequence = run.sequences[occurrence.sequence]
    is_done = occurrence.phase is Phase.DONE
    if is_done:
        moved = replace(sequence, index=sequence.index + 1)
        run = replace(run, sequences=run.sequences.insert(moved.address, moved))
    if sequence.is_item:
        owner = run.occurrences[sequence.owner]
        if owner.fan is not None:
            fan = replace(
                owner.fan,
                active=owner.fan.active - 1,
                is_halting=owner.fan.is_halting or not is_done,
            )
            run = _with(run, replace(owner, fan=fan))
    return run


def _named(run: Run, scope_address: str, names: Iterable[str], address: str) -> Run:
    scope = run.scopes[scope_address]
    table = scope.names
    for name in names:
        table = table.insert(name, address)
    return replace(run, scopes=run.scopes.insert(scope_address, replace(scope, names=table)))


def _collected(run: Run, event: OutputsCollected) -> Mapping[str, Json]:
    results: list[Json] = [
        {} if source is None else run.occurrences[source].output or {} for source in event.sources
    ]
    return {"results": results, **event.output}


def _branch_taken(run: Run, event: BranchTaken) -> Run:
    phase = Phase.DONE if event.segment is None else Phase.ACTIVE
    run = _recorded(run, event.address, output=event.output, phase=phase, segment=event.segment)
    if event.segment is None:
        return run
    return _with_sequence(run, event.address, segment=event.segment)


def _with_sequence(run: Run, owner_address: str, *, segment: str) -> Run:
    """Begin the sequence of a branch: same scope, same prefix, plain ids."""
    owner = run.occurrences[owner_address]
    around = run.sequences[owner.sequence]
    sequence = Sequence(
        address=addresses.branch(owner_address, segment),
        owner=owner_address,
        body=(owner.step.path, segment),
        index=0,
        scope=around.scope,
        prefix=_prefix_inside(owner, around),
    )
    return replace(run, sequences=run.sequences.insert(sequence.address, sequence))


def _prefix_inside(owner: Occurrence, around: Sequence) -> str:
    """Return what stands before the public ids of plain steps inside `owner`."""
    return f"{owner.public}/" if around.is_item else around.prefix


def _round_started(run: Run, event: RoundStarted) -> Run:
    owner = replace(run.occurrences[event.address], rounds=event.round)
    around = run.sequences[owner.sequence]
    sequence = Sequence(
        address=addresses.round_(event.address, event.round),
        owner=event.address,
        body=(owner.step.path, ""),
        index=0,
        scope=around.scope,
        prefix=_prefix_inside(owner, around),
        alias=(owner.public, owner.local, event.round - 1) if event.round > 1 else None,
    )
    return replace(_with(run, owner), sequences=run.sequences.insert(sequence.address, sequence))


def _fan_out_started(run: Run, event: FanOutStarted) -> Run:
    return _recorded(
        run,
        event.address,
        output={**event.output, "items": list(event.items)},
        phase=Phase.ACTIVE,
        fan=Fan(items=event.items),
    )


def _item_started(run: Run, event: ItemStarted) -> Run:
    owner = run.occurrences[event.address]
    fan = owner.fan
    if fan is None:
        raise ValueError(f"{event.address} has no items")
    fan = replace(
        fan,
        next=max(fan.next, event.index + 1),
        again=tuple(index for index in fan.again if index != event.index),
        active=fan.active + 1,
    )
    run = _with(run, replace(owner, fan=fan))
    address = addresses.item(event.address, event.index)
    if address in run.sequences:
        return run
    around = run.sequences[owner.sequence]
    scope = Scope(
        names=run.scopes[around.scope].names,
        parent=around.scope,
        has_item=True,
        item=fan.items[event.index],
    )
    sequence = Sequence(
        address=address,
        owner=event.address,
        body=(owner.step.path, ""),
        index=0,
        scope=address,
        prefix=_prefix_inside(owner, around),
        alias=(owner.public, owner.local, event.index),
    )
    return replace(
        run,
        scopes=run.scopes.insert(address, scope),
        sequences=run.sequences.insert(address, sequence),
    )


def _control_step(run: Run, event: StepLeft | StepHalted | StepReopened) -> Run:
    owner = run.occurrences[event.address]
    match event:
        case StepLeft():
            output = {**(owner.output or {}), **event.output, **_results(run, owner)}
            left = replace(owner, phase=Phase.DONE, output=output)
            return _moved(_with(run, left), left)
        case StepHalted():
            output = {**(owner.output or {}), **_results(run, owner)}
            halted = replace(
                owner,
                phase=Phase.HALTED,
                halt=event.halt,
                halt_error=event.error,
                output=output,
            )
            return _moved(_with(run, halted), halted)
        case StepReopened():
            return _reopened(run, owner)


def _reopened(run: Run, owner: Occurrence) -> Run:
    fan = owner.fan
    if fan is not None:
        again = tuple(i for i in range(fan.next) if not item_is_done(run, owner, i))
        fan = replace(fan, again=again, active=0, is_halting=False)
    reopened = replace(owner, phase=Phase.ACTIVE, halt=None, halt_error=None, fan=fan)
    run = _with(run, reopened)
    has_inside = owner.segment is not None or owner.rounds or fan is not None
    return run if has_inside else _unnamed(run, reopened)


def _unnamed(run: Run, occurrence: Occurrence) -> Run:
    """Take back the names of a record that is made anew, so that its step reads what it read."""
    sequence = run.sequences[occurrence.sequence]
    scope = run.scopes[sequence.scope]
    table = scope.names
    for name in {occurrence.step.id, occurrence.local}:
        if table.get(name) == occurrence.address:
            table = table.discard(name)
    if occurrence.shadowed is not None:
        table = table.insert(occurrence.step.id, occurrence.shadowed)
    return replace(run, scopes=run.scopes.insert(sequence.scope, replace(scope, names=table)))


def item_is_done(run: Run, owner: Occurrence, index: int) -> bool:
    """Whether an item of a fan-out that has begun is done."""
    sequence = run.sequences[addresses.item(owner.address, index)]
    return run.open_step(sequence) is None


def _results(run: Run, owner: Occurrence) -> Mapping[str, Json]:
    """Return what a fan-out adds to its output: the outputs up to the first open item."""
    if owner.fan is None:
        return {}
    results: list[Json] = []
    for index in range(owner.fan.next):
        sequence = run.sequences[addresses.item(owner.address, index)]
        (template,) = run.program.bodies[sequence.body].steps
        ran = run.occurrences.get(addresses.step(sequence.address, template.id))
        results.append(ran.output if ran is not None else {})
        if ran is None or ran.phase is not Phase.DONE:
            break
    return {"results": results}


def _open_leaf(run: Run) -> str | None:
    """Return the qualified id of the first step that is not done, inner steps first."""
    leaf = next(open_leaves(run), None)
    return leaf.qualified if leaf is not None else run.current
