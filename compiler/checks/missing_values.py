"""TR505: the value of a step that may not have run, where nothing is prepared for that.

A reader in the same branch, behind a condition that reads what decides the branch, or with a
default is prepared; so is a text that puts together what several branches of one step left.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.expressions.exposure import exposed
from treadle.compiler.flows.certainty import Doubt, doubts, fork_paths, guard_paths
from treadle.compiler.flows.flow import Flow, Path, Read, loops_around
from treadle.compiler.steps.scope import CLOSING, Declaration, may_have_run
from treadle.plan.steps import Kind

# Who reads these asks whether it ran.
_QUESTIONS = (("status",), ("type",))
# What is missing in a condition makes it false, and in what is only collected it stays missing.
_PREPARED = frozenset({"condition", "if", "expression"})
_UNLESS_ENDED = "give the value a '| default(…)', or look at 'context.status' first"
# A text that reads more steps is not looked through to its end.
_MOST_BESIDE = 50


def check_missing_values(flow: Flow, report: Report) -> None:
    """Report every value of a step in a branch that its reader needs and may not find.

    Before and after::

        - id: maybe
          type: if
          condition: "{{ inputs.lint }}"
          then: [{id: lint, type: shell, run: ./lint.sh}]
        - {id: show, type: shell, run: "echo {{ steps.lint.output.stdout }}"}   # TR505 at 'lint'
    """
    beside: dict[int, list[Read]] = {}
    for read in flow.reads:
        beside.setdefault(read.site.scalar.start, []).append(read)
    for read in flow.reads:
        found = _unprepared(read, flow)
        others = beside[read.site.scalar.start]
        if found is not None and not _is_of_many(read, found, others, flow=flow):
            report.add(
                "TR505",
                read.span,
                hint=_UNLESS_ENDED if found.segment == CLOSING else None,
                related=(_related(found),),
                name=read.target.step.id,
                why=_why(found),
            )


def _unprepared(read: Read, flow: Flow) -> Doubt | None:
    """Return why a read may find nothing, None when it finds something or does not need to."""
    reader, step = read.site.step, read.target.step
    if reader is None or ":" in str(read.at.name) or _collects(read, reader):
        return None
    if not may_have_run(read.target, reader=reader, key=read.site.key):
        return None
    if step.order > reader.order or step is reader or step in reader.ancestors():
        return None
    found = doubts(step, reader=reader, flow=flow)
    if not found or read.path in _QUESTIONS:
        return None
    if read.chain not in tuple(exposed(read.site.expression.tree)):
        return None
    if any(is_guarded(read, each, flow) for each in found):
        return None
    # In a loop the branch of an earlier round counts too: that is TR509.
    if any(each.segment is not None and _shares_loop(each.fork, reader) for each in found):
        return None
    return found[0]


def is_guarded(read: Read, found: Doubt, flow: Flow) -> bool:
    """Say whether the reader depends on what decides the branch, or on the step itself."""
    others: frozenset[Path] = frozenset(
        path for path in read.site.expression.reads if path[:2] != ("steps", read.at.name)
    )
    guards = guard_paths(read.site.step, flow) | others
    decided = fork_paths(found, flow)
    related = {read.target.step.id, found.fork.id}
    return any(
        path in decided or (path[0] == "steps" and len(path) > 1 and path[1] in related)
        for path in guards
    )


def _collects(read: Read, reader: Declaration) -> bool:
    key = read.site.key
    return key in _PREPARED or (reader.kind == Kind.FAN_IN and key.startswith("output."))


def _shares_loop(fork: Declaration, reader: Declaration) -> bool:
    around = {loop.order for loop in loops_around(fork)}
    return any(above.order in around for above in (reader, *reader.ancestors()))


def _is_of_many(read: Read, found: Doubt, others: list[Read], *, flow: Flow) -> bool:
    """Say whether the same text reads other branches of the same step as well."""
    return found.segment is not None and any(
        why.fork is found.fork and why.segment not in (found.segment, None)
        for other in others[:_MOST_BESIDE]
        if other.target.step is not read.target.step
        for why in doubts(other.target.step, reader=other.site.step, flow=flow)
    )


def _why(found: Doubt) -> str:
    if found.segment == CLOSING:
        return "the run came that far"
    if found.segment is None:
        return f"the condition of '{found.fork.id}' holds"
    kind = "a branch" if found.fork.kind == Kind.IF else "a case"
    return f"'{found.fork.id}' takes {kind} that leads to it"


def _related(found: Doubt) -> Related:
    is_end = found.segment == CLOSING
    message = "the run may end before it" if is_end else "this decides whether it runs"
    return Related(span=found.fork.span, message=message)
