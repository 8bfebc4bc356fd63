"""TR319: a step names an agent that treadle knows.

Only names that stand in the file are looked at; what an expression gives is seen when it runs.
"""

from collections.abc import Iterator

from treadle.compiler.diagnostics import Report
from treadle.compiler.hints import Hints
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Literal
from treadle.plan.integrations import known
from treadle.plan.steps import CommandStep, InitStep, PromptStep


def check_integrations(workflow: Workflow, report: Report) -> None:
    """Report every integration that nothing is known about.

    Before and after::

        - id: plan
          command: speckit.plan
          integration: claud        # TR319: no integration is called 'claud'
    """
    hints = Hints()
    head = keys.mapping(workflow.root, "workflow")
    default = keys.text_scalar(head, "integration") if head is not None else None
    for scalar in _literals(workflow, default):
        name, names = str(scalar.value), known()
        if name not in names:
            hint, fix = hints.mend(scalar.span, name, names, what="the integrations")
            report.add("TR319", scalar.span, hint=hint, fix=fix, name=name)


def _literals(workflow: Workflow, default: nodes.Scalar | None) -> Iterator[nodes.Scalar]:
    """Yield the scalars that name an integration, the workflow's own only if a step has it."""
    for declared in workflow.names.declarations:
        step = workflow.by_path.get(declared.path)
        if not isinstance(step, CommandStep | PromptStep | InitStep):
            continue
        if isinstance(step.integration, Literal) and isinstance(step.integration.value, str):
            scalar = _own(declared) or default
            if scalar is not None:
                yield scalar


def _own(declared: Declaration) -> nodes.Scalar | None:
    return keys.text_scalar(declared.node, "integration")
