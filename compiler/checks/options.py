"""TR321: an agent has a use for the options that a command gives it.

Looked at where the agent is named in the file; `options` that it has no use for are recorded and
go nowhere, `integration_options` fail the step.
"""

from collections.abc import Iterator

from treadle.compiler.diagnostics import Report
from treadle.compiler.hints import Hints
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Literal
from treadle.plan.integrations import integration
from treadle.plan.steps import CommandStep


def check_options(workflow: Workflow, report: Report) -> None:
    """Report every option that the integration of its step does not know.

    Before and after::

        - id: plan
          command: speckit.plan
          integration: claude
          options: {speed: high}    # TR321: integration 'claude' has no use for 'speed'
    """
    hints = Hints()
    head = keys.mapping(workflow.root, "workflow")
    for declared in workflow.names.declarations:
        step = workflow.by_path.get(declared.path)
        if not isinstance(step, CommandStep) or not isinstance(step.integration, Literal):
            continue
        given = tuple(_options(declared, head))
        name = step.integration.value
        known = integration(name) if given and isinstance(name, str) else None
        for entry in given if known is not None else ():
            option = str(entry.key.value)
            if known is not None and option not in known.options:
                hint = hints.instead_of(option, tuple(known.options), what="its options")
                report.add("TR321", entry.key.span, hint=hint, name=known.key, key=option)


def _options(declared: Declaration, head: nodes.Mapping | None) -> Iterator[nodes.Entry]:
    """Yield the options of a command, and those of the workflow that it does not replace."""
    own = keys.mapping(declared.node, "options")
    inherited = keys.mapping(head, "options") if head is not None else None
    replaced = frozenset(own.keys()) if own is not None else frozenset()
    handed = keys.mapping(declared.node, "integration_options")
    for given in (own, handed):
        yield from given.entries if given is not None else ()
    for entry in inherited.entries if inherited is not None else ():
        if entry.key.value not in replaced:
            yield entry
