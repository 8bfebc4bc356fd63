"""TR429: an input that need not be given stands where the step cannot do without its value.

Inside a text, in a condition or under `default` a missing value has its use; elsewhere the step
fails. What steps leave is looked at in `missing_values`.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.typed import types
from treadle.compiler.typed.typed_sites import TypedSite, TypedWorkflow
from treadle.plan.expression import Node, Op, Single
from treadle.plan.functions import FILTERS, TESTS
from treadle.plan.steps import CommandStep, FanOutStep, PromptStep, ShellStep, Step

# The keys whose whole value is looked at.
WHOLE = frozenset({"run", "prompt", "command", "items"})

_ARITHMETIC = frozenset(
    {Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.FLOOR_DIVIDE, Op.REMAINDER, Op.POWER}
    | {Op.NEGATE, Op.PLUS}
)


def check_missing(workflow: TypedWorkflow, report: Report) -> None:
    """Report every value that may be missing where a missing one makes the step fail.

    Before and after::

        inputs:
          line: {type: string}
        steps:
          - {id: run, type: shell, run: "{{ inputs.line }}"}   # TR429
    """
    for typed in workflow.sites:
        if typed.site.key in WHOLE:
            _check_whole(typed, workflow, report)
        for node in typed.nodes:
            if node.op in _ARITHMETIC:
                for part in node.args:
                    if isinstance(part, Node):
                        _check(part, typed, report, need="a calculation")
            elif node.op in (Op.FILTER, Op.TEST):
                name = str(node.args[0])
                function = (FILTERS if node.op is Op.FILTER else TESTS).get(name)
                value = node.args[1]
                if function is not None and isinstance(value, Node):
                    if function.accepts != ("any",) and "null" not in function.accepts:
                        _check(value, typed, report, need=f"'{name}'")


def _check_whole(typed: TypedSite, workflow: TypedWorkflow, report: Report) -> None:
    site = typed.site
    step = workflow.workflow.by_path.get(site.step.path) if site.step is not None else None
    value = _needed(step, site.key)
    if isinstance(value, Single) and value.expression is site.expression:
        _check(site.expression.tree, typed, report, need=f"'{site.key}'")


def _needed(step: Step | None, key: str) -> object:
    """Return the value of a key without which its step fails."""
    match step:
        case ShellStep() if key == "run":
            return step.run
        case PromptStep() if key == "prompt":
            return step.prompt
        case CommandStep() if key == "command":
            return step.command
        case FanOutStep() if key == "items":
            return step.items
    return None


def _check(node: Node, typed: TypedSite, report: Report, *, need: str) -> None:
    found = typed.of(node)
    if found.gap is None or "null" not in found.kinds or found.kinds == types.NULL.kinds:
        return
    report.add("TR429", typed.span(node), what=typed.words(node), reason=found.gap, need=need)
