"""TR302, TR307, TR309, TR314, TR315: every name of an expression has a meaning where it stands.

What is read from `steps` is looked at in `references`.
"""

from treadle.compiler.chains import Chain, Member, chains
from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.hints import Hints
from treadle.compiler.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import Kind

ROOTS = ("inputs", "steps", "item", "fan_in", "context")
CONTEXT_FIELDS = ("run_id", "workflow_dir")
FAN_IN_FIELDS = ("results",)


def check_names(workflow: Workflow, report: Report) -> None:
    """Report every name that nothing has, and those that have no value at their place.

    Before and after::

        run: echo {{ inputs.nmae }} {{ item }}   # TR302 at 'nmae', TR314 at 'item'
    """
    hints = Hints()
    for site in workflow.sites:
        for chain in chains(site.expression.tree):
            match chain.root.name:
                case "inputs":
                    _check_input(site, chain, workflow=workflow, hints=hints, report=report)
                case "context":
                    _check_context(site, chain, hints=hints, report=report)
                case "item":
                    if site.step is None or site.step.space is None:
                        report.add("TR314", _span(site, chain.root))
                case "fan_in":
                    _check_fan_in(site, chain, report=report)
                case "steps":
                    pass
                case unknown:
                    hint = _root_hint(str(unknown), workflow, hints=hints)
                    report.add("TR307", _span(site, chain.root), hint=hint, name=unknown)


def _check_input(
    site: Site, chain: Chain, *, workflow: Workflow, hints: Hints, report: Report
) -> None:
    first = chain.members[0] if chain.members else None
    if first is None or not isinstance(first.name, str):
        return
    if workflow.input_schema(first.name) is None:
        known = workflow.input_names
        hint = hints.instead_of(first.name, known, what="the inputs")
        if not known:
            hint = "declare it under 'inputs'"
        report.add("TR302", _span(site, first), hint=hint, name=first.name)


def _check_context(site: Site, chain: Chain, *, hints: Hints, report: Report) -> None:
    first = chain.members[0] if chain.members else None
    if first is not None and isinstance(first.name, str) and first.name not in CONTEXT_FIELDS:
        hint = hints.instead_of(first.name, CONTEXT_FIELDS, what="its fields")
        report.add("TR309", _span(site, first), hint=hint, field=first.name)


def _check_fan_in(site: Site, chain: Chain, *, report: Report) -> None:
    is_output = site.key.startswith("output.")
    if site.step is None or site.step.kind != Kind.FAN_IN or not is_output:
        report.add("TR315", _span(site, chain.root))
        return
    first = chain.members[0] if chain.members else None
    if first is not None and isinstance(first.name, str) and first.name not in FAN_IN_FIELDS:
        hint = "write 'fan_in.results'"
        report.add("TR307", _span(site, first), hint=hint, name=f"fan_in.{first.name}")


def _root_hint(name: str, workflow: Workflow, *, hints: Hints) -> str | None:
    if workflow.input_schema(name) is not None:
        return f"write 'inputs.{name}'"
    if name in workflow.names.ids:
        return f"write 'steps.{name}'"
    return hints.instead_of(name, ROOTS, what="the names")


def _span(site: Site, member: Member) -> Span:
    return site.span(member.start, member.end)
