"""What stands inside a call: the steps of another workflow, in a scope with inputs of its own.

Nothing of the caller is seen inside, and nothing of the inside by the caller but its output. This
is the half that changes state; call.py decides.
"""

from msgspec.structs import replace
from rpds import HashTrieMap

from treadle.executor import address as addresses
from treadle.executor.call_events import CallEntered, CallRebound
from treadle.executor.events import InputReset
from treadle.executor.program import MAIN
from treadle.executor.recording import entered, with_occurrence
from treadle.executor.state import Call, Occurrence, Phase, Run, Scope, Sequence
from treadle.plan.steps import WorkflowStep


def call_entered(run: Run, event: CallEntered) -> Run:
    """Begin the steps of a workflow that is called.

    Errors: KeyError for a plan that is not known, ValueError where no call stands.
    """
    known = entered(run, event.address)
    if not isinstance(known.step, WorkflowStep) or event.plan_digest not in run.program.callees:
        raise ValueError(f"{event.address} does not call {event.plan_digest[:19]}")
    around = run.sequences[known.sequence]
    call = Call(
        plan=event.plan_digest,
        workflow=event.workflow,
        inputs=event.inputs,
        versions=HashTrieMap({name: 1 for name in event.inputs}),
        bound=run.versions_at(around.scope),
        secrets=event.secrets or {},
        workflow_dir=event.workflow_dir,
    )
    occurrence = replace(_without_record(known), call=call)
    sequence = Sequence(
        address=addresses.call(event.address),
        owner=event.address,
        body=MAIN,
        index=0,
        scope=event.address,
        prefix=f"{occurrence.public}/",
        plan=event.plan_digest,
    )
    scope = Scope(names=HashTrieMap(), call=event.address)
    return replace(
        with_occurrence(run, occurrence),
        current=occurrence.qualified,
        sequences=run.sequences.insert(sequence.address, sequence),
        scopes=run.scopes.insert(event.address, scope),
    )


def call_rebound(run: Run, event: CallRebound) -> Run:
    """Give a call its inputs anew. Errors: ValueError where no call is at work."""
    occurrence = run.occurrences[event.address]
    call = occurrence.call
    if call is None:
        raise ValueError(f"{event.address} is no call at work")
    versions = call.versions
    for name in event.given:
        versions = versions.insert(name, versions.get(name, 0) + 1)
    bound = run.versions_at(run.sequences[occurrence.sequence].scope)
    renewed = replace(call, inputs=event.inputs, versions=versions, bound=bound)
    return with_occurrence(run, replace(occurrence, call=renewed))


def input_reset(run: Run, event: InputReset) -> Run:
    """Empty the verdict input of a gate, be it one of the run or of a call."""
    if event.call is None:
        return replace(run, inputs={**run.inputs, event.name: ""})
    occurrence = run.occurrences[event.call]
    call = occurrence.call
    if call is None:
        raise ValueError(f"{event.call} is no call at work")
    emptied = replace(call, inputs={**call.inputs, event.name: ""})
    return with_occurrence(run, replace(occurrence, call=emptied))


def call_reopened(run: Run, owner: Occurrence) -> Run:
    """Let a call go on: its record told of the halt, and is no result."""
    return with_occurrence(run, _without_record(owner))


def _without_record(occurrence: Occurrence) -> Occurrence:
    return replace(
        occurrence,
        phase=Phase.ACTIVE,
        status=None,
        output=None,
        error=None,
        halt=None,
        halt_error=None,
        finished_at=None,
    )
