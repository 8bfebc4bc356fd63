"""Going back in a run on Temporal, or going on under another plan: judged before it happens.

| function | what it makes of a request |
|---|---|
| rewound | the event that takes a run back to a step |
| forked | the one by which a copy goes its own way from there |
| replaced | the one by which a run goes on under an edited plan |

The workflow of a run asks these questions of an Update, and a client asks them about a run whose
workflow is closed; whoever was shown what would happen before must have seen the latest state.
"""

from msgspec import Struct

from treadle.executor.address import ROOT
from treadle.executor.errors import Refused, refuse_problems
from treadle.executor.events import Answer, PlanReplaced, RunForked, RunRewound
from treadle.executor.local.answers import as_answers, read_answers
from treadle.executor.program import Program
from treadle.executor.prospect import gates_after
from treadle.executor.rewind import Cut, cut
from treadle.executor.state import Run, RunStatus
from treadle.executor.temporal.course import plan_from_data
from treadle.executor.temporal.messages import MendAsk
from treadle.executor.temporal.requests import HOLDER, merged
from treadle.executor.verdict import judge
from treadle.plan.inputs import InputSet, Resolved
from treadle.plan.plan_file import PlanError


class Standing(Struct, frozen=True, kw_only=True):
    """A run as it stands when somebody asks for something.

    Shapes: `run` is its state; `is_whole` says whether all of it came from events: a snapshot
    leaves out the items that were done before it. Units: `count` is the number of transactions.
    """

    run: Run
    count: int
    is_whole: bool


def rewound(standing: Standing, ask: MendAsk, *, at: str) -> RunRewound:
    """Return the event that takes a run back.

    Errors: Refused with TR880 or TR881, or with what is wrong with an input or an answer.
    """
    shorter = taken_back(standing, ask)
    resolved, answers = _going_on(standing.run, shorter, standing.run.program, ask, at=at)
    return RunRewound(
        at=at,
        by=ask.going_on.by,
        address=ask.addresses[0],
        inputs=resolved.new_values(ask.going_on.given),
        answers=answers,
    )


def forked(
    standing: Standing, ask: MendAsk, *, run_id: str, commit: str | None, at: str
) -> RunForked:
    """Return the event by which a copy of a run goes its own way. Errors: as by `rewound`."""
    event = rewound(standing, ask, at=at)
    return RunForked(
        run_id=run_id,
        at=at,
        by=event.by,
        address=event.address,
        inputs=event.inputs,
        answers=event.answers,
        commit=commit,
    )


def replaced(standing: Standing, program: Program, ask: MendAsk, *, at: str) -> PlanReplaced:
    """Return the event by which a run goes on under the plan of `program`.

    Errors: as by `rewound`; Refused with TR905 when nothing would go on, TR939 when the plan does
    not fit what is done, TR941 for the plan of another workflow.
    """
    run, plan = standing.run, program.plan
    if plan.id != run.program.plan.id:
        raise Refused.because("TR941", run=run.id, old=run.program.plan.id, new=plan.id)
    if not ask.addresses and run.status.is_final:
        raise Refused.because("TR905", run=run.id, status=run.status.value)
    shorter = taken_back(standing, ask)
    conflicts = judge(shorter.run, program).conflicts
    if conflicts:
        raise Refused.because("TR939", address=conflicts[0].address, change="changes it")
    resolved, answers = _going_on(run, shorter, program, ask, at=at)
    return PlanReplaced(
        at=at,
        by=ask.going_on.by,
        plan_digest=plan.digest,
        addresses=ask.addresses,
        inputs=resolved.values,
        given=tuple(resolved.new_values(ask.going_on.given)),
        secrets=tuple(sorted(InputSet(plan.inputs).secrets)),
        answers=answers,
    )


def program_of(ask: MendAsk) -> Program:
    """Return the program that a run is to go on under. Errors: Refused with TR601 to TR603."""
    try:
        return Program.of(plan_from_data(ask.plan or {}))
    except PlanError as error:
        raise Refused(error.problem) from error


def taken_back(standing: Standing, ask: MendAsk) -> Cut:
    """Return the run without what runs again. Errors: Refused with TR880 or TR881."""
    if ask.seen != standing.count:
        raise Refused.because("TR880", run=standing.run.id)
    if not standing.is_whole:
        for address in ask.addresses:
            _refuse_done_item(standing.run, address)
    return cut(standing.run, ask.addresses)


def refuse_at_work(run: Run) -> None:
    """Refuse to change the past of a run that is at work, or whose workflow is being closed.

    Errors: Refused with TR903 or TR880.
    """
    if run.status is RunStatus.RUNNING:
        raise Refused.because("TR903", run=run.id, holder=HOLDER)
    if not run.status.is_resumable:
        raise Refused.because("TR880", run=run.id)


def _refuse_done_item(run: Run, address: str) -> None:
    """Refuse to go back into an item of which only the results are left."""
    sequence = run.sequences[run.occurrences[address].sequence]
    while sequence.address != ROOT and sequence.owner in run.occurrences:
        owner = run.occurrences[sequence.owner]
        if sequence.is_item and run.open_step(sequence) is None:
            raise Refused.because("TR881", address=address, fan=owner.address)
        sequence = run.sequences[owner.sequence]


def _going_on(
    run: Run, shorter: Cut, program: Program, ask: MendAsk, *, at: str
) -> tuple[Resolved, dict[str, Answer]]:
    """Return the inputs and answers that a run goes on with. Errors: Refused."""
    going_on = ask.going_on
    resolved = merged(program.plan, run, going_on)
    refuse_problems(resolved.problems)
    chosen = read_answers(run, going_on.choices, gates=gates_after(shorter, program))
    return resolved, as_answers(chosen, by=going_on.by, at=at, comment=going_on.comment)
