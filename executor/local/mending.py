"""Goes back in a run, or goes on with it under an edited plan; what that means is told before.

| function | asks before it writes | then |
|---|---|---|
| go_back | whether what runs again may run again | the step runs, with everything behind it |
| replace_plan | the same, and whether the verdict will do | it goes on under the new plan |

Whoever is asked holds up nothing but this run, whose lock is held. A refusal leaves it as it was.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.again import Return, returning
from treadle.executor.errors import Reason, Refused
from treadle.executor.events import Answer, PlanReplaced, RunRewound
from treadle.executor.find_step import find_step
from treadle.executor.local.answers import read_answers
from treadle.executor.local.drive import Rested, drive, in_its_group
from treadle.executor.local.guardian import end_survivors
from treadle.executor.local.host import Host, user
from treadle.executor.local.lock import RunLock
from treadle.executor.local.session import departure_of, merged_inputs, raise_problems
from treadle.executor.local.store import Store
from treadle.executor.open_steps import open_gates
from treadle.executor.program import Program
from treadle.executor.rewind import Cut, cut
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.executor.state import Sequence as Steps
from treadle.executor.verdict import Conflict, Verdict, Word, judge, targets
from treadle.plan.catalogue import message
from treadle.plan.expression import Json
from treadle.plan.inputs import Given, Resolved
from treadle.plan.plan import Plan
from treadle.plan.problems import shown
from treadle.plan.steps import GateStep, Step

_MAX_FIELDS = 3


class Request(Struct, frozen=True, kw_only=True):
    """What somebody wants to go on with.

    Shapes: `name` is a run id, its unique beginning or ``@latest``; `environment` gives what the
    variables of the machine say for a plan's inputs.
    """

    name: str
    given: Mapping[str, Given]
    choices: Sequence[str] = ()
    comment: str | None = None
    lenient: bool = False
    environment: Callable[[Plan], Mapping[str, Given]] | None = None


class Prospect(Struct, frozen=True, kw_only=True):
    """What will happen to a run, for the person who is to allow it.

    Shapes: `target` is the first step that runs again, None when nothing that has begun does;
    `verdict` is that on a new plan; `plan` is the one that the run goes on under. `run_id` is
    that of the copy when the run is forked.
    """

    run: Run
    status: RunStatus
    target: str | None
    returns: Return
    plan: Plan
    verdict: Verdict | None = None
    run_id: str | None = None


Approve = Callable[[Prospect], bool]


def go_back(request: Request, step: str, *, host: Host, approve: Approve) -> Rested:
    """Run a step of a run again with everything behind it, until the run rests.

    Shapes: `step` is an id or an address. The run may be in any state but at work.
    Errors: Refused when the run, the step, an input or a choice is, and with TR938 when what
    would run again is not approved of; nothing was written then.
    """
    store = Store(host.project)
    folder = store.find(request.name)
    lock = RunLock(folder.lock, folder.id)
    try:
        program, run = store.load_whole(folder)
        target = find_step(run, step)
        shorter = cut(run, (target.address,))
        resolved = resolve(program, run, request, host=host)
        host.preflight(departure_of(shorter.run, resolved, lenient=request.lenient))
        chosen = read_answers(run, request.choices, gates=gates_after(shorter, program))
        prospect = Prospect(
            run=run,
            status=store.shown_status(folder, run),
            target=target.address,
            returns=returning(shorter),
            plan=program.plan,
        )
        require_approval(prospect, approve)
        with in_its_group(program.plan, resolved, run_id=folder.id, host=host, store=store):
            at = host.clock()
            event = RunRewound(
                at=at,
                by=user(),
                address=target.address,
                inputs=told(request, resolved),
                answers=answers(request, chosen, at=at),
            )
            end_survivors(folder.groups)
            return drive(
                program, run, event, host=host, store=store, folder=folder, resolved=resolved
            )
    finally:
        lock.release()


def replace_plan(
    request: Request,
    plan: Plan,
    *,
    host: Host,
    approve: Approve,
    step: str | None = None,
    accepts_changes: bool = False,
) -> Rested:
    """Go on with a run under an edited plan until it rests.

    Shapes: with `step` the run goes back to it first; with `accepts_changes` it goes back to the
    earliest step that is done and not what it was.
    Errors: Refused as for `go_back`, and with TR939 to TR941 when the plan does not fit the run.
    """
    store = Store(host.project)
    folder = store.find(request.name)
    lock = RunLock(folder.lock, folder.id)
    try:
        before, run = store.load_whole(folder)
        program = Program.of(plan)
        if plan.id != before.plan.id:
            raise Refused.because("TR941", run=folder.id, old=before.plan.id, new=plan.id)
        first = (find_step(run, step).address,) if step is not None else ()
        addresses = _addresses(run, program, first, accepts_changes=accepts_changes)
        if not addresses and run.status is not RunStatus.RUNNING and not run.status.is_resumable:
            raise Refused.because("TR905", run=folder.id, status=run.status.value)
        shorter = cut(run, addresses)
        resolved = resolve(program, run, request, host=host)
        chosen = read_answers(run, request.choices, gates=gates_after(shorter, program))
        prospect = Prospect(
            run=run,
            status=store.shown_status(folder, run),
            target=addresses[0] if addresses else None,
            returns=returning(shorter),
            verdict=judge(shorter.run, program),
            plan=plan,
        )
        require_approval(prospect, approve)
        with in_its_group(plan, resolved, run_id=folder.id, host=host, store=store):
            at = host.clock()
            event = PlanReplaced(
                at=at,
                by=user(),
                plan_digest=plan.digest,
                addresses=addresses,
                inputs=resolved.values,
                given=tuple(told(request, resolved)),
                secrets=tuple(sorted(resolved.secrets)),
                answers=answers(request, chosen, at=at),
            )
            store.replace_plan(folder, before.plan, plan)
            end_survivors(folder.groups)
            return drive(
                program, run, event, host=host, store=store, folder=folder, resolved=resolved
            )
    finally:
        lock.release()


def resolve(program: Program, run: Run, request: Request, *, host: Host) -> Resolved:
    """Return the values that a run goes on with. Errors: Refused with what is wrong with them."""
    resolved = merged_inputs(
        program.plan,
        run,
        request.given,
        host=host,
        lenient=request.lenient,
        environment=request.environment,
    )
    raise_problems(resolved)
    return resolved


def told(request: Request, resolved: Resolved) -> Mapping[str, Json]:
    """Return the values that are new."""
    names = {*request.given, *resolved.changed}
    return {name: value for name, value in resolved.values.items() if name in names}


def answers(request: Request, chosen: Mapping[str, str], *, at: str) -> Mapping[str, Answer]:
    """Return the answers to gates as somebody's."""
    return {
        address: Answer(choice=choice, by=user(), at=at, comment=request.comment)
        for address, choice in chosen.items()
    }


