"""TR509: a value of an earlier round, taken for one of this round.

A step in a branch inside a loop leaves its record to the next rounds. Where the branch is not
taken, a reader behind it finds what an earlier round left there, and a default does not help.
"""

from treadle.compiler.checks.missing_values import is_guarded
from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.flows.certainty import Doubt, doubts
from treadle.compiler.flows.flow import Flow, Read, is_within, loops_around
from treadle.compiler.steps.scope import LOOP_CONDITION, Declaration
from treadle.plan.steps import Kind, LoopStep


def check_stale_values(flow: Flow, report: Report) -> None:
    """Report every value of a branch in a loop that is read behind the branch in that loop.

    Before and after::

        - id: rounds
          type: do-while
          condition: "{{ steps.mend.output.exit_code != 0 }}"     # TR509 at 'mend'
          steps:
            - id: maybe
              type: if
              condition: "{{ steps.test.status == 'failed' }}"
              then: [{id: mend, type: shell, run: ./mend.sh, continue_on_error: true}]
    """
    for read in flow.reads if flow.has(Kind.WHILE, Kind.DO_WHILE) else ():
        found = _stale(read, flow)
        if found is not None:
            related = Related(span=found.fork.span, message="this decides whether it runs")
            name, fork = read.target.step.id, found.fork.id
            report.add("TR509", read.span, related=(related,), name=name, fork=fork)


def _stale(read: Read, flow: Flow) -> Doubt | None:
    reader, step = read.site.step, read.target.step
    if reader is None or ":" in str(read.at.name) or is_within(reader, step) or step is reader:
        return None
    is_own_condition = read.site.key == LOOP_CONDITION and is_within(step, reader)
    if step.order > reader.order and not is_own_condition:
        return None
    found = [each for each in doubts(step, reader=reader, flow=flow) if each.segment is not None]
    if any(is_guarded(read, each, flow) for each in found):
        return None
    for each in found:
        for loop in loops_around(each.fork):
            if _repeats(loop, flow) and (loop is reader or is_within(reader, loop)):
                return each if loop is not reader or is_own_condition else None
    return None


def _repeats(loop: Declaration, flow: Flow) -> bool:
    step = flow.step(loop)
    return isinstance(step, LoopStep) and step.max_iterations > 1
