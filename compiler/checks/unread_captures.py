"""TR517: the output of an agent that is kept for nobody.

With `capture` the output does not go to the terminal; when no step reads it either, nobody sees
it. A format or a schema of the output is checked when it arrives, and so has a use of its own.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.flows.flow import Flow
from treadle.compiler.reading import keys
from treadle.plan.steps import CommandStep, Kind, PromptStep


def check_unread_captures(flow: Flow, report: Report) -> None:
    """Report every `capture: true` whose step nothing reads.

    Before and after::

        - id: review
          type: prompt
          prompt: Review the change.
          capture: true             # TR517: nothing reads what 'review' prints
    """
    if flow.is_open:
        return
    for declared, step in flow.declared(Kind.COMMAND, Kind.PROMPT):
        scalar = keys.scalar(declared.node, "capture")
        if not isinstance(step, CommandStep | PromptStep) or scalar is None:
            continue
        has_use = step.output_format is not None or step.output_schema is not None
        in_results = declared.parent is not None and declared.parent is declared.space
        if step.capture and not has_use and not in_results and not flow.is_read(declared):
            report.add("TR517", scalar.span, step=step.id)
