"""TR407: an index whose result under Spec Kit depends on the type of its value.

The form of an index is looked at where it is read, in `expressions.portability`.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.typed.typed_sites import TypedSite, TypedWorkflow
from treadle.plan.expression import Node, Op
from treadle.plan.lazy_pattern import lazy_pattern

_WORD = lazy_pattern(r"\[|[0-9]+")


def check_indexes(workflow: TypedWorkflow, report: Report) -> None:
    """Report every index of a text, and digits behind a point whose value may be a list.

    Before and after::

        inputs:
          word: {type: string, default: treadle}
        steps:
          - {id: show, type: shell, run: 'echo {{ inputs.word[0] }}'}   # TR407 at '['
    """
    for typed in workflow.sites:
        for node in typed.nodes:
            if node.op is Op.INDEX:
                _check_index(node, typed, report)


def _check_index(node: Node, typed: TypedSite, report: Report) -> None:
    kinds = typed.part(node, 0).kinds - {"null"}
    word = _WORD.match(typed.site.expression.text, node.at)
    assert word is not None
    is_place = word[0] != "["
    span = typed.site.span(*word.span())
    if kinds == {"string"}:
        report.add("TR407", span, here="an index of a text", there="null")
    elif is_place and kinds == {"array"}:
        report.add("TR407", span, here="a place in a list", there="null")
    elif is_place and "array" in kinds:
        here = "a member of an object or a place in a list"
        report.add("TR407", span, here=here, there="a member of an object only")
