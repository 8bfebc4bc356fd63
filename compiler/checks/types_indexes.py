"""TR407: an index whose result under Spec Kit depends on the type of its value.

The form of an index is looked at where it is read, in `expressions.portability`.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.typed.typed_sites import TypedWorkflow
from treadle.plan.expression import Op


def check_indexes(workflow: TypedWorkflow, report: Report) -> None:
    """Report every index of a text: Spec Kit knows places of lists only.

    Before and after::

        inputs:
          word: {type: string, default: treadle}
        steps:
          - {id: show, type: shell, run: 'echo {{ inputs.word[0] }}'}   # TR407 at '['
    """
    for typed in workflow.sites:
        for node in typed.nodes:
            if node.op is Op.INDEX and typed.part(node, 0).kinds - {"null"} == {"string"}:
                span = typed.site.span(node.at, node.at + 1)
                report.add("TR407", span, here="an index of a text", there="null")
