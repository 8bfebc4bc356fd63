"""TR516: steps behind one that always ends the run.

Such a step is a script that can only fail, or a gate that no answer lets pass.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.flows.certainty import halts
from treadle.compiler.flows.flow import Flow
from treadle.compiler.steps.scope import Declaration


def check_unreachable_steps(flow: Flow, report: Report) -> None:
    """Report the first step behind each step that no run gets past.

    Before and after::

        - {id: stop, type: shell, run: "echo not ready; exit 1"}
        - {id: build, type: shell, run: make}                     # TR516: 'stop' ends the run
    """
    halting: dict[tuple[int, str], Declaration] = {}
    said: set[tuple[int, str]] = set()
    for declared in flow.workflow.names.declarations:
        sequence = (declared.parent.order if declared.parent else -1, declared.segment)
        stop = halting.get(sequence)
        if stop is not None and sequence not in said:
            said.add(sequence)
            related = Related(span=stop.span, message="no run gets past this step")
            report.add("TR516", declared.span, related=(related,), step=declared.id, stop=stop.id)
        step = flow.step(declared)
        if step is not None and halts(step):
            halting.setdefault(sequence, declared)
