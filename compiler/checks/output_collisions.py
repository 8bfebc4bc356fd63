"""TR515: items of a fan-out that run at the same time and write the same file.

What is in the file in the end is chance. A file with an expression or a variable in its name, an
item's own directory and a branch that may be taken by one item only are left alone.
"""

from treadle.compiler.diagnostics import Related, Report
from treadle.compiler.flows.flow import Flow
from treadle.compiler.flows.redirections import files_written
from treadle.compiler.reading import keys, nodes
from treadle.compiler.reading.positions import span_of
from treadle.compiler.steps.scope import Declaration
from treadle.compiler.steps.sites import BLOCK_OPENS, Site
from treadle.plan.expression import Literal
from treadle.plan.steps import FanOutStep, Kind, ShellStep

# A name that holds it is not a fixed one.
_COVER = "$"


def check_output_collisions(flow: Flow, report: Report) -> None:
    """Report every script in a concurrent fan-out that writes a file of one fixed name.

    Before and after::

        - id: each
          type: fan-out
          items: "{{ inputs.files }}"
          max_concurrency: 4
          step:
            id: lint
            type: shell
            run: ./lint.sh {{ item | shquote }} > lint.txt      # TR515: all items write 'lint.txt'
    """
    if not flow.has(Kind.FAN_OUT):
        return
    sites: dict[int, list[Site]] = {}
    for site in flow.workflow.sites:
        if site.step is not None and site.key == "run":
            sites.setdefault(site.step.order, []).append(site)
    for declared, step in flow.declared(Kind.SHELL):
        scalar = keys.scalar(declared.node, "run")
        fan_out = _concurrent(declared, flow)
        if not isinstance(step, ShellStep) or scalar is None or fan_out is None:
            continue
        if step.cwd is not None and not isinstance(step.cwd, Literal):
            continue
        said: set[str] = set()
        for found in files_written(_script(scalar, sites.get(declared.order, []))):
            if found.name not in said:
                said.add(found.name)
                span = span_of(flow.workflow.document, scalar, found.start, found.end)
                related = Related(span=fan_out.span, message="its items run at the same time")
                report.add("TR515", span, related=(related,), file=found.name, fan_out=fan_out.id)


def _script(scalar: nodes.Scalar, sites: list[Site]) -> str:
    """Return a script whose blocks are covered, so that it keeps its length."""
    script = str(scalar.value)
    for site in sites:
        start = site.offset - len(BLOCK_OPENS)
        end = site.offset + len(site.expression.text) + len(BLOCK_OPENS)
        script = script[:start] + _COVER * (end - start) + script[end:]
    return script


def _concurrent(step: Declaration, flow: Flow) -> Declaration | None:
    """Return the fan-out around a step, if several of its items run the step at the same time."""
    each: Declaration | None = step
    while each is not None and each.kind != Kind.FAN_OUT:
        declared = flow.step(each)
        is_conditional = declared is None or declared.condition is not None
        if is_conditional or each.kind in (Kind.IF, Kind.SWITCH):
            return None
        each = each.parent
    found = flow.step(each) if each is not None else None
    if not isinstance(found, FanOutStep) or found.concurrency < 2:
        return None
    items = found.items.value if isinstance(found.items, Literal) else None
    return None if isinstance(items, list) and len(items) < 2 else each
