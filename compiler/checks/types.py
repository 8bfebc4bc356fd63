"""The rules about types: the expressions of a workflow are typed once, then looked at in turn.

No rule here reports what is only possible, but for `types_missing`, which warns.
"""

from collections.abc import Callable

from treadle.compiler.checks.types_calls import check_calls_of_types
from treadle.compiler.checks.types_comparisons import check_comparisons
from treadle.compiler.checks.types_members import check_members
from treadle.compiler.checks.types_missing import check_missing
from treadle.compiler.checks.types_steps import check_steps_of_types
from treadle.compiler.diagnostics import Report
from treadle.compiler.typed_sites import TypedWorkflow, type_sites
from treadle.compiler.workflow import Workflow

Rule = Callable[[TypedWorkflow, Report], None]

# Independent of each other; the report sorts what they find.
RULES: tuple[Rule, ...] = (
    check_members,
    check_comparisons,
    check_calls_of_types,
    check_steps_of_types,
    check_missing,
)


def check_types(workflow: Workflow, report: Report) -> None:
    """Report what no value of the declared types can do.

    Before and after::

        inputs:
          count: {type: integer, default: 3}
        steps:
          - {id: loop, type: while, condition: "{{ inputs.count == '3' }}", steps: []}   # TR423
    """
    typed = type_sites(workflow)
    for rule in RULES:
        rule(typed, report)
