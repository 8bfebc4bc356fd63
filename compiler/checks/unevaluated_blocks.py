"""TR434: a block where nothing is evaluated."""

from treadle.compiler.diagnostics import Report
from treadle.compiler.flows.plain_blocks import plain_blocks
from treadle.compiler.workflow import Workflow


def check_unevaluated_blocks(workflow: Workflow, report: Report) -> None:
    """Report every block that reads something of the workflow and stays text.

    Before and after::

        items: ["{{ inputs.first }}", second]     # TR434: a list under 'items' is taken as it is
        items: "{{ [inputs.first, 'second'] }}"
    """
    for block in plain_blocks(workflow):
        report.add("TR434", block.span, hint=block.hint, place=block.place)
