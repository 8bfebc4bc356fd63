"""Which names of an expression are used as they are, so that a missing value shows.

A value that is only compared, tested, tried as a condition or given a default is prepared for
being missing; what a condition guards is left to that condition.
"""

from collections.abc import Iterator

from treadle.compiler.expressions.chains import Chain, chains
from treadle.plan.expression import Node, Op

DEFAULTS = frozenset({"default", "d"})

_DECIDES = frozenset({Op.COMPARE, Op.TEST, Op.NOT})
_LEADS = frozenset({Op.NAME, Op.GET, Op.INDEX})


def exposed(tree: Node) -> Iterator[Chain]:
    """Yield the chains of an expression whose value is used as it is.

    Shapes: a chain through a computed member is yielded with the chains that compute it.
    """
    pending = [tree]
    while pending:
        node = pending.pop()
        if node.op in _LEADS:
            yield from chains(node)
        else:
            pending.extend(reversed(_used(node)))


def _used(node: Node) -> list[Node]:
    operands = [arg for arg in node.args if isinstance(arg, Node)]
    if node.op in _DECIDES:
        return []
    if node.op is Op.AND:
        # The left operand decides whether the right one is looked at.
        return []
    if node.op is Op.OR:
        return operands[1:]
    if node.op is Op.IF:
        return [] if any(chains(operands[0])) else operands[1:]
    if node.op is Op.FILTER and node.args[0] in DEFAULTS:
        return operands[1:]
    return operands + [value for _, value in node.keywords]
