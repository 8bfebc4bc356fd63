"""TR301: an id names one step.

Every fan-out template has ids of its own; an id there may be one of the workflow's, which it
hides from the template.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.workflow import Workflow


def check_ids(workflow: Workflow, report: Report) -> None:
    """Report every id that a step before it has.

    Before and after::

        steps:
          - id: build
          - id: build       # TR301: the step id 'build' is used twice
    """
    first: dict[tuple[Declaration | None, str], Declaration] = {}
    declarations = workflow.names.declarations
    if workflow.document.parts:
        # A step of an overlay may come to stand first, and is still the second of that id.
        declarations = tuple(sorted(declarations, key=lambda step: step.span))
    for step in declarations:
        if not step.id or any(above.is_broken for above in step.ancestors()):
            continue
        known = first.setdefault((step.space, step.id), step)
        if known is not step:
            related = Related(span=known.span, message="the first one")
            report.add("TR301", step.span, related=(related,), id=step.id)
