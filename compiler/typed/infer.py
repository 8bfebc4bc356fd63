"""The type of every node of an expression, in one walk from the leaves to the root.

Conditions narrow what stands behind them: the right side of ``and`` and ``or`` and the branches
of a conditional expression see the names as the condition leaves them.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct, field

from treadle.compiler.typed import types
from treadle.compiler.typed.filter_types import filter_type
from treadle.compiler.typed.narrowing import Narrowed, falsy, narrowed, path_of, truthy
from treadle.compiler.typed.types import Type
from treadle.plan.expression import Expression, Node, Op
from treadle.plan.functions import FILTERS, TESTS
from treadle.plan.signature import Function


class Scope(Protocol):
    """What names mean at one place of a workflow."""

    def root(self, name: str) -> Type:
        """Return the type of a root such as ``inputs``."""

    def step(self, name: str) -> Type:
        """Return the type of ``steps.NAME``."""


class Inference(Struct, gc=False):
    """The types of the nodes of one expression, filled in by the walk.

    Shapes: `found` is keyed by the identity of a node, which the expression keeps alive; `nodes`
    are those that were reached, each behind those below it.
    """

    scope: Scope
    found: dict[int, Type] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)

    def of(self, node: Node) -> Type:
        """Return the type that a node was found to have; anything for one that was not reached."""
        return self.found.get(id(node), types.ANYTHING)

    def visit(self, node: Node, known: Narrowed) -> Type:
        """Find the types of a node and of all nodes below it."""
        result: Type | None = None
        if known and node.op in (Op.NAME, Op.GET, Op.INDEX):
            path = path_of(node)
            result = known.get(path) if path is not None else None
        reached = _RULES[node.op](self, node, known)
        found = result if result is not None else reached
        self.found[id(node)] = found
        self.nodes.append(node)
        return found


def infer(expression: Expression, scope: Scope, known: Narrowed | None = None) -> Inference:
    """Return the types of all nodes of an expression.

    Shapes: `known` are paths that the steps around the expression narrow.
    Errors: none; what is not known is typed as anything.
    """
    inference = Inference(scope=scope)
    inference.visit(expression.tree, known or {})
    return inference


def _literal(walk: Inference, node: Node, known: Narrowed) -> Type:
    value = node.args[0]
    assert not isinstance(value, Node)
    return types.literal(value)


def _name(walk: Inference, node: Node, known: Narrowed) -> Type:
    return walk.scope.root(str(node.args[0]))


def _get(walk: Inference, node: Node, known: Narrowed) -> Type:
    base, name = _node(node, 0), str(node.args[1])
    if base.op is Op.NAME and base.args[0] == "steps":
        return walk.scope.step(name)
    return member(walk.visit(base, known), name)


def _index(walk: Inference, node: Node, known: Narrowed) -> Type:
    base, key = walk.visit(_node(node, 0), known), walk.visit(_node(node, 1), known)
    names = key.values
    if "string" in key.kinds and base.kinds & {"object"}:
        only_text = names is not None and len(names) == 1 and key.kinds == {"string"}
        return member(base, str(names[0])) if only_text and names else types.ANYTHING
    return position(base, key)


def member(base: Type, name: str) -> Type:
    """Return the type of a member of a value: null where there is none."""
    if "object" not in base.kinds:
        return types.NULL
    found = base.members.get(name)
    if found is None:
        found = types.NULL if base.is_closed else types.ANYTHING
    if base.kinds == {"object"}:
        return found
    return types.optional(found, base.gap)


def position(base: Type, key: Type) -> Type:
    """Return the type of what stands at a place of a list or a text."""
    if base.kinds & {"object"}:
        return types.ANYTHING
    places, values = base.places, key.values
    is_known = places is not None and base.kinds == {"array"} and values is not None
    if is_known and places is not None and values is not None and len(values) == 1:
        at = values[0]
        is_inside = isinstance(at, int) and -len(places) <= at < len(places)
        return places[at] if is_inside and isinstance(at, int) else types.NULL
    found = [types.TEXT] if "string" in base.kinds else []
    if "array" in base.kinds:
        found.append(base.item or types.ANYTHING)
    return types.optional(types.union(*found), base.gap)


def _slice(walk: Inference, node: Node, known: Narrowed) -> Type:
    base = [walk.visit(part, known) for part in node.args if isinstance(part, Node)][0]
    found = [types.TEXT] if "string" in base.kinds else []
    if "array" in base.kinds:
        found.append(Type(kinds=types.LIST.kinds, values=(), item=base.item))
    result = types.union(*found)
    return types.optional(result) if base.kinds - {"string", "array"} else result


def _list(walk: Inference, node: Node, known: Narrowed) -> Type:
    return types.list_of(
        tuple(walk.visit(item, known) for item in node.args if isinstance(item, Node))
    )


def _object(walk: Inference, node: Node, known: Narrowed) -> Type:
    parts = [part for part in node.args if isinstance(part, Node)]
    found = [walk.visit(part, known) for part in parts]
    members: dict[str, Type] = {}
    is_closed = True
    for key, value in zip(parts[::2], found[1::2], strict=True):
        if key.op is Op.LITERAL:
            members[str(key.args[0])] = value
        else:
            is_closed = False
    if not is_closed:
        # A computed key may be any of the written ones.
        return types.OBJECT
    return types.object_of(members)


def _filter(walk: Inference, node: Node, known: Narrowed) -> Type:
    function = FILTERS.get(str(node.args[0]))
    value, arguments = _call(walk, node, known, function)
    return filter_type(function, value, arguments)


def _test(walk: Inference, node: Node, known: Narrowed) -> Type:
    _call(walk, node, known, TESTS.get(str(node.args[0])))
    return types.BOOLEAN


def _call(
    walk: Inference, node: Node, known: Narrowed, function: Function | None
) -> tuple[Type, Mapping[str, Type]]:
    value, *positional = [
        walk.visit(part, known) for part in node.args[1:] if isinstance(part, Node)
    ]
    names = [parameter.name for parameter in function.parameters] if function is not None else []
    arguments = dict(zip(names, positional, strict=False))
    for name, argument in node.keywords:
        arguments[name] = walk.visit(argument, known)
    return value, arguments


def _not(walk: Inference, node: Node, known: Narrowed) -> Type:
    walk.visit(_node(node, 0), known)
    return types.BOOLEAN


def _and(walk: Inference, node: Node, known: Narrowed) -> Type:
    left = walk.visit(_node(node, 0), known)
    inside = {**known, **narrowed(_node(node, 0), holds=True, typed=walk.of)}
    return types.union(falsy(left), walk.visit(_node(node, 1), inside))


def _or(walk: Inference, node: Node, known: Narrowed) -> Type:
    left = walk.visit(_node(node, 0), known)
    inside = {**known, **narrowed(_node(node, 0), holds=False, typed=walk.of)}
    return types.union(truthy(left), walk.visit(_node(node, 1), inside))


def _if(walk: Inference, node: Node, known: Narrowed) -> Type:
    condition = _node(node, 0)
    walk.visit(condition, known)
    then = walk.visit(_node(node, 1), {**known, **narrowed(condition, holds=True, typed=walk.of)})
    if not isinstance(node.args[2], Node):
        return types.optional(then)
    inside = {**known, **narrowed(condition, holds=False, typed=walk.of)}
    return types.union(then, walk.visit(node.args[2], inside))


def _compare(walk: Inference, node: Node, known: Narrowed) -> Type:
    for part in node.args:
        if isinstance(part, Node):
            walk.visit(part, known)
    return types.BOOLEAN


def _concat(walk: Inference, node: Node, known: Narrowed) -> Type:
    _compare(walk, node, known)
    return types.TEXT


def _calculate(walk: Inference, node: Node, known: Narrowed) -> Type:
    left, right = walk.visit(_node(node, 0), known), walk.visit(_node(node, 1), known)
    return calculated(node.op, left, right)


def calculated(operation: Op, left: Type, right: Type) -> Type:
    """Return the type of what an operation gives; nothing when it always fails."""
    found: list[Type] = []
    first, second = left.kinds & types.NUMERIC, right.kinds & types.NUMERIC
    if first and second:
        is_whole = operation in _WHOLE and "number" not in first | second
        found.append(types.INTEGER if is_whole else types.NUMBER)
    if operation is Op.ADD:
        if "string" in left.kinds and "string" in right.kinds:
            found.append(types.TEXT)
        if "array" in left.kinds and "array" in right.kinds:
            item = types.union(types.items_of(left), types.items_of(right))
            found.append(Type(kinds=types.LIST.kinds, values=(), item=item))
    if operation is Op.MULTIPLY:
        for one, other in ((left, second), (right, first)):
            if other and "string" in one.kinds:
                found.append(types.TEXT)
            if other and "array" in one.kinds:
                found.append(Type(kinds=types.LIST.kinds, values=(), item=one.item))
    return types.union(*found)


def _signed(walk: Inference, node: Node, known: Narrowed) -> Type:
    value = walk.visit(_node(node, 0), known)
    return types.NUMBER if "number" in value.kinds else types.INTEGER


def _node(node: Node, index: int) -> Node:
    found = node.args[index]
    assert isinstance(found, Node)
    return found


_WHOLE = frozenset({Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.FLOOR_DIVIDE, Op.REMAINDER})

_RULES: Mapping[Op, Callable[[Inference, Node, Narrowed], Type]] = {
    Op.LITERAL: _literal,
    Op.LIST: _list,
    Op.OBJECT: _object,
    Op.NAME: _name,
    Op.GET: _get,
    Op.INDEX: _index,
    Op.SLICE: _slice,
    Op.FILTER: _filter,
    Op.TEST: _test,
    Op.NOT: _not,
    Op.AND: _and,
    Op.OR: _or,
    Op.IF: _if,
    Op.COMPARE: _compare,
    Op.CONCAT: _concat,
    Op.ADD: _calculate,
    Op.SUBTRACT: _calculate,
    Op.MULTIPLY: _calculate,
    Op.DIVIDE: _calculate,
    Op.FLOOR_DIVIDE: _calculate,
    Op.REMAINDER: _calculate,
    Op.POWER: _calculate,
    Op.NEGATE: _signed,
    Op.PLUS: _signed,
}
