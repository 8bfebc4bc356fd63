"""TR302, TR307, TR309, TR314, TR315, TR325: every name has a meaning where it stands.

What is read from `steps` is looked at in `references`, `context.status` in `closing_steps`.
"""

from treadle.compiler.diagnostics import Report, Span
from treadle.compiler.expressions.chains import Chain, Member
from treadle.compiler.fixes import prefix, rename
from treadle.compiler.hints import Hints
from treadle.compiler.steps.read_limits import GROUP_KEY
from treadle.compiler.steps.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import Kind

ROOTS = ("inputs", "steps", "item", "fan_in", "context")
CONTEXT_FIELDS = ("run_id", "workflow_dir", "status")
FAN_IN_FIELDS = ("results",)
_OF_RUNS = frozenset(ROOTS) - {"inputs"}


def check_names(workflow: Workflow, report: Report) -> None:
    """Report every name that nothing has, and those that have no value at their place.

    Before and after::

        run: echo {{ inputs.nmae }} {{ item }}   # TR302 at 'nmae', TR314 at 'item'
    """
    hints = Hints()
    for site in workflow.sites:
        for chain in site.chains:
            if site.step is None and site.key == GROUP_KEY and chain.root.name in _OF_RUNS:
                report.add("TR325", _span(site, chain.root))
                continue
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
                case _:
                    _tell_unknown_root(site, chain, workflow, hints=hints, report=report)


def _check_input(
    site: Site, chain: Chain, *, workflow: Workflow, hints: Hints, report: Report
) -> None:
    first = chain.members[0] if chain.members else None
    if first is None or not isinstance(first.name, str):
        return
    if workflow.input_schema(first.name) is None:
        known, span = workflow.input_names, _span(site, first)
        hint, fix = hints.mend(span, first.name, known, what="the inputs")
        if not known:
            hint = "declare it under 'inputs'"
        report.add("TR302", span, hint=hint, fix=fix, name=first.name)


def _check_context(site: Site, chain: Chain, *, hints: Hints, report: Report) -> None:
    first = chain.members[0] if chain.members else None
    if first is not None and isinstance(first.name, str) and first.name not in CONTEXT_FIELDS:
        span = _span(site, first)
        hint, fix = hints.mend(span, first.name, CONTEXT_FIELDS, what="its fields")
        report.add("TR309", span, hint=hint, fix=fix, field=first.name)


def _check_fan_in(site: Site, chain: Chain, *, report: Report) -> None:
    is_output = site.key.startswith("output.")
    if site.step is None or site.step.kind != Kind.FAN_IN or not is_output:
        report.add("TR315", _span(site, chain.root))
        return
    first = chain.members[0] if chain.members else None
    if first is not None and isinstance(first.name, str) and first.name not in FAN_IN_FIELDS:
        hint = "write 'fan_in.results'"
        fix = rename(_span(site, first), first.name, FAN_IN_FIELDS[0], is_safe=False)
        report.add("TR307", _span(site, first), hint=hint, fix=fix, name=f"fan_in.{first.name}")


def _tell_unknown_root(
    site: Site, chain: Chain, workflow: Workflow, *, hints: Hints, report: Report
) -> None:
    name, span = str(chain.root.name), _span(site, chain.root)
    hint, fix = hints.mend(span, name, ROOTS, what="the names")
    is_step = name in workflow.names.ids
    if workflow.input_schema(name) is not None:
        hint = f"write 'inputs.{name}'"
        fix = prefix(span, name, "inputs.", is_safe=not is_step)
    elif is_step:
        hint = f"write 'steps.{name}'"
        fix = prefix(span, name, "steps.", is_safe=bool(chain.members))
    report.add("TR307", span, hint=hint, fix=fix, name=name)


def _span(site: Site, member: Member) -> Span:
    return site.span(member.start, member.end)
