"""TR620, TR621: steps and outputs that Spec Kit 1.2.3 refuses, or steps that it runs otherwise.

Reported in lenient mode and by ``validate --compat spec-kit``; what differs in an expression or a
YAML value is TR407 and TR114, what Spec Kit does not know at all is TR217.
"""

from collections.abc import Iterator

from treadle.compiler.diagnostics import Report
from treadle.compiler.reading import keys, nodes
from treadle.compiler.reading.scalars import plain_value
from treadle.compiler.steps.scope import LOOPS, Declaration
from treadle.compiler.steps.sites import Site
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import Kind

_INPUT = "input."


def check_spec_kit(workflow: Workflow, report: Report) -> None:
    """Report what a step means here only.

    Before and after::

        - id: plan
          command: speckit.{{ inputs.stage }}   # TR621: sent as it stands under Spec Kit
          timeout: 60                           # TR621: ignored under Spec Kit
    """
    for step in workflow.names.declarations:
        match step.kind:
            case Kind.FAN_IN:
                _check_waits(step, workflow, report)
            case Kind.COMMAND:
                _check_timeout(step, report)
            case Kind.GATE:
                _check_verdict(step, report)
    if report.lenient:
        _check_outputs(workflow, report)
    for site in _unread(workflow):
        span = site.span(0, len(site.expression.text))
        report.add("TR621", span, here="evaluated", there="the text is sent as it stands")


def _check_waits(step: Declaration, workflow: Workflow, report: Report) -> None:
    """Report steps outside the template that a fan-in inside it waits for."""
    awaited = keys.sequence(step.node, "wait_for") if step.space is not None else None
    for item in awaited.items if awaited is not None else ():
        if not isinstance(item, nodes.Scalar):
            continue
        found = workflow.names.find(str(item.value), reader=step)
        if found is not None and found.space is not step.space:
            what = f"waiting for '{item.value}' outside the fan-out"
            report.add("TR620", item.span, what=what)


def _check_timeout(step: Declaration, report: Report) -> None:
    """Report a limit that Spec Kit applies to captured commands only."""
    entry = step.node.entry("timeout")
    if entry is not None and not keys.flag(step.node, "capture"):
        there = "'timeout' of a command without 'capture: true' is ignored"
        report.add("TR621", entry.key.span, here="a limit", there=there)


def _check_verdict(step: Declaration, report: Report) -> None:
    """Report a verdict that answers every round of a loop under Spec Kit."""
    entry = step.node.entry("verdict_input")
    is_in_loop = any(above.kind in LOOPS for above in step.ancestors())
    if entry is not None and is_in_loop:
        here, there = "each round asks anew", "one verdict answers every round of the loop"
        report.add("TR621", entry.value.span, here=here, there=there)


def _check_outputs(workflow: Workflow, report: Report) -> None:
    """Report keys that are no text, in the outputs of a workflow and inside their values."""
    declared = keys.mapping(workflow.root, "outputs")
    for entry in declared.entries if declared is not None else ():
        value = entry.value.get("value") if isinstance(entry.value, nodes.Mapping) else None
        for key in (entry.key, *(_keys(value) if value is not None else ())):
            text = workflow.document.text[key.start : key.end]
            if not key.style and not isinstance(plain_value(text), str):
                report.add("TR620", key.span, hint="put it in quotes", what="a key that is no text")


def _keys(node: nodes.Node) -> Iterator[nodes.Scalar]:
    """Yield the keys inside a value, however deep."""
    match node:
        case nodes.Sequence():
            for item in node.items:
                yield from _keys(item)
        case nodes.Mapping():
            for entry in node.entries:
                yield entry.key
                yield from _keys(entry.value)


def _unread(workflow: Workflow) -> Iterator[Site]:
    """Yield the expressions that Spec Kit does not look for: in names and in nested inputs."""
    for site in workflow.sites:
        step = site.step
        if step is None or step.kind != Kind.COMMAND:
            continue
        given = keys.mapping(step.node, "input")
        direct = [entry.value for entry in given.entries] if given is not None else []
        is_nested = site.key.startswith(_INPUT) and all(site.scalar is not d for d in direct)
        if site.key == "command" or is_nested:
            yield site
