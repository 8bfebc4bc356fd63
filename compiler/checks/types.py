"""The rules about types: the expressions of a workflow are typed once, then looked at in turn.

No rule here reports what is only possible, but for `types_missing`, which warns.
"""

from collections.abc import Callable

from treadle.compiler.checks import types_missing, types_steps
from treadle.compiler.checks.types_calls import check_calls_of_types
from treadle.compiler.checks.types_comparisons import check_comparisons
from treadle.compiler.checks.types_indexes import check_indexes
from treadle.compiler.checks.types_members import check_members, is_known
from treadle.compiler.checks.types_missing import check_missing
from treadle.compiler.checks.types_outputs import check_outputs_of_types
from treadle.compiler.checks.types_steps import check_steps_of_types
from treadle.compiler.diagnostics import Report
from treadle.compiler.steps.sites import Site
from treadle.compiler.typed.roots import is_plain
from treadle.compiler.typed.typed_sites import TypedWorkflow, type_sites
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Node, Op

Rule = Callable[[TypedWorkflow, Report], None]

_WHOLE = types_missing.WHOLE | types_steps.WHOLE

# Independent of each other; the report sorts what they find.
RULES: tuple[Rule, ...] = (
    check_members,
    check_indexes,
    check_comparisons,
    check_calls_of_types,
    check_steps_of_types,
    check_outputs_of_types,
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
    typed = type_sites(workflow, (s for s in workflow.sites if not _is_settled(s, workflow)))
    for rule in RULES:
        rule(typed, report)


def _is_settled(site: Site, workflow: Workflow) -> bool:
    """Say whether no rule has a use for the type of an expression, as for most of them.

    That is so for plain names which other rules look up, in a value that may be anything.
    """
    node, depth = site.expression.tree, 0
    while node.op is Op.GET and isinstance(node.args[0], Node):
        node, depth = node.args[0], depth + 1
    if node.op is not Op.NAME or site.key in _WHOLE:
        return False
    if node.args[0] == "steps":
        return _reads_plain_step(site, workflow)
    return is_known(str(node.args[0]), depth)


def _reads_plain_step(site: Site, workflow: Workflow) -> bool:
    """Say whether a path leads to a step that no type has to be found for."""
    name = site.expression.reads[0][1:2]
    target = workflow.names.resolve(name[0], reader=site.step) if name else None
    return target is not None and is_plain(workflow.by_path.get(target.step.path))
