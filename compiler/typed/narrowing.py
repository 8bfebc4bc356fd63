"""What is known of the names of a condition once it holds, or once it does not.

Only what is certain is narrowed: a condition that says nothing about a name leaves it as it is.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from treadle.compiler.typed import types
from treadle.compiler.typed.type_rules import Scalar
from treadle.compiler.typed.types import Type
from treadle.plan.expression import Node, Op

# A root and the names and positions read from it: ("inputs", "stage").
Path: TypeAlias = tuple[str | int, ...]
Narrowed: TypeAlias = Mapping[Path, Type]

_MISSING_TESTS = frozenset({"none", "undefined"})
_EQUALS = frozenset({"==", "eq", "equalto"})
_DIFFERS = frozenset({"!=", "ne"})
_KINDS_OF_TESTS: Mapping[str, frozenset[str]] = {
    "boolean": types.BOOLEAN.kinds,
    "mapping": frozenset({"object"}),
    "number": types.NUMERIC,
    "string": types.TEXT.kinds,
}


def path_of(node: Node) -> Path | None:
    """Return the path that a node reads, None for anything but plain names and positions."""
    found: list[str | int] = []
    while node.op in (Op.GET, Op.INDEX):
        base, key = node.args[0], node.args[1]
        if isinstance(key, Node):
            key = key.args[0] if key.op is Op.LITERAL else None
        if not isinstance(key, str | int) or isinstance(key, bool):
            return None
        found.append(key)
        assert isinstance(base, Node)
        node = base
    if node.op is not Op.NAME:
        return None
    return (str(node.args[0]), *reversed(found))


def narrowed(condition: Node, *, holds: bool, typed: Callable[[Node], Type]) -> dict[Path, Type]:
    """Return the types of the paths that are known better when a condition holds or does not.

    >>> item = Node(Op.NAME, ("item",), 0)
    >>> narrowed(item, holds=True, typed=lambda node: types.NULL)[("item",)].kinds
    frozenset()

    Shapes: `typed` gives the types of the nodes below the condition.
    """
    match condition.op:
        case Op.NOT:
            return narrowed(_node(condition, 0), holds=not holds, typed=typed)
        case Op.AND if holds:
            return _both(condition, holds=holds, typed=typed)
        case Op.OR if not holds:
            return _both(condition, holds=holds, typed=typed)
        case Op.NAME | Op.GET | Op.INDEX:
            found = typed(condition)
            return _at(condition, truthy(found) if holds else falsy(found))
        case Op.TEST:
            return _by_test(condition, holds=holds, typed=typed)
        case Op.COMPARE if len(condition.args) == 3:
            sign = str(condition.args[1])
            left, right = _node(condition, 0), _node(condition, 2)
            if sign in ("in", "not in"):
                return _by_list(left, right, holds=holds is (sign == "in"), typed=typed)
            if sign in ("==", "!="):
                is_equal = holds is (sign == "==")
                first = _by_value(left, right, holds=is_equal, typed=typed)
                return first | _by_value(right, left, holds=is_equal, typed=typed)
    return {}


def truthy(type_: Type) -> Type:
    """Return what of a type counts as true."""
    kept = types.present(type_)
    if kept.values is not None:
        return _cut(kept, tuple(value for value in kept.values if value))
    return kept


def falsy(type_: Type) -> Type:
    """Return what of a type counts as false."""
    if type_.values is not None:
        values: tuple[Scalar, ...] = tuple(value for value in type_.values if not value)
    else:
        empty: tuple[tuple[Scalar, str], ...] = ((False, "boolean"), ("", "string"))
        values = tuple(value for value, kind in empty if kind in type_.kinds)
        values += (0,) if type_.kinds & types.NUMBERS else ()
    return _cut(type_, values)


def _cut(type_: Type, values: tuple[Scalar, ...]) -> Type:
    return types.among(type_, values)


def _both(condition: Node, *, holds: bool, typed: Callable[[Node], Type]) -> dict[Path, Type]:
    left = narrowed(_node(condition, 0), holds=holds, typed=typed)
    return left | narrowed(_node(condition, 1), holds=holds, typed=typed)


def _by_test(node: Node, *, holds: bool, typed: Callable[[Node], Type]) -> dict[Path, Type]:
    name, value = str(node.args[0]), _node(node, 1)
    if name == "defined" or name in _MISSING_TESTS:
        is_there = holds is (name == "defined")
        return _at(value, types.present(typed(value)) if is_there else types.NULL)
    if name in _KINDS_OF_TESTS:
        wanted = _KINDS_OF_TESTS[name]
        return _at(value, types.only(typed(value), wanted if holds else types.KINDS - wanted))
    if len(node.args) < 3:
        return {}
    if name in _EQUALS or name in _DIFFERS:
        is_equal = holds is (name in _EQUALS)
        return _by_value(value, _node(node, 2), holds=is_equal, typed=typed)
    if name == "in":
        return _by_list(value, _node(node, 2), holds=holds, typed=typed)
    return {}


def _by_value(
    node: Node,
    other: Node,
    *,
    holds: bool,
    typed: Callable[[Node], Type],
) -> dict[Path, Type]:
    if other.op is not Op.LITERAL:
        return {}
    return _by_values(node, (other,), holds=holds, typed=typed)


def _by_list(
    node: Node,
    container: Node,
    *,
    holds: bool,
    typed: Callable[[Node], Type],
) -> dict[Path, Type]:
    items = tuple(item for item in container.args if isinstance(item, Node))
    if container.op is not Op.LIST or any(item.op is not Op.LITERAL for item in items):
        return {}
    return _by_values(node, items, holds=holds, typed=typed)


def _by_values(
    node: Node,
    literals: tuple[Node, ...],
    *,
    holds: bool,
    typed: Callable[[Node], Type],
) -> dict[Path, Type]:
    """Cut a path down to some literals, or take them away from what it can be."""
    listed = [literal.args[0] for literal in literals]
    values = tuple(value for value in listed if isinstance(value, bool | int | float | str))
    found = typed(node)
    if not holds:
        kept = types.present(found) if None in listed else found
        if kept.values is not None:
            kept = types.among(kept, tuple(v for v in kept.values if v not in values))
        return _at(node, kept)
    # A text equals no number, but true equals 1: such values stay out of it.
    if any(not isinstance(value, str) for value in values):
        return _at(node, found if None in listed else types.present(found))
    texts = types.only(found, types.TEXT.kinds)
    known = texts.values
    cut = types.among(texts, values if known is None else tuple(v for v in known if v in values))
    if not texts.kinds:
        cut = types.NOTHING
    return _at(node, types.optional(cut) if None in listed and "null" in found.kinds else cut)


def _at(node: Node, type_: Type) -> dict[Path, Type]:
    path = path_of(node)
    return {} if path is None else {path: type_}


def _node(node: Node, index: int) -> Node:
    found = node.args[index]
    assert isinstance(found, Node)
    return found
