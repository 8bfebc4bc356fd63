"""TR503: a condition that is an expression and comes out the same in every run.

Mostly a name in quotes. Plain `true` and `false` are what their author means, and what a
constant leaves out is TR502.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.expressions.constants import constant_truth, is_spelt_out
from treadle.compiler.flows.certainty import dead_segments
from treadle.compiler.flows.flow import Flow, paths
from treadle.compiler.reading import keys
from treadle.compiler.steps.scope import Declaration
from treadle.plan.expression import Value
from treadle.plan.steps import IfStep, LoopStep

# Why a condition comes out the same, and what to write instead.
_WHOLE = (
    "it reads nothing that differs from run to run",
    "a name in quotes is text; write it without them",
)
_PART = (
    "one side of 'and' or 'or' decides it in every run",
    "each side is a condition of its own: write \"name in ['a', 'b']\" to compare with several "
    "values, and names without quotes",
)


def check_constant_conditions(flow: Flow, report: Report) -> None:
    """Report every condition whose expression has one value only.

    Before and after::

        - id: build
          type: shell
          if: "{{ 'inputs.build' }}"    # TR503: this condition always holds
          run: make
    """
    if flow.is_misread:
        return
    for declared, step in flow.steps:
        _check(declared, "if", step.condition, report=report)
        if isinstance(step, IfStep | LoopStep) and not _is_said(declared, step, flow):
            _check(declared, "condition", step.test, report=report)


def _check(declared: Declaration, key: str, value: Value | None, *, report: Report) -> None:
    truth = constant_truth(value)
    # A step whose own condition never holds is a dead one.
    is_dead = key == "if" and truth is False
    if truth is None or is_dead or is_spelt_out(value):
        return
    scalar = keys.scalar(declared.node, key)
    if scalar is not None:
        reason, hint = _PART if paths(value) else _WHOLE
        holds = "always holds" if truth else "never holds"
        report.add("TR503", scalar.span, hint=hint, holds=holds, reason=reason)


def _is_said(declared: Declaration, step: IfStep | LoopStep, flow: Flow) -> bool:
    """Say whether TR502 shows what the condition leaves out."""
    names = flow.workflow.names
    if isinstance(step, LoopStep):
        return step.kind == "while" and constant_truth(step.test) is False
    return any(names.children(declared, segment) for segment in dead_segments(step))
