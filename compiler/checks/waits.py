"""TR312, TR313: a fan-in waits for steps that stand before it.

Steps in branches and loops count, whether they run or not; steps in the template of another
fan-out do not, since each item has its own.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.fixes import respell
from treadle.compiler.hints import Hints
from treadle.compiler.reading import keys, nodes
from treadle.compiler.steps.scope import Declaration, Names
from treadle.compiler.workflow import Workflow
from treadle.plan.steps import Kind


def check_waits(workflow: Workflow, report: Report) -> None:
    """Report every entry of `wait_for` that is not a step before its fan-in.

    Before and after::

        - id: join
          type: fan-in
          wait_for: [join, later]   # TR313 at 'join', TR312 at 'later'
        - id: later
    """
    hints = Hints()
    for step in workflow.names.declarations:
        awaited = keys.sequence(step.node, "wait_for") if step.kind == Kind.FAN_IN else None
        for item in awaited.items if awaited is not None else ():
            if isinstance(item, nodes.Scalar):
                _check(item, step, names=workflow.names, hints=hints, report=report)


def _check(
    item: nodes.Scalar, step: Declaration, *, names: Names, hints: Hints, report: Report
) -> None:
    name = str(item.value)
    if name == step.id:
        report.add("TR313", item.span)
        return
    found = names.find(name, reader=step)
    if found is None or found.order > step.order:
        hint = _hint(name, step, names, hints=hints)
        guess = hints.guess(name, names.visible(step), what="the steps")
        # Who names a step that comes later or belongs to an item did not misspell another one.
        is_unknown = found is None and names.private(name) is None and ":" not in name
        fix = respell(item.span, name, guess) if is_unknown else None
        report.add("TR312", item.span, hint=hint, fix=fix, name=name)


def _hint(name: str, step: Declaration, names: Names, *, hints: Hints) -> str | None:
    first = name.partition(":")[0]
    later = names.find(name, reader=step)
    private = names.private(name)
    if later is not None and later.is_closing and not step.is_closing:
        return f"'{name}' runs under 'finally', when the run has ended"
    if later is not None:
        return f"move '{step.id}' behind '{name}'"
    if ":" in name and names.find(first, reader=step) is not None:
        return f"wait for '{first}', whose output holds all of its results"
    if private is not None and private.space is not None:
        return f"wait for '{private.space.id}', whose output holds the results of all items"
    before = names.visible(step)
    return hints.instead_of(name, before, what="the steps")
