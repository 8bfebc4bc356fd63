"""Names whose value is one of the author's own where a step stands, by the conditions around it.

``{{ inputs.env in ['dev', 'prod'] }}`` leaves two values, and so does the case of a switch.
"""

from collections.abc import Iterator
from typing import TypeAlias

from treadle.compiler.steps.scope import Declaration
from treadle.compiler.workflow import Workflow
from treadle.plan.expression import Node, Op, Single, Value
from treadle.plan.steps import IfStep, LoopStep, SwitchStep

Path: TypeAlias = tuple[str, ...]
Proven: TypeAlias = frozenset[Path]

NOTHING: Proven = frozenset()
_NUMBERS = frozenset(("boolean", "false", "float", "integer", "none", "number", "true"))


def path_of(node: Node) -> Path | None:
    """Return the names that a node reads, from its root; None for what is computed."""
    names: list[str] = []
    while node.op is Op.GET:
        names.append(str(node.args[1]))
        base = node.args[0]
        assert isinstance(base, Node)
        node = base
    return (str(node.args[0]), *reversed(names)) if node.op is Op.NAME else None


def proven_at(workflow: Workflow, step: Declaration) -> Proven:
    """Return the paths that have one of the author's own values when a step runs."""
    found = [NOTHING]
    own = workflow.by_path.get(step.path)
    if own is not None:
        found.append(_by_value(own.condition))
    child = step
    for above in step.ancestors():
        found.append(_by_branch(workflow, above, child.segment))
        child = above
    return frozenset().union(*found)


def when_true(node: Node) -> Proven:
    """Return the paths that have one of the author's own values when a condition holds."""
    match node.op:
        case Op.AND:
            return NOTHING.union(*(when_true(part) for part in _parts(node)))
        case Op.OR:
            first, *rest = (when_true(part) for part in _parts(node))
            return first.intersection(*rest)
        case Op.NOT:
            return when_false(next(_parts(node)))
        case Op.COMPARE:
            return _by_comparison(node, equals="==", among="in")
        case Op.TEST if node.args[0] in _NUMBERS and isinstance(node.args[1], Node):
            path = path_of(node.args[1])
            return frozenset((path,)) if path is not None else NOTHING
    return NOTHING


def when_false(node: Node) -> Proven:
    """Return the paths that have one of the author's own values when a condition does not hold."""
    match node.op:
        case Op.OR:
            return NOTHING.union(*(when_false(part) for part in _parts(node)))
        case Op.NOT:
            return when_true(next(_parts(node)))
        case Op.COMPARE:
            return _by_comparison(node, equals="!=", among="not in")
    return NOTHING


def _by_branch(workflow: Workflow, above: Declaration, segment: str) -> Proven:
    match workflow.by_path.get(above.path):
        case IfStep(test=Single(expression)):
            tree = expression.tree
            return when_true(tree) if segment == "then" else when_false(tree)
        case LoopStep(test=Single(expression), kind="while"):
            return when_true(expression.tree)
        case SwitchStep(expression=Single(expression)) if segment.startswith("case:"):
            path = path_of(expression.tree)
            return frozenset((path,)) if path is not None else NOTHING
        case step if step is not None:
            return _by_value(step.condition)
    return NOTHING


def _by_value(condition: Value | None) -> Proven:
    return when_true(condition.expression.tree) if isinstance(condition, Single) else NOTHING


def _by_comparison(node: Node, *, equals: str, among: str) -> Proven:
    if len(node.args) != 3:
        return NOTHING
    left, operator, right = node.args
    assert isinstance(left, Node) and isinstance(right, Node)
    if operator == equals and left.op is Op.LITERAL:
        left, right = right, left
    is_own = right.op is Op.LITERAL or (
        right.op is Op.LIST and all(part.op is Op.LITERAL for part in _parts(right))
    )
    path = path_of(left)
    if path is None or not is_own or operator not in (equals, among):
        return NOTHING
    return frozenset((path,))


def _parts(node: Node) -> Iterator[Node]:
    return (part for part in node.args if isinstance(part, Node))
