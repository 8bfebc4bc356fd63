"""TR508: a loop until something succeeds, behind which nobody asks whether it did.

A loop that reaches its cap ends without an error. A later gate, the same script once more, and
any read of the loop's record or of what its condition reads are such a question.
"""

from collections.abc import Mapping

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.flows.certainty import is_failure
from treadle.compiler.flows.flow import Flow, Read, is_within
from treadle.compiler.reading import keys
from treadle.compiler.steps.scope import LOOP_CONDITION, Declaration
from treadle.plan.steps import GateStep, Kind, LoopStep, OnLimit, OnReject, ShellStep, walk

_OUTCOMES = (("output", "exit_code"), ("status",))
_CHOICE = ("output", "choice")


def check_swallowed_caps(flow: Flow, report: Report) -> None:
    """Report every loop whose cap hides that its last round was no success.

    Before and after::

        - id: mend
          type: do-while                                          # TR508: 3 rounds, then on
          condition: "{{ steps.test.status == 'failed' }}"
          max_iterations: 3
          steps: [..., {id: test, type: shell, run: make test, continue_on_error: true}]
        - {id: publish, type: shell, run: make publish}
    """
    if flow.is_open or not flow.has(Kind.WHILE, Kind.DO_WHILE):
        return
    tried = _last_tries(flow)
    asked_by: dict[int, list[Read]] = {}
    for read in flow.reads:
        reader = read.site.step
        if reader is not None and read.site.key == LOOP_CONDITION and _is_outcome(read, flow):
            if is_within(read.target.step, reader):
                asked_by.setdefault(reader.order, []).append(read)
    last_gate = max((declared.order for declared, _ in flow.declared(Kind.GATE)), default=-1)
    for declared, step in flow.declared(Kind.WHILE, Kind.DO_WHILE):
        asked = asked_by.get(declared.order)
        if not asked or not isinstance(step, LoopStep) or declared.space is not None:
            continue
        if step.on_limit is OnLimit.FAIL:
            continue
        end = _end(declared, flow)
        is_asked = last_gate >= end or _has_way_out(step) or _is_asked_about(declared, asked, flow)
        scalar = keys.scalar(declared.node, LOOP_CONDITION)
        if is_asked or scalar is None or any(tried.get(_script(r), -1) >= end for r in asked):
            continue
        message = "what the last round left here is not looked at again"
        related = Related(span=asked[0].target.step.span, message=message)
        name, cap = step.id, step.max_iterations
        report.add("TR508", scalar.span, related=(related,), step=name, cap=cap)


def _last_tries(flow: Flow) -> Mapping[str, int]:
    """Return the order of the last step that runs each script."""
    return {
        keys.text(declared.node, "run") or "": declared.order
        for declared, _ in flow.declared(Kind.SHELL)
    }


def _script(read: Read) -> str:
    return keys.text(read.target.step.node, "run") or ""


def _end(loop: Declaration, flow: Flow) -> int:
    """Return the order of the first step behind a loop."""
    declared = flow.workflow.names.declarations
    end = loop.order + 1
    while end < len(declared) and is_within(declared[end], loop):
        end += 1
    return end


def _has_way_out(loop: LoopStep) -> bool:
    """Say whether a round can end the run: somebody is asked, or a script gives up."""
    return any(
        (isinstance(step, GateStep) and step.on_reject is not OnReject.SKIP)
        or (isinstance(step, ShellStep) and is_failure(step))
        for step in walk(loop.steps)
    )


def _is_outcome(read: Read, flow: Flow) -> bool:
    step = flow.step(read.target.step)
    if isinstance(step, GateStep):
        return read.path == _CHOICE
    return step is not None and step.continue_on_error and read.path in _OUTCOMES


def _is_asked_about(loop: Declaration, asked: list[Read], flow: Flow) -> bool:
    about = (loop, *(read.target.step for read in asked))
    is_awaited = any(wait.target in about and wait.fan_in.order > loop.order for wait in flow.waits)
    return is_awaited or any(
        read.site.step is None or not _is_part(read.site.step, loop)
        for step in about
        for read in flow.reads_of(step)
    )


def _is_part(step: Declaration, loop: Declaration) -> bool:
    return step is loop or is_within(step, loop)