def gates_after(shorter: Cut, program: Program) -> tuple[Occurrence, ...]:
    """Return the gates that a run comes to at once when it goes on, as they are in its plan."""
    found = {gate.address: gate for gate in open_gates(shorter.run)}
    found |= {gate.address: gate for gate in shorter.removed[:1]}
    sequences = shorter.run.sequences
    return tuple(
        replace(gate, step=step)
        for gate in found.values()
        if isinstance(step := _step_now(gate, sequences[gate.sequence], program), GateStep)
    )


def _step_now(gate: Occurrence, sequence: Steps, program: Program) -> Step | None:
    """Return what a step is in a program; what is called stays what it was."""
    return gate.step if sequence.plan else program.steps.get(gate.step.path)


def require_approval(prospect: Prospect, approve: Approve) -> None:
    """Ask whether what is to happen may happen. Errors: Refused with TR938 when it may not."""
    if not approve(prospect):
        count = len(prospect.returns.again)
        raise Refused.because("TR938", count=f"{count} step{'' if count == 1 else 's'}")


def _addresses(
    run: Run, program: Program, first: tuple[str, ...], *, accepts_changes: bool
) -> tuple[str, ...]:
    """Return the steps to go back to. Errors: Refused with TR939 and TR940."""
    conflicts = judge(cut(run, first).run, program).conflicts
    if not conflicts:
        return first
    if not accepts_changes:
        raise Refused(*(_reason(conflict, conflicts[-1]) for conflict in conflicts))
    return targets(run, program, first)


def _reason(conflict: Conflict, last: Conflict) -> Reason:
    code = "TR940" if conflict.word is Word.GONE else "TR939"
    change = "moves it behind another one" if conflict.word is Word.MOVED else change_of(conflict)
    hint = "'--accept' runs it again, with everything behind it" if conflict is last else None
    text = message(code, address=conflict.address, change=change)
    return Reason(code=code, message=text, hint=hint)


def change_of(conflict: Conflict) -> str:
    """Return what a plan changes in a step: ``changes run: 'make' → 'make all'``."""
    fields = [
        f"{field.name}: {_value(field.old)} → {_value(field.new)}" for field in conflict.fields
    ]
    more = f" and {len(fields) - _MAX_FIELDS} more" if len(fields) > _MAX_FIELDS else ""
    return f"changes {', '.join(fields[:_MAX_FIELDS]) or 'it'}{more}"


def _value(value: Json) -> str:
    return "none" if value is None else shown(value)
