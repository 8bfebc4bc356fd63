"""TR219: the cases of a switch differ as texts.

The value of a switch is compared as text, so that the keys ``1`` and ``"1"`` are one case.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.reading import keys, nodes
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import Kind


def check_cases(workflow: Workflow, report: Report) -> None:
    """Report every case whose text a case before it has.

    Before and after::

        cases:
          1: []
          "1": []           # TR219: the case '1' is given twice, the first one wins
    """
    for step in workflow.names.declarations:
        if step.kind != Kind.SWITCH:
            continue
        cases = keys.mapping(step.node, "cases")
        first: dict[str, nodes.Entry] = {}
        for entry in cases.entries if cases is not None else ():
            text = str(entry.key.value)
            known = first.setdefault(text, entry)
            if known is not entry:
                related = Related(span=known.key.span, message="the first one")
                report.add("TR219", entry.key.span, related=(related,), key=text)
