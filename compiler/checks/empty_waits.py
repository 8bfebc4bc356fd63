"""TR514: a fan-in that waits for a step that cannot have run.

What it collects of such a step is an empty object, in every run.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.expressions.constants import constant_truth
from treadle.compiler.flows.certainty import dead_segments
from treadle.compiler.flows.flow import Flow, Wait, is_within, loops_around
from treadle.compiler.steps.scope import Declaration, other_branch


def check_empty_waits(flow: Flow, report: Report) -> None:
    """Report every awaited step of another branch than the fan-in's, or of one never taken.

    Before and after::

        - id: pick
          type: if
          condition: "{{ inputs.quick }}"
          then: [{id: smoke, type: shell, run: make smoke}]
          else: [{id: join, type: fan-in, wait_for: [smoke]}]    # TR514 at 'smoke'
    """
    for wait in flow.waits:
        fork = _other_branch(wait) or _dead_fork(wait.target, flow)
        if fork is not None:
            related = Related(span=fork.span, message="this never runs it before the fan-in")
            report.add("TR514", wait.span, related=(related,), name=wait.target.id)


def _other_branch(wait: Wait) -> Declaration | None:
    fork = other_branch(wait.target, wait.fan_in)
    if fork is None:
        return None
    # The round before may have taken the other branch.
    repeats = any(is_within(wait.fan_in, loop) for loop in loops_around(fork))
    return None if repeats else fork


def _dead_fork(step: Declaration, flow: Flow) -> Declaration | None:
    if flow.is_misread:
        return None
    child = step
    for above in step.ancestors():
        declared = flow.step(above)
        if declared is not None and child.segment in dead_segments(declared):
            return above
        if declared is not None and constant_truth(declared.condition) is False:
            return above
        child = above
    return None
