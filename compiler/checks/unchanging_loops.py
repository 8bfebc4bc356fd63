"""TR507: a loop whose condition nothing in its body can change.

It runs to its cap or not at all. A gate in the body can change inputs, since the run waits there
and goes on with new ones; a plain `true` with a cap of its own is a number of rounds.
"""

from treadle.compiler.diagnostics import Report
from treadle.compiler.expressions.chains import Chain, chains
from treadle.compiler.expressions.constants import constant_truth, is_spelt_out
from treadle.compiler.flows.flow import Flow
from treadle.compiler.reading import keys
from treadle.compiler.steps.scope import Declaration
from treadle.plan.expression import Literal, Node, Op, Single
from treadle.plan.steps import Kind, LoopStep, walk

_FIXED = frozenset({"inputs", "item", "context"})


def check_unchanging_loops(flow: Flow, report: Report) -> None:
    """Report every loop whose condition reads nothing that its rounds leave behind.

    Before and after::

        - id: test
          type: shell
          run: make test
          continue_on_error: true
        - id: mend
          type: while
          condition: "{{ steps.test.output.exit_code != 0 }}"     # TR507: 'again' is not read
          steps: [..., {id: again, type: shell, run: make test}]
    """
    if flow.is_misread:
        return
    for declared, step in flow.declared(Kind.WHILE, Kind.DO_WHILE):
        scalar = keys.scalar(declared.node, "condition")
        if not isinstance(step, LoopStep) or scalar is None or not step.steps:
            continue
        if _is_stuck(declared, step, flow) and not any(s.kind is Kind.GATE for s in walk((step,))):
            report.add("TR507", scalar.span, step=step.id, rounds=_rounds(step))


def _is_stuck(declared: Declaration, step: LoopStep, flow: Flow) -> bool:
    has_cap = keys.whole(declared.node, "max_iterations") is not None
    if is_spelt_out(step.test):
        return constant_truth(step.test) is True and not has_cap
    # An expression that reads nothing is TR503; text around a block is refused.
    if isinstance(step.test, Literal) or not isinstance(step.test, Single):
        return False
    tree = step.test.expression.tree
    found = list(chains(tree))
    if not found or (has_cap and _is_switch(tree)):
        return False
    return all(_is_fixed(chain, declared, flow) for chain in found)


def _rounds(step: LoopStep) -> str:
    most = f"{step.max_iterations} rounds"
    if constant_truth(step.test) is True:
        return most
    return f"{most} or none" if step.kind is Kind.WHILE else f"{most} or one"


def _is_switch(tree: Node) -> bool:
    """Say whether a condition is one input that turns a number of rounds on or off."""
    while tree.op is Op.NOT and isinstance(tree.args[0], Node):
        tree = tree.args[0]
    return tree.op in (Op.GET, Op.INDEX)


def _is_fixed(chain: Chain, loop: Declaration, flow: Flow) -> bool:
    if chain.root.name in _FIXED:
        return True
    first = chain.members[0] if chain.members else None
    if chain.root.name != "steps" or first is None or not isinstance(first.name, str):
        return False
    target = flow.workflow.names.resolve(first.name, reader=loop)
    # What stands before the loop, and what is around it, is not written while it runs.
    return target is not None and target.step.order < loop.order
