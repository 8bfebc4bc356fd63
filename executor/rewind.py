"""Takes a run back to a step: that step and every later one of the plan is as if it never ran.

Going back to a step inside control steps leaves open what stands around it:

| around the step | stays | goes |
|---|---|---|
| branch of an `if`, `switch` | which branch was taken | the steps behind |
| round of a loop | this round and those before | later rounds, the steps behind the loop |
| item of a fan-out | the items, and what the others have done | the steps behind the fan-out |
| workflow of a call | which workflow it is, and its inputs | what the call has left |

What was done before keeps its record and its names; a name that a later round had taken over
means again what it meant before. Numbers of attempts and log files are never used twice.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace
from rpds import HashTrieMap, List

from treadle.executor.address import ROOT
from treadle.executor.called import call_reopened
from treadle.executor.events import (
    PlanReplaced,
    RunForked,
    RunResumed,
    RunRewound,
    StepStatus,
)
from treadle.executor.generations import remembered
from treadle.executor.recording import unnamed, with_occurrence
from treadle.executor.state import Occurrence, Phase, Run
from treadle.executor.state import Sequence as Steps
from treadle.executor.walk import sequences_begun, walk
from treadle.plan.steps import GateStep, LoopStep

# What a loop and a fan-out add to their output when they are left.
_ADDED_AT_EXIT = frozenset(("iterations", "limit_reached", "results"))

_Name = tuple[str, str]


class Cut(Struct, frozen=True, kw_only=True):
    """A run that was taken back, and what it lost by that, in the order of the plan."""

    run: Run
    removed: tuple[Occurrence, ...]


def cut(run: Run, targets: Sequence[str]) -> Cut:
    """Take a run back to the steps at some addresses, one after the other.

    An address behind one that stands before it in the list is gone by then, which is no mistake.
    Errors: ValueError for an address that the run has never come to.
    """
    unknown = [address for address in targets if address not in run.occurrences]
    if unknown:
        raise ValueError(f"nothing has begun at '{unknown[0]}'")
    removed: list[Occurrence] = []
    shorter = run
    for address in targets:
        if address in shorter.occurrences:
            shorter = _cut_at(shorter, address, removed)
    return Cut(run=_settled(run, shorter, removed), removed=tuple(removed))


def rewound(run: Run, event: RunRewound | RunForked) -> Run:
    """Take a run back, and make a copy that goes its own way a run of its own.

    Errors: ValueError for an address that the run has never come to.
    """
    run = cut(run, (event.address,)).run
    if isinstance(event, RunRewound):
        return run
    return replace(
        run,
        id=event.run_id,
        forked_from=run.id,
        created_at=event.at,
        started_by=event.by,
        commit=event.commit,
    )


def resumption(event: RunRewound | RunForked | PlanReplaced) -> RunResumed:
    """Return what is left of going back once the run stands where it goes on: a resume."""
    inputs = event.inputs
    if isinstance(event, PlanReplaced):
        inputs = {name: event.inputs[name] for name in event.given}
    return RunResumed(at=event.at, by=event.by, inputs=inputs, answers=event.answers)


def names_of(run: Run, occurrence: Occurrence) -> Iterator[_Name]:
    """Yield the names that a record goes by, each with its scope."""
    sequence = run.sequences[occurrence.sequence]
    yield sequence.scope, occurrence.step.id
    yield sequence.scope, occurrence.local
    parent = run.scopes[sequence.scope].parent if sequence.is_item else None
    if parent is not None:
        yield parent, occurrence.local


def _cut_at(run: Run, address: str, removed: list[Occurrence]) -> Run:
    """Remove a step and what stands behind it, in its own list of steps and in all around it."""
    target = run.occurrences[address]
    sequence = run.sequences[target.sequence]
    index = _number(run, sequence, target)
    run = _shortened(run, sequence, keeps=index, stands_at=index, removed=removed)
    while sequence.address != ROOT:
        if sequence.owner == ROOT:
            raise ValueError(f"'{address}' is inside 'finally', which runs at every end anyway")
        owner = run.occurrences[sequence.owner]
        run = _reopened(run, owner, inside=sequence.address, removed=removed)
        sequence = run.sequences[owner.sequence]
        index = _number(run, sequence, owner)
        run = _shortened(run, sequence, keeps=index + 1, stands_at=index, removed=removed)
    return run


def _number(run: Run, sequence: Steps, occurrence: Occurrence) -> int:
    steps = run.body(sequence).steps
    return next(n for n, step in enumerate(steps) if step.id == occurrence.step.id)


def _shortened(
    run: Run, sequence: Steps, *, keeps: int, stands_at: int, removed: list[Occurrence]
) -> Run:
    """Remove what a sequence has done behind its first `keeps` steps."""
    run = _without(run, tuple(walk(run, sequence.address, first=keeps)), removed)
    moved = replace(run.sequences[sequence.address], index=stands_at)
    return replace(run, sequences=run.sequences.insert(moved.address, moved))


def _reopened(run: Run, owner: Occurrence, *, inside: str, removed: list[Occurrence]) -> Run:
    """Make a control step what it was while `inside` was at work."""
    begun = sequences_begun(run, owner)
    kept = begun
    if isinstance(owner.step, LoopStep):
        kept = begun[: begun.index(inside) + 1]
        for later in begun[len(kept) :]:
            run = _without(run, tuple(walk(run, later)), removed)
            run = replace(run, sequences=run.sequences.discard(later))
    if owner.call is not None:
        return unnamed(call_reopened(run, owner), owner)
    output = {k: v for k, v in (owner.output or {}).items() if k not in _ADDED_AT_EXIT}
    opened = replace(
        owner,
        phase=Phase.ACTIVE,
        status=StepStatus.COMPLETED,
        output=output,
        error=None,
        halt=None,
        halt_error=None,
        rounds=len(kept) if owner.rounds else 0,
    )
    return with_occurrence(run, opened)


def _without(run: Run, gone: tuple[Occurrence, ...], removed: list[Occurrence]) -> Run:
    occurrences, sequences, scopes = run.occurrences, run.sequences, run.scopes
    for occurrence in gone:
        occurrences = occurrences.discard(occurrence.address)
        for inside in sequences_begun(run, occurrence):
            sequences = sequences.discard(inside)
            scopes = scopes.discard(inside)
        if occurrence.call is not None:
            scopes = scopes.discard(occurrence.address)
    removed.extend(gone)
    return replace(run, occurrences=occurrences, sequences=sequences, scopes=scopes)


def _settled(before: Run, run: Run, removed: list[Occurrence]) -> Run:
    """Return the run with names, history and answers that fit what is left."""
    gone = {occurrence.address: occurrence for occurrence in removed}
    history = tuple(
        address
        for address in run.history
        if address not in gone and run.occurrences[address].status is not None
    )
    former = run.former
    for occurrence in removed:
        former = former.insert(occurrence.address, remembered(run, occurrence))
    run = replace(
        run,
        history=List(history),
        former=former,
        answers=HashTrieMap(),
        closing=None,
        used_s=0.0,
        working_since=run.updated_at,
    )
    return _with_answered(before, _with_names(before, run, gone), removed)


def _with_names(before: Run, run: Run, gone: dict[str, Occurrence]) -> Run:
    """Let each name that meant something that is gone mean what it meant before that."""
    freed = {
        (scope, name): run.scopes[scope].names[name]
        for occurrence in gone.values()
        for scope, name in (*names_of(before, occurrence), *_inherited(before, run, occurrence))
        if scope in run.scopes and run.scopes[scope].names.get(name) in gone
    }
    found: dict[_Name, str] = {}
    for address in run.history:
        if len(found) == len(freed):
            break
        for named in names_of(run, run.occurrences[address]):
            if named in freed:
                found.setdefault(named, address)
    for (scope_address, name), address in freed.items():
        scope = run.scopes[scope_address]
        meant = found.get((scope_address, name)) or _shadowed(gone, address, name)
        table = scope.names.discard(name) if meant is None else scope.names.insert(name, meant)
        scopes = run.scopes.insert(scope_address, replace(scope, names=table))
        run = replace(run, scopes=scopes)
    return run


def _inherited(before: Run, run: Run, occurrence: Occurrence) -> Iterator[_Name]:
    """Yield the places where other items have taken over the name of an item that is gone."""
    sequence = before.sequences[occurrence.sequence]
    if sequence.is_item and sequence.address in run.scopes:
        # What is yielded is put into a mapping: the order makes no difference.
        yield from ((scope, occurrence.local) for scope in run.scopes)


def _shadowed(gone: dict[str, Occurrence], address: str, name: str) -> str | None:
    """Return what a name of an item's scope meant outside the item."""
    meant: str | None = address
    while meant in gone:
        meant = gone[meant].shadowed if gone[meant].step.id == name else None
    return meant


def _with_answered(before: Run, run: Run, removed: list[Occurrence]) -> Run:
    """Forget that a gate was answered when none of its answers is left."""
    gone = {
        before.gate_key(o.sequence, o.step): None for o in removed if isinstance(o.step, GateStep)
    }
    if not gone:
        return run
    kept = (run.occurrences[address] for address in run.history)
    left = {run.gate_key(o.sequence, o.step) for o in kept if isinstance(o.step, GateStep)}
    answered = run.answered
    for key in gone:
        answered = answered if key in left else answered.discard(key)
    return replace(run, answered=answered)
