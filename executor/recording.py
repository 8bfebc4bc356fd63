"""Occurrences and their records: how a step enters the state, gets a result and its names.

A record is under the step's id in its scope as soon as it stands; in a loop's later rounds and in
a fan-out's items also under a generated id.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace
from rpds import HashTrieMap

from treadle.executor import address as addresses
from treadle.executor.events import Halt, StepStatus
from treadle.executor.state import Fan, Occurrence, Phase, Run, Scope
from treadle.plan.expression import Json


def entered(run: Run, address: str) -> Occurrence:
    """Return the occurrence at an address, a new one when it is entered for the first time."""
    known = run.occurrences.get(address)
    if known is not None:
        if known.phase is Phase.DONE:
            raise ValueError(f"{address} is done")
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
        public = f"{owner}:{step.id}:{number}"
        qualified = local = f"{local_owner}:{step.id}:{number}"
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


def with_occurrence(run: Run, occurrence: Occurrence, **changes: object) -> Run:
    """Return the run with an occurrence in the place of what was at its address.

    Shapes: `changes` are other fields of the run; a copy takes as long for one as for many.
    """
    occurrences = run.occurrences.insert(occurrence.address, occurrence)
    return replace(run, occurrences=occurrences, **changes)


def recorded(
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
    due: str | None = None,
) -> Run:
    """Give an occurrence its record, and its scope the names it goes by from now on."""
    occurrence = entered(run, address)
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
        due=due,
    )
    names = dict.fromkeys((occurrence.step.id, occurrence.local))
    scopes = _named(run.scopes, sequence.scope, names, address)
    if sequence.is_item and scope.parent is not None:
        # The template of a fan-out is known outside its item by its generated id.
        scopes = _named(scopes, scope.parent, (occurrence.local,), address)
    return moved(
        run,
        occurrence,
        scopes=scopes,
        history=run.history.push_front(address),
        current=occurrence.qualified,
    )


def moved(run: Run, occurrence: Occurrence, **changes: object) -> Run:
    """Return the run with an occurrence and other changes, as by `with_occurrence`.

    A sequence moves past a step that is done; a fan-out is told of an item that ended.
    """
    sequence = run.sequences[occurrence.sequence]
    is_done = occurrence.phase is Phase.DONE
    if is_done:
        further = replace(sequence, index=sequence.index + 1)
        changes["sequences"] = run.sequences.insert(sequence.address, further)
    run = with_occurrence(run, occurrence, **changes)
    if sequence.is_item and occurrence.phase is not Phase.ACTIVE:
        owner = run.occurrences[sequence.owner]
        if owner.fan is not None:
            fan = replace(
                owner.fan,
                active=owner.fan.active - 1,
                is_halting=owner.fan.is_halting or not is_done,
            )
            run = with_occurrence(run, replace(owner, fan=fan))
    return run


def _named(
    scopes: "HashTrieMap[str, Scope]", scope_address: str, names: Iterable[str], address: str
) -> "HashTrieMap[str, Scope]":
    """Return the scopes, with names in one of them for what is at an address."""
    scope = scopes[scope_address]
    table = scope.names
    for name in names:
        table = table.insert(name, address)
    return scopes.insert(scope_address, replace(scope, names=table))


def unnamed(run: Run, occurrence: Occurrence) -> Run:
    """Take back the names of a record that is made anew, so that its step reads what it read."""
    sequence = run.sequences[occurrence.sequence]
    scope = run.scopes[sequence.scope]
    table = scope.names
    for name in dict.fromkeys((occurrence.step.id, occurrence.local)):
        if table.get(name) == occurrence.address:
            table = table.discard(name)
    if occurrence.shadowed is not None:
        table = table.insert(occurrence.step.id, occurrence.shadowed)
    return replace(run, scopes=run.scopes.insert(sequence.scope, replace(scope, names=table)))
