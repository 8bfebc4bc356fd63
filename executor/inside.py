"""What stands inside control steps: the sequences of branches, rounds and items.

Those of calls are in called.py.

A branch shares the scope around it; so does a round; an item of a fan-out has a scope of its own,
which begins with the names that stood when it began.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from treadle.executor import address as addresses
from treadle.executor.called import call_reopened
from treadle.executor.events import (
    BranchTaken,
    FanOutStarted,
    ItemStarted,
    OutputsCollected,
    RoundStarted,
    StepHalted,
    StepLeft,
    StepReopened,
    StepStatus,
)
from treadle.executor.recording import moved, recorded, unnamed, with_occurrence
from treadle.executor.state import Fan, Occurrence, Phase, Run, Scope, Sequence
from treadle.plan.expression import Json


def collected(run: Run, event: OutputsCollected) -> Mapping[str, Json]:
    """Return the output of a fan-in: the outputs it collects, and what it declares itself."""
    return {"results": outputs_of(run, event.sources), **event.output}


def outputs_of(run: Run, sources: Iterable[str | None]) -> list[Json]:
    """Return the outputs at some addresses, an empty object where nothing ran."""
    return [{} if source is None else run.occurrences[source].output or {} for source in sources]


def branch_taken(run: Run, event: BranchTaken) -> Run:
    """Record an `if` or `switch` and begin the sequence of its branch."""
    phase = Phase.DONE if event.segment is None else Phase.ACTIVE
    run = recorded(run, event.address, output=event.output, phase=phase, segment=event.segment)
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
        plan=around.plan,
        index=0,
        scope=around.scope,
        prefix=_prefix_inside(owner, around),
    )
    return replace(run, sequences=run.sequences.insert(sequence.address, sequence))


def _prefix_inside(owner: Occurrence, around: Sequence) -> str:
    """Return what stands before the public ids of plain steps inside `owner`."""
    return f"{owner.public}/" if around.is_item else around.prefix


def round_started(run: Run, event: RoundStarted) -> Run:
    """Begin the sequence of a loop's round; later rounds have generated ids."""
    owner = replace(run.occurrences[event.address], rounds=event.round)
    around = run.sequences[owner.sequence]
    sequence = Sequence(
        address=addresses.round_(event.address, event.round),
        owner=event.address,
        body=(owner.step.path, ""),
        plan=around.plan,
        index=0,
        scope=around.scope,
        prefix=_prefix_inside(owner, around),
        alias=(owner.public, owner.local, event.round - 1) if event.round > 1 else None,
    )
    return replace(
        with_occurrence(run, owner), sequences=run.sequences.insert(sequence.address, sequence)
    )


def fan_out_started(run: Run, event: FanOutStarted) -> Run:
    """Record a fan-out with its items."""
    return recorded(
        run,
        event.address,
        output={"items": list(event.items), **event.output},
        phase=Phase.ACTIVE,
        fan=Fan(items=event.items),
    )


def item_started(run: Run, event: ItemStarted) -> Run:
    """Begin an item's sequence in a scope that sees the names there are now, or count it anew."""
    owner = run.occurrences[event.address]
    fan = owner.fan
    if fan is None:
        raise ValueError(f"{event.address} has no items")
    if not 0 <= event.index < len(fan.items):
        raise ValueError(f"{event.address} has no item {event.index}")
    fan = replace(
        fan,
        next=max(fan.next, event.index + 1),
        again=tuple(index for index in fan.again if index != event.index),
        active=fan.active + 1,
    )
    run = with_occurrence(run, replace(owner, fan=fan))
    address = addresses.item(event.address, event.index)
    if address in run.sequences:
        return run
    around = run.sequences[owner.sequence]
    scope = Scope(
        names=run.scopes[around.scope].names,
        parent=around.scope,
        has_item=True,
        item=fan.items[event.index],
        call=run.scopes[around.scope].call,
    )
    sequence = Sequence(
        address=address,
        owner=event.address,
        body=(owner.step.path, ""),
        plan=around.plan,
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


def control_step(run: Run, event: StepLeft | StepHalted | StepReopened) -> Run:
    """End, stop or reopen a step that has sequences inside."""
    owner = run.occurrences[event.address]
    match event:
        case StepLeft():
            output = {**(owner.output or {}), **event.output, **_results(run, owner)}
            left = replace(owner, phase=Phase.DONE, output=output)
            return moved(run, left)
        case StepHalted():
            output = {**(owner.output or {}), **_results(run, owner)}
            halted = replace(
                owner,
                phase=Phase.HALTED,
                halt=event.halt,
                halt_error=event.error,
                output=output,
            )
            return moved(run, halted)
        case StepReopened():
            return _reopened(run, owner)


def _reopened(run: Run, owner: Occurrence) -> Run:
    fan = owner.fan
    if fan is not None:
        again = tuple(i for i in range(fan.next) if not _item_is_done(run, owner, i))
        fan = replace(fan, again=again, active=0, is_halting=False)
    has_inside = owner.segment is not None or owner.rounds > 0 or fan is not None
    # A loop whose condition failed, or whose rounds were used up, is at work again.
    goes_on = has_inside and owner.call is None
    reopened = replace(
        owner,
        phase=Phase.ACTIVE,
        status=StepStatus.COMPLETED if goes_on else owner.status,
        error=None if goes_on else owner.error,
        halt=None,
        halt_error=None,
        fan=fan,
        failures=0 if owner.phase is Phase.HALTED else owner.failures,
    )
    run = with_occurrence(run, reopened)
    if owner.call is not None:
        run = call_reopened(run, reopened)
        return unnamed(run, run.occurrences[owner.address])
    return run if has_inside else unnamed(run, reopened)


def _item_is_done(run: Run, owner: Occurrence, index: int) -> bool:
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
        (template,) = run.body(sequence).steps
        ran = run.occurrences.get(addresses.step(sequence.address, template.id))
        results.append(ran.output if ran is not None else {})
        if ran is None or ran.phase is not Phase.DONE:
            break
    return {"results": results}
