"""The values of conditions and expressions that are the same in every run.

An expression is constant when it reads no name, or when an operand that reads none decides it.
"""

from collections.abc import Mapping

from treadle.plan.evaluate import EvaluationError, evaluate, holds
from treadle.plan.expression import Expression, Literal, Node, Op, Single, Value

# A value of each kind that nothing can be wrong with.
STAND_INS: Mapping[str, Node] = {
    "array": Node(Op.LIST, (), 0),
    "boolean": Node(Op.LITERAL, (True,), 0),
    "null": Node(Op.LITERAL, (None,), 0),
    "number": Node(Op.LITERAL, (1,), 0),
    "object": Node(Op.OBJECT, (), 0),
    "string": Node(Op.LITERAL, ("",), 0),
}


def constant_truth(value: Value | None) -> bool | None:
    """Return whether a condition always or never holds, None when that depends on the run.

    >>> constant_truth(Literal(False))
    False
    """
    match value:
        case Literal():
            return holds(value, {})
        case Single(expression) if not _reads(expression.tree):
            return _held(value)
        case Single(expression):
            return _decided(expression.tree)
        case _:
            return None


def is_spelt_out(value: Value | None) -> bool:
    """Say whether a condition is no more than true or false, as its author wrote it."""
    match value:
        case Literal():
            return True
        case Single(expression):
            tree = expression.tree
            return tree.op is Op.LITERAL and isinstance(tree.args[0], bool)
        case _:
            return False


def constant_text(value: Value) -> str | None:
    """Return the text that a switch compares with its cases when it is always the same one."""
    match value:
        case Literal(None):
            return ""
        case Literal(found) if isinstance(found, bool | int | float | str):
            return str(found).strip()
        case Single(expression) if not _reads(expression.tree):
            return _constant_text(expression)
        case _:
            return None


def refusal(operation: Node, kinds: tuple[str, ...]) -> str | None:
    """Return why an operation fails whatever it works on, None when that depends on the run.

    Shapes: `kinds` are those of the values that it works on, as `STAND_INS` names them.

    >>> zero = Node(Op.LITERAL, (0,), 9)
    >>> refusal(Node(Op.DIVIDE, (Node(Op.NAME, ("item",), 0), zero), 7), ("number",))
    'division by zero'
    """
    first = 1 if operation.op in (Op.FILTER, Op.TEST) else 0
    others = operation.args[first + 1 :]
    keywords = (value for _, value in operation.keywords)
    if any(isinstance(part, Node) and _reads(part) for part in (*others, *keywords)):
        return None
    reason = None
    for kind in kinds:
        args = (*operation.args[:first], STAND_INS[kind], *others)
        tree = Node(operation.op, args, operation.at, operation.keywords)
        try:
            evaluate(Expression("", tree, ()), {})
        except EvaluationError as error:
            reason = error.message
        else:
            return None
    return reason


def _constant_text(expression: Expression) -> str | None:
    try:
        found = evaluate(expression, {})
    except EvaluationError:
        return None
    if found is None:
        return ""
    return str(found).strip() if isinstance(found, bool | int | float | str) else None


def _decided(tree: Node) -> bool | None:
    """Return the truth of a tree that its constant parts decide."""
    match tree.op:
        case Op.NOT:
            inner = _operand(tree, 0)
            return None if inner is None else not inner
        case Op.AND | Op.OR:
            deciding = tree.op is Op.OR
            # The right operand counts alone too: whatever the left one is, the whole is decided.
            sides = (_operand(tree, 0), _operand(tree, 1))
            if deciding in sides:
                return deciding
            return None if None in sides else not deciding
        case _:
            return _evaluated(tree)


def _operand(tree: Node, position: int) -> bool | None:
    found = tree.args[position]
    return _decided(found) if isinstance(found, Node) else None


def _held(value: Single) -> bool | None:
    try:
        return holds(value, {})
    except EvaluationError:
        return None


def _evaluated(tree: Node) -> bool | None:
    if _reads(tree):
        return None
    try:
        return bool(evaluate(Expression("", tree, ()), {}))
    except EvaluationError:
        return None


def _reads(tree: Node) -> bool:
    pending = [tree]
    while pending:
        node = pending.pop()
        if node.op is Op.NAME:
            return True
        pending += (arg for arg in node.args if isinstance(arg, Node))
        pending += (value for _, value in node.keywords)
    return False
