"""What going back in a run, or an edited plan, would mean: worked out before anything is written.

The same is worked out wherever a run is kept, and told to whoever is to allow it.
"""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from treadle.executor.again import Return
from treadle.executor.errors import Refused
from treadle.executor.open_steps import open_gates
from treadle.executor.program import Program
from treadle.executor.rewind import Cut, cut
from treadle.executor.state import Occurrence, Run, RunStatus
from treadle.executor.state import Sequence as Steps
from treadle.executor.verdict import Conflict, Verdict, Word, judge, targets
from treadle.plan.plan import Plan
from treadle.plan.problems import Problem, problem, shown_change
from treadle.plan.steps import GateStep, Step

_MAX_FIELDS = 3
_ACCEPTED = "'--accept' runs it again, with everything behind it"
_ACCEPTED_GONE = "'--accept' goes on without it, and runs everything behind it again"


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


def require_approval(prospect: Prospect, approve: Approve) -> None:
    """Ask whether what is to happen may happen. Errors: Refused with TR938 when it may not."""
    if not approve(prospect):
        count = len(prospect.returns.again)
        raise Refused.because("TR938", count=f"{count} step{'' if count == 1 else 's'}")


def going_back_to(
    run: Run, program: Program, first: tuple[str, ...], *, accepts_changes: bool
) -> tuple[str, ...]:
    """Return the steps that a run goes back to so that another plan fits what is left of it.

    Shapes: `first` are steps to go back to in any case.
    Errors: Refused with TR939 and TR940, when no other steps may run again.
    """
    conflicts = judge(cut(run, first).run, program).conflicts
    if not conflicts:
        return first
    if not accepts_changes:
        raise Refused(*(_problem(conflict, conflicts[-1]) for conflict in conflicts))
    return targets(run, program, first)


def change_of(conflict: Conflict) -> str:
    """Return what a plan changes in a step: ``changes run: 'make' → 'make all'``."""
    fields = [f"{field.name}: {shown_change(field.old, field.new)}" for field in conflict.fields]
    more = f" and {len(fields) - _MAX_FIELDS} more" if len(fields) > _MAX_FIELDS else ""
    return f"changes {', '.join(fields[:_MAX_FIELDS]) or 'it'}{more}"


def _problem(conflict: Conflict, last: Conflict) -> Problem:
    code = "TR940" if conflict.word is Word.GONE else "TR939"
    change = "moves it behind another one" if conflict.word is Word.MOVED else change_of(conflict)
    accepted = _ACCEPTED_GONE if conflict.word is Word.GONE else _ACCEPTED
    hint = accepted if conflict is last else None
    return problem(code, hint=hint, address=conflict.address, change=change)


def _step_now(gate: Occurrence, sequence: Steps, program: Program) -> Step | None:
    """Return what a step is in a program; what is called stays what it was."""
    return gate.step if sequence.plan else program.steps.get(gate.step.path)
